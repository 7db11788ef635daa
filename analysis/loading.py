"""The cells of a store as a data frame, for one's own questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from analysis.frames import Frames
from analysis.metrics import curves, table
from analysis.metrics.curves import last_of_rounds
from analysis.runs import SQLITE, find, read_store
from analysis.stored import read_cells
from study.common.errors import StudyError
from study.common.paths import ROOT
from study.records.condition import DIMENSIONS

SETTINGS = (
    *("population", "dataset", "network", "activation", "output", "variant", "task", *DIMENSIONS),
    *("seed", "draw", "sweep", "band", "network_key", "run_id", "run_name"),
)
"""Columns of the cells' tags that lead the frame, after `key`."""
WENT = ["layer", "unit", "units_left", "parameters_left", "estimate", "score"]
"""Columns of the table events that a curve has, too: null where nothing went."""


class Cells(pd.DataFrame):
    """A row a cell; whatever rows are selected, `curves` gives the removals of these, `sampled` their weights."""

    _metadata = ["frames", "place"]  # noqa: RUF012  (pandas reads it: what a selection keeps)
    frames: Frames | None = None
    place: tuple[str, str] | None = None

    @property
    def _constructor(self) -> type[Cells]:
        return Cells

    def curves(self, split: str = "pruning") -> pd.DataFrame:
        """Return one row a cell and removal, and one for the trained network (`removed` is 0).

        Columns: those of `analysis.metrics.curves` (removed, q, error, error_per_sample, accuracy, ...), and of the
        unit that went: layer, unit, units_left, parameters_left, estimate, score.

        Args:
            split: rows that are judged: "pruning", "held_out", or a further split by name.

        Raises:
            StudyError: for a frame that lost the store, as by `merge`.
        """
        if self.frames is None or "key" not in self:
            raise _lost("curves")
        frames = self.frames.of(self["key"].tolist())
        went = last_of_rounds(frames.events)[["key", "removed", *WENT]]
        return curves(frames, split).merge(went, on=["key", "removed"], how="left")

    def sampled(self) -> pd.DataFrame:
        """Return the true impacts of single weights that were sampled before cuts, with the cell's key: a row a weight.

        Columns: those of the table sampled of `study.records`. A sweep has millions of them, so select cells first.

        Raises:
            StudyError: for a frame that lost the store, as by `merge`.
        """
        if self.place is None or "key" not in self:
            raise _lost("sampled")
        found = find(*self.place)
        return read_cells(found.runs, found.cells[found.cells["key"].isin(self["key"])], found.spare, ("sampled",))[1][
            "sampled"
        ]


def _lost(method: str) -> StudyError:
    return StudyError(f"this frame has lost its cells: call {method}() on what analysis.load gave, or on a selection")


def loaded(sweep: str | None, uri: str | None, experiment: str) -> Cells:
    """Return the cells of a store; arguments as of `analysis.load`."""
    place = (uri or usual(), experiment)
    frames = read_store(*place, sweep)
    results = table(frames)
    own: list[Any] = ["key", *SETTINGS]
    results = results[["key", *(name for name in results.columns if name not in own)]]
    found = Cells(frames.cells[own].merge(results, on="key", how="left"))
    found.frames, found.place = frames, place
    return found


def usual() -> str:
    """Return the address of the store in the working folder, or else in the checkout."""
    place = Path("outputs/mlflow/mlflow.db")
    return f"{SQLITE}{place if place.is_file() else ROOT / place}"
