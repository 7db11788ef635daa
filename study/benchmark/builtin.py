"""The rows of the study's own methods: computed by the code that scores a reader's criterion, and kept as a table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from study.benchmark.frozen import FrozenSet
from study.benchmark.scoring import COLUMNS, rows
from study.common.errors import StudyError
from study.data import Dataset
from study.methods import method, names

FILE = "builtin.csv"
DIGITS = "%.9g"


def kept(folder: Path) -> pd.DataFrame:
    """Return the kept rows of the methods that there are, in their present versions, as `scoring.COLUMNS`."""
    file = folder / FILE
    if not file.exists():
        return pd.DataFrame(columns=list(COLUMNS))
    frame = pd.read_csv(file)
    if tuple(frame.columns) != COLUMNS:
        raise StudyError(f"{file} has other columns than this code: {remedy(folder.name)}")
    versions = {name: method(name).version for name in names()}
    return frame[frame["version"] == frame["criterion"].map(versions)].reset_index(drop=True)


def absent(there: FrozenSet) -> list[str]:
    """Return the methods of a set's table without kept rows in their present version."""
    rows_of = set(kept(there.folder)["criterion"])
    return [name for name in names() if name not in rows_of and name not in refusing(there)]


def refusing(there: FrozenSet) -> list[str]:
    """Return the methods that cannot score the filters of a set, and so are not in its table."""
    return [name for name in names() if there.has_filters and method(name).filters_refused() is not None]


def remedy(version: str) -> str:
    """Return what makes the table whole again."""
    return f"`python -m study.benchmark builtin --version {version}` computes what is missing"


def computed(data: Dataset, population: str, there: FrozenSet, wanted: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield the rows of methods on one population, with no limit of time."""
    for i, network in enumerate(there.networks(population)):
        for name in wanted:
            chosen = method(name)
            for row in rows(network, data, chosen, False, i == 0, math.inf):
                yield {"criterion": name, "version": chosen.version, **row}


def taken(there: FrozenSet, population: str, wanted: Iterable[str]) -> pd.DataFrame:
    """Return the rows of methods that the set has which a population was taken over from; none where it was not."""
    origin = there.manifest["populations"][population].get("from")
    if origin is None:
        return pd.DataFrame(columns=list(COLUMNS))
    known = kept(there.folder.parent / origin)
    return known[(known["population"] == population) & known["criterion"].isin(list(wanted))]


def write(folder: Path, found: pd.DataFrame) -> None:
    """Write rows beside those that are kept; rows of the same method are replaced."""
    there = kept(folder)
    both = pd.concat([there[~there["criterion"].isin(set(found["criterion"]))], found], ignore_index=True)
    both = both.sort_values(["criterion"], kind="stable")[list(COLUMNS)]
    both.to_csv(folder / FILE, index=False, float_format=DIGITS, lineterminator="\n")
