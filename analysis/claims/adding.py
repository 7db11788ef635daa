"""Adds the values of another store to the kept ones: `python -m analysis.claims add --store STORE`.

A long sweep may run in pieces on several machines, whose stores are not kept. Kept are the values of every part that a
store has all registered networks of. A part that compares two populations needs both in one store.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from analysis import metrics
from analysis.claims.evaluation import Evaluation, evaluate, evaluate_related
from analysis.claims.register import Register
from analysis.claims.rejudge import (
    RELATED_VALUES,
    RELATED_VERDICTS,
    TABLES,
    check_tables,
    rejudge,
    rejudge_related,
)
from analysis.doubles import merged
from analysis.frames import Frames
from study.common.errors import StudyError
from study.common.spreadsheet import write_csv

PART = ["claim", "arm", "part", "population", "metric", "split"]
ADDED, KEPT, SHORT = "added", "kept already", "too few networks"


def add(frames: Frames, folder: Path = TABLES, register: Register | None = None, replace: bool = False) -> pd.DataFrame:
    """Add the values of a store to the kept ones, judge these again, and return one row a part with values there.

    Columns: those of `PART`, networks, of (as registered), and what: "added"; "kept already", for a part with kept
    values, which stay unless `replace`; "too few networks", for fewer than are registered. Networks outside their
    acceptance band are counted. If nothing is added, nothing is written.

    Args:
        frames: the other store.
        folder: with the kept tables.
        register: another register than the project's own.
        replace: whether values of the store replace kept ones.

    Raises:
        StudyError: where the kept tables are not there, or the store has development seeds alone.
    """
    check_tables(folder)  # all of them, before one is written
    frames = merged(frames)
    judged = evaluate(frames, metrics.table(frames), register)
    return _added(judged, folder, "values", replace, lambda: rejudge(folder, register))


def add_related(frames: Frames, folder: Path = TABLES, replace: bool = False) -> pd.DataFrame:
    """Add the values of related systems that a store has to the kept ones; args and result as in `add`.

    Raises:
        StudyError: where the kept tables are not there, or the store has no such cells, or development seeds alone.
    """
    check_tables(folder, (RELATED_VALUES, RELATED_VERDICTS), "keep a first system by `make results PART=weights`")
    frames = merged(frames)
    judged = evaluate_related(frames, metrics.table(frames))
    if judged is None:
        raise StudyError("the store has no cell of a population of the related systems' claims")
    return _added(judged, folder, RELATED_VALUES, replace, lambda: rejudge_related(folder))


def _added(
    judged: Evaluation, folder: Path, name: str, replace: bool, again: Callable[[], pd.DataFrame]
) -> pd.DataFrame:
    """Add the whole parts of what was judged to the kept values of this name, and judge these again."""
    register = judged.register
    if not judged.confirmatory:
        raise StudyError("the store has networks of development seeds alone: nothing of them is kept")
    kept = pd.read_csv(folder / f"{name}.csv")
    outside = judged.excluded["population"].value_counts()
    before = {tuple(place) for place in kept[PART].fillna("").drop_duplicates().to_numpy().tolist()}
    told, chosen = [], []
    for place, rows in judged.values.fillna({"population": ""}).groupby(PART, sort=False):
        networks, of = rows["seed"].nunique(), _registered(register, *map(str, place[:3]))
        became = SHORT if networks + int(outside.get(place[3], 0)) < of else ADDED
        became = KEPT if became == ADDED and place in before and not replace else became
        told.append((*place, networks, of, became))
        chosen += [rows] if became == ADDED else []
    if chosen:
        fresh = pd.concat(chosen)
        stay = ~pd.MultiIndex.from_frame(kept[PART].fillna("")).isin(pd.MultiIndex.from_frame(fresh[PART].fillna("")))
        both = pd.concat([kept[stay], fresh])
        write_csv(both.sort_values("claim", kind="stable"), folder / f"{name}.csv", index=False)
        again()
    return pd.DataFrame(told, columns=[*PART, "networks", "of", "what"])


def _registered(register: Register, claim: str, arm: str, part: str) -> int:
    """Return how many networks a part has by the register; of a part of the frozen plan alone, its claim's."""
    its = {c.id: c for c in register.claims}[claim]
    wanted = next((p.networks for p in its.parts if p.label == part), 0) or its.networks
    return min(wanted, register.arms[arm].networks or wanted)
