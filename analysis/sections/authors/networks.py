"""The authors' own networks: as published, as implemented and exact."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.named import THEIRS, is_rung, is_theirs
from analysis.numbers import number
from study.records.words import label, ordered

LIMITS = {"1.1 E0": 1.1, "2 E0": 2.0}


def compared(table: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Return one row a network and method: units removed before each limit, the cheap end, regret, correlation.

    Args:
        table: `metrics.table` of all cells.
        curves: `metrics.curves` of them.
    """
    chosen = table[is_theirs(table) & ~is_rung(table) & (table["ranking"] == "iterative")]
    rows = []
    for population, group in chosen.groupby("population"):
        for method in ordered(group["method"]):
            of = group[group["method"] == method]
            before = units_before(curves[(curves["population"] == population) & (curves["method"] == method)])
            accuracy = (of["r_1"] * of["units"]).mean()
            rows.append(
                {
                    "network": str(population).removeprefix(THEIRS),
                    "method": label(method) + (f", mean of {len(of)} orders" if len(of) > 1 else ""),
                    **{f"units before {name}": number(before[name]) for name in LIMITS},
                    "units before a point of accuracy": number(accuracy),
                    "overlap of 25": number(of["overlap25_0"].mean(), 2),
                    "Spearman, 25 cheapest": number(of["rho_cheap_0"].mean(), 2),
                    "regret": number(of["regret_mean"].mean(), 2),
                    "Spearman, all": number(of["rho_0"].mean(), 2),
                    "first layer": number(of["rho_first_layer_0"].mean(), 2),
                }
            )
    return pd.DataFrame(rows)


def units_before(curves: pd.DataFrame) -> dict[str, float]:
    """Return the number of units removed before E first exceeds each limit; of a random method the mean over draws.

    Args:
        curves: `metrics.curves` of one network and method under re-ranking.
    """
    curves = curves[curves["ranking"] == "iterative"]
    found: dict[str, list[int]] = {name: [] for name in LIMITS}
    for _, of in curves.groupby("key"):
        error = of.sort_values("removed")["error_per_sample"].to_numpy()
        for name, limit in LIMITS.items():
            above = np.flatnonzero(error > limit * error[0])
            found[name].append(int(above[0]) - 1 if len(above) else len(error) - 1)
    return {name: float(np.mean(counts)) if counts else math.nan for name, counts in found.items()}
