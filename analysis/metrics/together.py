"""Units together: what a set does to the error, against what each of its units does alone."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames
from analysis.metrics.curves import of_split
from study.records.condition import DIMENSIONS

SAME = ["network_key", *(name for name in DIMENSIONS if name != "method")]
"""What a cell shares with the brute-force cell whose R_2 sets the size of its set."""


def superadditive(frames: Frames, cells: pd.DataFrame) -> pd.Series:
    """Return, a cell, (sum of the single impacts - joint change of E) / (E_all - E0) of its first removals (C27).

    The set is the first n units that the cell removes, n being what brute force on the same network, under the same
    settings, removes within two points of accuracy (R_2). Single impacts are those in the trained network. Positive:
    together the units cost less than one by one, as where they cancel each other. Null where there is no such
    brute-force cell, n is 0, or the impacts at the start were not recorded.

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

    Each is put back alone into the pruned network; its impact is then below 0 and below that in the trained network,
    as where it was removed together with the unit that cancelled it.
    """
    start = impacts.loc[impacts["event"] == 0, ["key", "layer", "unit", "impact"]].rename(columns={"impact": "alone"})
    both = reinserted.merge(start, on=["key", "layer", "unit"]).dropna(subset=["impact", "alone"])
    worse = (both["impact"] < 0) & (both["impact"] < both["alone"])
    return worse.groupby(both["key"]).mean().rename("put_back_worse")
