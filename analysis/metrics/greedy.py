"""The cost of greedy removal: a cell's path against the best sets of units that a search found (C43)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.metrics import path
from analysis.metrics.curves import of_split
from study.records.kept import accuracy_kept, error_kept

SEARCHED = ["searched_r_2", "searched_r_1pct", "greedy_regret", "greedy_excess"]
"""The columns of cells with a search."""


def regrets(searched: pd.DataFrame, evaluations: pd.DataFrame) -> pd.DataFrame:
    """Return by key the cost of the units' order against the best sets of the same sizes, on the pruning rows.

    * searched_r_2: share of units that the best sets remove before accuracy falls by more than two points (null in a
      regression), searched_r_1pct: before E rises by more than 1 % of its range, both as M2 on a path;
    * greedy_regret: searched_r_2, in a regression searched_r_1pct, less that of the cell's own path. The best sets are
      those of the smallest E: it can be negative where a larger E has more samples right;
    * greedy_excess: mean over the removals of (E on the path - E of the best set) / (E_all - E0); never negative where
      the search was exhaustive, or a beam along the path of brute force.

    Args:
        searched: the table of that name; cells without a search have no rows.
        evaluations: of the same cells at least.
    """
    own = of_split(evaluations, "pruning").set_index("key")
    rows = {}
    for key, best in searched.groupby("key", sort=False):
        there = own.loc[[key]].sort_values("event")
        best = best.sort_values("event")
        if len(there) != len(best):
            continue
        curves = [(part["error"].to_numpy(dtype=float), part["correct"]) for part in (best, there)]
        samples = int(there["samples"].iloc[0])
        r_2 = [_within_points(right, samples) for _, right in curves]
        r_1pct = [path.removable(error_kept(error, 0.01)) for error, _ in curves]
        chosen = r_1pct if np.isnan(r_2[0]) else r_2
        found, walked = curves[0][0], curves[1][0]
        span = walked[-1] - walked[0]
        rows[key] = {
            "searched_r_2": r_2[0],
            "searched_r_1pct": r_1pct[0],
            "greedy_regret": chosen[0] - chosen[1],
            "greedy_excess": float((walked - found)[1:].mean() / span) if span > 0 else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index", columns=SEARCHED, dtype="float64")


def _within_points(right: pd.Series, samples: int) -> float:
    if right.isna().any():
        return np.nan
    return path.removable(accuracy_kept(right.to_numpy(dtype=float), samples, 2.0))
