"""Trajectories as tidy curves: one row a cell and removal."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.frames import Frames

HELD_OUT = "held_out"
"""Stands for the held-out split with the most rows, whatever its name: 500 rows cannot resolve a point of accuracy."""
CHOOSING = ("pruning", "validation")
"""Splits whose rows choose something: what goes, or when training stops."""

CELL_COLUMNS = ["key", "population", "method", "ranking", "seed", "draw"]


def of_split(evaluations: pd.DataFrame, split: str) -> pd.DataFrame:
    """Return the evaluations on one split, ordered by key and event.

    Args:
        evaluations: the table of `study.records` with the leading column `key`.
        split: "pruning", "held_out" (of every cell's splits that choose nothing the one with the most rows; the first
            by name among equals) or the name of a further split.
    """
    if split == HELD_OUT:
        others = evaluations.loc[~evaluations["split"].isin(CHOOSING), ["key", "split", "samples"]].drop_duplicates()
        largest = others.sort_values(["samples", "split"], ascending=[False, True]).drop_duplicates("key")
        chosen = evaluations.merge(largest[["key", "split"]], on=["key", "split"])
    else:
        chosen = evaluations[evaluations["split"] == split]
    return chosen.sort_values(["key", "event"], ignore_index=True)


def last_of_rounds(events: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table events that end a round: a round that trains ends with the trained network."""
    return events[~events.duplicated(["key", "round"], keep="last")]


def curves(frames: Frames, split: str = "pruning") -> pd.DataFrame:
    """Return one row a cell and removal.

    Columns: key, population, method, ranking, seed, draw; removed (units), units (K), q = removed / K; error (sum over
    the samples), accuracy (share; in a regression 1 - E/N), error_ratio = E/E0 (null where E0 is 0),
    error_per_sample = E/N, samples (N).

    Args:
        frames: the store.
        split: see `of_split`.
    """
    path = of_split(frames.evaluations, split)[["key", "event", "error", "correct", "samples"]]
    path = path.merge(frames.cells[[*CELL_COLUMNS, "task"]], on="key")
    units = frames.events.loc[frames.events["event"] == 0, ["key", "units_left"]]
    path = path.merge(units.rename(columns={"units_left": "units"}), on="key")
    path = path.merge(last_of_rounds(frames.events)[["key", "event", "removed"]], on=["key", "event"])
    path = path.sort_values(["key", "event"], ignore_index=True)
    start = path.groupby("key")["error"].transform("first")
    path["q"] = path["removed"] / path["units"]
    path["error_ratio"] = path["error"] / start.where(start > 0)
    path["error_per_sample"] = path["error"] / path["samples"]
    share = path["correct"].astype("float64") / path["samples"]
    path["accuracy"] = np.where(path["task"] == "regression", 1 - path["error_per_sample"], share)
    shown = ["removed", "units", "q", "error", "accuracy", "error_ratio", "error_per_sample", "samples"]
    return path[[*CELL_COLUMNS, *shown]]
