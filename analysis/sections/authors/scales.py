"""Scales of the estimates by layer, of the diagonal recursion and of the exact second derivative."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames
from analysis.metrics import main_condition
from analysis.named import THEIRS
from analysis.numbers import number
from study.records.words import label, ordered

METHODS = ("taylor2", "taylor2_exact")
POPULATIONS = ("authors_diamond", "authors_double_shape")
"""The authors' networks of two hidden layers whose shapes are classified."""


def cells(frames: Frames) -> pd.DataFrame:
    """Return the cells compared: one a network and method, re-ranked."""
    cells = main_condition(frames.cells)
    iterative = cells["ranking"] == "iterative"
    chosen = cells[cells["population"].isin(POPULATIONS) & cells["method"].isin(METHODS) & iterative]
    return chosen.drop_duplicates(["population", "method"], keep="last")


def scales(frames: Frames) -> pd.DataFrame:
    """Return one row a network, method and layer of the trained network: Spearman and the median of estimate / impact.

    Args:
        frames: the store.
    """
    start = frames.agreement[(frames.agreement["event"] == 0) & (frames.agreement["layer"] >= 0)]
    rows = start.merge(cells(frames)[["key", "population", "method"]], on="key")
    order = {method: place for place, method in enumerate(ordered(rows["method"]))}
    rows = rows.assign(place=rows["method"].map(order)).sort_values(["population", "place", "layer"])
    return pd.DataFrame(
        {
            "network": rows["population"].str.removeprefix(THEIRS),
            "method": rows["method"].map(label),
            "hidden layer": (rows["layer"] + 1).astype(str),
            "units": rows["units"],
            "Spearman": rows["spearman"].map(lambda rho: number(rho, 2)),
            "estimate / impact, median": rows["scale"].map(lambda scale: number(scale, 2)),
            "estimates of the right sign": rows["sign"].map(lambda sign: number(sign, 2)),
        }
    ).reset_index(drop=True)
