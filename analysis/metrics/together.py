"""Joint impacts: the change of the error by a set of units, against the sum of their single impacts."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames
from analysis.metrics.curves import of_split
from study.records.condition import DIMENSIONS

SAME = ["network_key", *(name for name in DIMENSIONS if name != "method")]
"""The columns that a cell shares with the brute-force cell whose R_2 gives the size of its set."""


def superadditive(frames: Frames, cells: pd.DataFrame) -> pd.Series:
    """Return, a cell, (sum of the single impacts - joint change of E) / (E_all - E0) of its first removals (C27).

    The set is the first n units that the cell removes, n being what brute force on the same network, under the same
    settings, removes within two points of accuracy (R_2). Single impacts are those in the trained network. A positive
    value says that the units cost less together than one by one, as units do that cancel each other. Null without such
    a brute-force cell, for n = 0, and without recorded impacts at the start.

    Args:
        frames: the store.
        cells: its metrics (index: key): settings, units, r_2, E0, E_all.
    """
    best = cells[(cells["method"] == "brute_force") & (cells["r_2"] > 0)]
    sizes = (best["r_2"] * best["units"]).round().astype("int64").rename("size")
    size = cells[SAME].merge(best[SAME].assign(size=sizes).drop_duplicates(SAME), on=SAME, how="left")["size"]
    size.index = cells.index
    events = frames.events.loc[frames.events["event"] > 0, ["key", "event", "layer", "unit"]]
    removed = events[events["event"] <= events["key"].map(size).astype("float64")]
    start = frames.impacts.loc[frames.impacts["event"] == 0, ["key", "layer", "unit", "impact"]].dropna()
    known = removed.merge(start, on=["key", "layer", "unit"]).groupby("key")["impact"]
    alone = known.sum().where(known.count() == size.reindex(known.sum().index))
    errors = of_split(frames.evaluations, "pruning")
    there = errors[errors["event"] == errors["key"].map(size).astype("float64")].set_index("key")["error"]
    span = (cells["E_all"] - cells["E0"]).where(lambda s: s > 0)
    return pd.Series((alone - (there - cells["E0"])) / span, name="superadditive")


def put_back_worse(reinserted: pd.DataFrame, impacts: pd.DataFrame) -> pd.Series:
    """Return by key the share of put-back units that raise the error, and by more than in the trained network (C27).

    Each unit is put back alone into the pruned network. The share counts those whose impact is then below 0 and below
    that in the trained network, as for a unit that was removed together with the one that cancelled it.
    """
    start = impacts.loc[impacts["event"] == 0, ["key", "layer", "unit", "impact"]].rename(columns={"impact": "alone"})
    both = reinserted.merge(start, on=["key", "layer", "unit"]).dropna(subset=["impact", "alone"])
    worse = (both["impact"] < 0) & (both["impact"] < both["alone"])
    return worse.groupby(both["key"]).mean().rename("put_back_worse")
