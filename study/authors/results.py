"""What is at hand of a stored network's results: some have all tables, some a few, under the names of several runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from study.authors import recorded
from study.authors.networks import artefact
from study.data.base import DataUnavailableError

WORDS = {"neurons": "per-neuron values", "curves": "curves", "surfaces": "error surfaces"}
"""What the tables of results hold."""


@dataclass(frozen=True)
class Results:
    """What is at hand of a network's results: tables of `recorded`, None where there is none.

    Attributes:
        neurons, curves, surfaces: the tables.
        absent: what is not there, in words, each with the reason.
    """

    neurons: pd.DataFrame | None
    curves: pd.DataFrame | None
    surfaces: pd.DataFrame | None
    absent: tuple[str, ...]

    @classmethod
    def of(cls, name: str, folder: Path | str | None = None) -> Results:
        """Read the results of a network; parameters and errors as `compare.compare`."""
        tables: dict[str, pd.DataFrame | None] = {}
        reasons: dict[str, DataUnavailableError] = {}
        for what in ("neurons", "curves", "surfaces"):
            tables[what] = None
            for prefix in artefact(name).results:
                try:
                    tables[what] = getattr(recorded, what)(prefix, folder)
                    break
                except DataUnavailableError as error:
                    reasons.setdefault(what, error)
        if all(table is None for table in tables.values()):
            raise reasons["neurons"]
        absent = [f"{WORDS[what]}: {reasons[what]}" for what, table in tables.items() if table is None]
        for what, column, all_of in (
            ("curves", "ranking", recorded.RANKINGS),
            ("surfaces", "criterion", recorded.CRITERIA),
        ):
            if (table := tables[what]) is not None:
                there = set(table[column])
                absent += [f"{WORDS[what]}, {one}: there is no such file" for one in all_of if one not in there]
        return cls(tables["neurons"], tables["curves"], tables["surfaces"], tuple(absent))

    def curve(self, criterion: str, ranking: str) -> pd.DataFrame | None:
        """Return the rows of one curve; None where there are none."""
        return _of(self.curves, criterion=criterion, ranking=ranking)

    def surface(self, criterion: str) -> pd.DataFrame | None:
        """Return the rows of one criterion's error surfaces; None where there are none."""
        return _of(self.surfaces, criterion=criterion)


def _of(table: pd.DataFrame | None, **wanted: str) -> pd.DataFrame | None:
    if table is None:
        return None
    for column, value in wanted.items():
        table = table[table[column] == value]
    return table if len(table) else None
