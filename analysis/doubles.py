"""Recordings of one trajectory, merged into one cell.

In version 1 of the records what was measured was part of a cell's key: a trajectory that was asked for with other
measures was run and recorded again. A cell of today has all measures of its trajectory.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pandas as pd

from analysis.frames import READ, Frames
from analysis.metrics.table import SETTINGS

SAME = [*SETTINGS, "draw"]
"""What tells trajectories apart that were computed by the same versions."""
WEIGHTS = {"surfaces": 3, "pairs": 1, "reinserted": 1}
"""How many of the register's metrics a table gives. Of the other tables none decides which recording stays."""


def merged(frames: Frames) -> Frames:
    """Return the frames with one cell a trajectory.

    The recording with most metrics stays, the newest of several, at the place of the newest. Each of its tables that
    has no row is taken from the next such recording that has one.

    Args:
        frames: of a store; cells that a section of the report has for itself are set apart before.
    """
    cells = frames.cells.assign(versions=frames.cells["numerics_version"].map(_versions))
    cells["trajectory"] = cells.groupby([*SAME, "versions"], dropna=False, sort=False).ngroup()
    several = cells[cells.duplicated("trajectory", keep=False)]
    if several.empty:
        return frames
    ranked = several.assign(metrics=sum(w * several["key"].isin(_keys(frames, t)) for t, w in WEIGHTS.items()))
    ranked = ranked.sort_values("metrics", kind="stable")[["key", "trajectory"]]
    stays = ranked.drop_duplicates("trajectory", keep="last").set_index("trajectory")["key"]
    tables: dict[str, Any] = {name: _merged(getattr(frames, name), ranked, stays) for name in READ}
    places = cells.drop_duplicates("trajectory", keep="last")
    kept = places["key"].mask(places["trajectory"].isin(stays.index), places["trajectory"].map(stays))
    rows = frames.cells.set_index("key", drop=False).loc[kept].reset_index(drop=True)
    return replace(frames, cells=rows, **tables)


def _merged(table: pd.DataFrame, ranked: pd.DataFrame, stays: pd.Series) -> pd.DataFrame:
    """Return a table with the rows of one recording of every trajectory, under the key of the one that stays.

    Args:
        table: of the frames.
        ranked: key and trajectory of the recordings, the one that stays last.
        stays: its key, by trajectory.
    """
    there = ranked[ranked["key"].isin(set(table["key"]))].drop_duplicates("trajectory", keep="last")
    named = dict(zip(there["key"], there["trajectory"].map(stays), strict=True))
    left_out = table["key"].isin(set(ranked["key"]) - set(named))
    kept = table[~left_out]
    keys = kept["key"].map(named).fillna(kept["key"]).astype(table["key"].dtype)
    return kept.assign(key=keys).reset_index(drop=True)


def _keys(frames: Frames, table: str) -> set[str]:
    return set(getattr(frames, table)["key"])


def _versions(tag: str) -> str:
    """Return the versions of a trajectory's numbers: a search beside is no other trajectory.

    >>> _versions('{"oracle": 2, "search": 1, "method": 1}')
    '{"method": 1, "oracle": 2}'
    """
    return json.dumps(versions(tag), sort_keys=True)


def versions(tag: str) -> dict[str, int]:
    """Return the versions of a trajectory's numbers by what they are of, from the tag `numerics_version`.

    >>> versions('{"oracle": 2, "search": 1}')
    {'oracle': 2}
    """
    return {of: version for of, version in json.loads(tag or "{}").items() if of != "search"}
