"""Scores summed up: one row a criterion, with an interval over networks."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.impact.agreement import Array

CHOICE = ("regret", "regret_early", "overlap_25", "spearman", "scale", "forward_passes", "seconds")
"""Means over a network's stages, then over networks."""
WORST = 1.0
"""A choice that costs more than E(none) - E0, all units together, counts as 1: one of them would decide every mean."""
EARLY = 0.4
"""Share removed up to which a stage is early: about what brute force removes before a network is harmed."""
DRAWS = 10_000
"""Of the bootstrap."""


def summed_up(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a criterion, the smallest regret first.

    Every number is a mean over stages, then over networks, so that each network counts once. Only networks and stages
    that all criteria have are counted. The interval of the regret is that of a percentile bootstrap over networks (95
    %); of two networks, their range. A criterion whose re-ranked prune was not finished on every population has none.

    Args:
        rows: as `scoring.COLUMNS`.

    Returns:
        Indexed by criterion: place, regret (capped at `WORST` a choice), regret_low, regret_high, regret_early (of
        stages up to `EARLY`), overlap_25, spearman, removable_again, removable_once, scale (median estimate / impact),
        seconds and forward_passes a call, networks.
    """
    places = ["population", "seed", "removed"]
    shared = rows.groupby(places)["criterion"].transform("nunique") == rows["criterion"].nunique()
    rows = rows[shared].assign(regret=rows["regret"].clip(upper=WORST))
    share = rows["removed"] / (rows["removed"] + rows["units"])
    rows["regret_early"] = rows["regret"].where(share <= EARLY + 1e-9)
    by_network = rows.groupby(["criterion", "population", "seed"], sort=False)
    networks = by_network[list(CHOICE)].mean()
    # Of a network's rows only that of the trained network has them: a sum without NaN would make 0 of nothing.
    networks["removable_once"] = by_network["removable_once"].first()
    first = rows["seed"] == rows.groupby("population")["seed"].transform("min")
    again = rows[first].groupby(["criterion", "population"])["removable_again"].first()
    out = []
    for name, own in networks.groupby("criterion", sort=False):
        low, high = interval(own["regret"].to_numpy())
        means = {c: float(own[c].mean()) for c in CHOICE}
        out.append(
            {
                "criterion": name,
                **means,
                "regret_low": low,
                "regret_high": high,
                "removable_again": float(again.xs(name, level="criterion").mean(skipna=False)),
                "removable_once": float(own["removable_once"].mean(skipna=False)),
                "networks": len(own),
            }
        )
    table = pd.DataFrame(out).sort_values("regret", kind="stable").set_index("criterion")
    table.insert(0, "place", table["regret"].rank(method="min").astype(int))
    order = ["place", "regret", "regret_low", "regret_high", "regret_early", "overlap_25", "spearman"]
    return table[[*order, "removable_again", "removable_once", "scale", "seconds", "forward_passes", "networks"]]


def interval(values: Array) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of a mean; the same values give the same bits.

    >>> interval(np.array([1.0, 1.0]))
    (1.0, 1.0)
    """
    drawn = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def by_population(rows: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return one row a population of what a criterion scores there, with its place among all of them."""
    found = {}
    for population, own in rows.groupby("population", sort=False):
        table = summed_up(own)
        found[population] = table.loc[name].to_dict() | {"of": len(table), "least": float(table["regret"].min())}
    return pd.DataFrame.from_dict(found, orient="index").rename_axis("population")
