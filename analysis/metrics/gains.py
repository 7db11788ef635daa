"""Metrics of error surfaces, E as a function of one unit's gain, and of pairs of units."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.metrics.curves import of_split

FLAT = 0.10
"""A surface is flat if the error moves by at most this share of E0."""
ROUNDING = 1e-9
"""Of the largest error: second differences below it are no sign of a bend."""


def of_surfaces(surfaces: pd.DataFrame, evaluations: pd.DataFrame) -> pd.DataFrame:
    """Return the metrics of a cell's sampled surfaces, by key; cells of one surface or none are left out.

    * flat_until (C45): number of the first sampled removal (1, 11, 21, ...) whose error moves by more than a tenth of
      E0 between gains 0 and 2; K where all are flat;
    * convex_share (C46): share of the surfaces that are convex between gains 0 and 2;
    * flat_to_4 (C54): share whose error moves by a tenth of E0 at most between gains 1 and 4.
    """
    path = of_split(evaluations, "pruning")
    start = path[path["event"] == 0].set_index("key")["error"]
    last = path.groupby("key")["event"].max()
    rows = {}
    for key, of_cell in surfaces.groupby("key", sort=False):
        if of_cell["event"].nunique() < 2 or key not in start.index:
            continue
        flat, convex, boosted, events = [], [], [], []
        for event, of_unit in of_cell.sort_values("gain").groupby("event"):
            gain, error = of_unit["gain"].to_numpy(), of_unit["error"].to_numpy()
            here = error[np.argmin(np.abs(gain - 1))]
            low, high = error[gain <= 2 + 1e-9], error[(gain >= 1 - 1e-9) & (gain <= 4 + 1e-9)]
            events.append(int(str(event)))
            flat.append(bool(np.abs(low - here).max() <= FLAT * start[key]))
            convex.append(bool((np.diff(low, 2) >= -ROUNDING * np.abs(low).max()).all()))
            boosted.append(bool(np.abs(high - here).max() <= FLAT * start[key]))
        steep = [e + 1 for e, is_flat in zip(events, flat, strict=True) if not is_flat]
        rows[key] = {
            "flat_until": float(min(steep, default=int(last[key]))),
            "convex_share": float(np.mean(convex)),
            "flat_to_4": float(np.mean(boosted)),
        }
    columns = ["flat_until", "convex_share", "flat_to_4"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")


def interaction_share(pairs: pd.DataFrame, impacts: pd.DataFrame) -> pd.Series:
    """Return by key sum |I_ab - I_a - I_b| / sum |I_ab| over all pairs of units of the trained network (C42).

    It is 0 if the units of every pair are independent of each other.
    """
    single = impacts[(impacts["event"] == 0) & impacts["key"].isin(pairs["key"].unique())]
    single = single[["key", "layer", "unit", "impact"]].rename(columns={"impact": "alone"})
    both = pairs
    for side in ("a", "b"):
        names = {"layer": f"layer_{side}", "unit": f"unit_{side}", "alone": f"alone_{side}"}
        both = both.merge(single.rename(columns=names), on=["key", names["layer"], names["unit"]])
    excess = (both["impact"] - both["alone_a"] - both["alone_b"]).abs().groupby(both["key"]).sum()
    whole = both["impact"].abs().groupby(both["key"]).sum()
    return (excess / whole.where(whole > 0)).rename("interaction_share")
