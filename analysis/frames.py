"""The tidy frames that everything in `analysis` starts from: what a tracking store holds, as data frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pandas as pd

from study.common.errors import StudyError
from study.records import RUN_TAGS, TABLES, by_cause, empty

ON_REQUEST = ("sampled",)
"""Tables of `study.records` that no metric or figure looks at, and that are too large to be read for nothing."""
READ = tuple(name for name in TABLES if name not in ON_REQUEST)
"""The others: those of the frames."""
INTEGER_TAGS = ("seed", "draw")
"""Tags that are whole numbers in the frames; every other tag is text."""

RUN_COLUMNS = (*RUN_TAGS, "run_id", "run_name", "start_time")
"""Columns of `Frames.cells` and `Frames.networks`."""


class StoreError(StudyError):
    """A store that cannot be read; says what was looked for and how to make one."""


def no_runs() -> pd.DataFrame:
    """Return a frame of runs without rows.

    >>> int(no_runs().shape[0]), "population" in no_runs()
    (0, True)
    """
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in RUN_COLUMNS})
    return frame.astype(dict.fromkeys(INTEGER_TAGS, "int64"))


def no_rows(table: str) -> pd.DataFrame:
    """Return a table of `study.records` without rows, led by the column `key`."""
    frame = empty(table)
    frame.insert(0, "key", pd.Series(dtype="str"))
    return frame


FAILED_COLUMNS = ("population", "method", "ranking", "seed", "sweep", "reason")
"""Columns of `Frames.failed`."""


MADE_AGAIN = "damaged, made again by"
"""Heading in `Frames.about` of the commands that make damaged cells again."""
DAMAGED_COLUMNS = ("kind", *FAILED_COLUMNS, "run_id", "command", "seen")
"""Columns of `Frames.damaged`."""


def _no_text(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns})


def no_damaged() -> pd.DataFrame:
    """Return `Frames.damaged` where nothing is."""
    return _no_text(*DAMAGED_COLUMNS)


def tell_damaged(lost: pd.DataFrame) -> str:
    """Return how many cells and networks are damaged, in words; nothing where none is.

    >>> tell_damaged(pd.DataFrame({"kind": ["cell", "network", "cell"]}))
    '2 cells and 1 network'
    """
    counts = {kind: int((lost["kind"] == kind).sum()) for kind in ("cell", "network")}
    return " and ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in counts.items() if n)


@dataclass(frozen=True)
class Frames:
    """A tracking store as data frames.

    Attributes:
        cells: one row a finished cell, in the order in which they were finished: the tags of `study.records.RUN_TAGS`
            (seed and draw as integers), run_id, run_name and start_time.
        networks: one row a trained network (kind "network"), the same columns.
        events, evaluations, impacts, agreement, surfaces, pairs, reinserted, hessian, searched, searched_sets,
        removals, bridge, decisions, sparsity, masks, trainings, stopped: the tables of `study.records` of all cells,
            each led by the column `key`, the cell's key. The table sampled is read on request: `Cells.sampled`.
        not_run: population and the reason why none of its cells was run.
        failed: cells that were begun and never finished, with the reason of the last attempt (`FAILED_COLUMNS`, text).
        damaged: finished cells whose tables are lost or not as they were written, which are in no other frame, and
            networks whose own files are: kind, what they are, what is wrong and what was typed for them (text).
        about: free text for the report: store, code version, environment, ...
    """

    cells: pd.DataFrame = field(default_factory=no_runs)
    networks: pd.DataFrame = field(default_factory=no_runs)
    events: pd.DataFrame = field(default_factory=lambda: no_rows("events"))
    evaluations: pd.DataFrame = field(default_factory=lambda: no_rows("evaluations"))
    impacts: pd.DataFrame = field(default_factory=lambda: no_rows("impacts"))
    agreement: pd.DataFrame = field(default_factory=lambda: no_rows("agreement"))
    surfaces: pd.DataFrame = field(default_factory=lambda: no_rows("surfaces"))
    pairs: pd.DataFrame = field(default_factory=lambda: no_rows("pairs"))
    reinserted: pd.DataFrame = field(default_factory=lambda: no_rows("reinserted"))
    hessian: pd.DataFrame = field(default_factory=lambda: no_rows("hessian"))
    searched: pd.DataFrame = field(default_factory=lambda: no_rows("searched"))
    searched_sets: pd.DataFrame = field(default_factory=lambda: no_rows("searched_sets"))
    removals: pd.DataFrame = field(default_factory=lambda: no_rows("removals"))
    bridge: pd.DataFrame = field(default_factory=lambda: no_rows("bridge"))
    decisions: pd.DataFrame = field(default_factory=lambda: no_rows("decisions"))
    sparsity: pd.DataFrame = field(default_factory=lambda: no_rows("sparsity"))
    masks: pd.DataFrame = field(default_factory=lambda: no_rows("masks"))
    trainings: pd.DataFrame = field(default_factory=lambda: no_rows("trainings"))
    stopped: pd.DataFrame = field(default_factory=lambda: no_rows("stopped"))
    not_run: pd.DataFrame = field(default_factory=lambda: _no_text("population", "reason"))
    failed: pd.DataFrame = field(default_factory=lambda: _no_text(*FAILED_COLUMNS))
    damaged: pd.DataFrame = field(default_factory=no_damaged)
    about: dict[str, str] = field(default_factory=dict)

    @property
    def left_out(self) -> dict[str, str]:
        """The populations of `not_run` by the cause."""
        return by_cause(dict(zip(self.not_run["population"], self.not_run["reason"], strict=True)))

    def of(self, keys: Sequence[str]) -> Frames:
        """Return the frames restricted to the cells with these keys."""
        wanted = set(keys)
        cells = self.cells[self.cells["key"].isin(wanted)]
        networks = self.networks[self.networks["network_key"].isin(set(cells["network_key"]))]
        tables = {name: getattr(self, name) for name in READ}
        kept = {name: frame[frame["key"].isin(wanted)] for name, frame in tables.items()}
        return replace(self, cells=cells, networks=networks, **kept)
