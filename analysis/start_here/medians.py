"""What the networks of a population have in common: medians and quantiles over seeds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pandas as pd

from analysis.figures.degradation import averaged
from analysis.frames import Frames
from analysis.metrics import curves, removable_share
from analysis.metrics.curves import HELD_OUT

Group = tuple[str, str, str]
"""Population, ranking and method."""
Curve = list[tuple[int, float]]
"""(units removed, value)."""

BY = ["population", "ranking", "method"]
QUANTILES = {"": 0.5, "_q10": 0.1, "_q90": 0.9}
"""What a metric's name ends in, and which quantile over networks it is."""
DIGITS = 5
OVER = "units removed"
"""The curve that is nothing but its own step: an axis that says what it shows."""


def over_removals(frames: Frames) -> dict[Group, dict[str, Curve]]:
    """Return accuracy and error per sample against units removed, by the names that cells have for them.

    Draws of the random method are averaged per network before.

    Args:
        frames: the cells to sum up.
    """
    found: dict[Group, dict[str, Curve]] = {}
    for name, split in (("pruning", "pruning"), ("held_out", HELD_OUT)):
        path = averaged(curves(frames, split))
        quantities = ["accuracy", "error_per_sample"]
        for group, of in path.groupby(BY):
            at = of.groupby("removed")[quantities]
            mine = found.setdefault(cast(Group, group), {})
            for ending, quantile in QUANTILES.items():
                values = at.quantile(quantile)
                steps = [int(k) for k in values.index.to_numpy()]
                mine[OVER] = [(k, float(k)) for k in steps]
                for quantity in quantities:
                    mine[f"{quantity}/{name}{ending}"] = list(zip(steps, map(float, values[quantity]), strict=True))
    return found


def scalars(of: pd.DataFrame) -> dict[str, float]:
    """Return the medians of one population, method and ranking, in as many digits as a column of the UI shows.

    Args:
        of: its rows of `metrics.per_network`.
    """
    share = removable_share(of)
    values: Mapping[str, pd.Series] = {
        "removable": of[share] * of["units"],
        "removable_share_held_out": of[f"{share}_held_out"],
        "spearman_start": of["rho_0"],
        "regret": of["regret_mean"],
        "accuracy_start": of["accuracy_0"],
        "accuracy_start_held_out": of["accuracy_0_held_out"],
        "units": of["units"],
    }
    found = {name: float(column.median()) for name, column in values.items()}
    found |= {f"removable_share{end}": float(of[share].quantile(q)) for end, q in QUANTILES.items()}
    found["networks"] = float(len(of))
    return {name: float(f"{value:.{DIGITS}g}") for name, value in found.items() if value == value}
