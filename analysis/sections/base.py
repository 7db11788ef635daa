"""A section of the report: its base class, its material, and its results."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd

from analysis.claims import Evaluation
from analysis.figures.drawn import Drawn
from analysis.frames import Frames
from analysis.metrics import as_meant, curves, main_condition, per_network
from analysis.named import trained_here

COMPARED = 3
"""Methods that a population must have for a panel in a figure of methods."""


@dataclass(frozen=True, eq=False)
class Material:
    """The material of sections: a store, its metrics and verdicts, and what several sections derive from them.

    Attributes:
        frames: the cells that the report shows.
        table: `metrics.table` of them, regret only where it was recorded along the way.
        judged: `claims.evaluate` of them.
        rates: `selftest.rates`.
        apart: by sweep, the cells that sections have for themselves (`Section.sweep`); a sweep without cells has empty
            frames, and one of a section that is not there none.
        related: the evaluation of the claims of related systems; None where the store has no cell of them.
    """

    frames: Frames
    table: pd.DataFrame
    judged: Evaluation
    rates: pd.DataFrame
    apart: Mapping[str, Frames]
    related: Evaluation | None = None

    @cached_property
    def plain(self) -> pd.DataFrame:
        """Rows of `table` under the main condition: nothing retrained, units set to zero, both rankings."""
        return main_condition(self.table)

    @cached_property
    def of_related(self) -> pd.Series:
        """Whether a row of `table` is of related systems: of their populations, or of single weights."""
        named = frozenset() if self.related is None else self.related.register.populations
        return self.table["population"].isin(named) | (self.table["scope"] == "weight")

    @cached_property
    def fresh(self) -> pd.DataFrame:
        """Rows of `plain` that are of networks trained here, without the rungs of the ladder."""
        return trained_here(self.table)

    @cached_property
    def ours(self) -> Frames:
        """The cells of `fresh`."""
        return self.frames.of(self.fresh["key"].tolist())

    @cached_property
    def networks(self) -> pd.DataFrame:
        """`metrics.per_network` of `fresh`."""
        return per_network(self.fresh)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """`metrics.curves` of all cells."""
        return curves(self.frames)

    @cached_property
    def main(self) -> set[str]:
        """The populations trained here that main claims (tier A) are about; all populations if none is there."""
        there = set(self.fresh["population"])
        return {p.population for c in self.judged.register.tier("A") for p in c.parts} & there or there

    @cached_property
    def compared(self) -> pd.DataFrame:
        """Rows of `networks` of main populations that several methods pruned, each under the ranking it is meant for.

        The column `removed` is the share of the units that goes: by accuracy, in a regression by the rule of its error.
        """
        chosen = as_meant(self.networks[self.networks["population"].isin(self.main)])
        methods = chosen.groupby("population")["method"].transform("nunique")
        chosen = chosen[methods >= COMPARED]
        return chosen.assign(removed=chosen["r_1"].fillna(chosen["r_1pct"]))

    @cached_property
    def regressions(self) -> set[str]:
        """Populations that are regressions."""
        cells = self.frames.cells
        return set(cells.loc[cells["task"] == "regression", "population"])


@dataclass(frozen=True, eq=False)
class Shown:
    """What a section shows.

    Attributes:
        figures: on the page, in their order, and as files (SVG and CSV).
        tables: by the name of their file (CSV); the template decides which of them stand on the page.
        words: what else the template names.
        beside: figures that are files only.
    """

    figures: Sequence[Drawn] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)
    beside: Sequence[Drawn] = ()


@dataclass(frozen=True)
class Kept:
    """The results of a section in the repository (`make results`): names of tables and figures, and their part."""

    part: str
    tables: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()


class Section(ABC):
    """One section of the report. Adding one is adding a file to `analysis/sections`, and nothing else.

    A section is a subclass in `analysis/sections/NAME.py` or, where it takes several files, in
    `analysis/sections/NAME/section.py`; NAME is its anchor on the page. Its text is a Jinja template beside the file,
    of the same name with the ending .html. The template knows `figures`, `tables`, all `words`, `there` (names of the
    sections on the page), and the macros of `analysis/report/macros.html`: `figure(f)`, `plain(table, label)`,
    `wide(label)`. Without a template figures and tables follow one another.

    ```python
    class Slowest(Section):
        '''What takes longest: seconds spent on scores, by method.'''

        title = "What takes longest"
        place = 75  # after "Cost against quality"

        def made(self, of):
            seconds = of.networks.groupby("method", as_index=False)["seconds"].median()
            return Shown(tables={"slowest": seconds.sort_values("seconds")})
    ```

    Attributes:
        title: its heading.
        short: its name among the links on top of the page, if not the title; None for no link.
        place: sections come in the order of these numbers; those that are there are ten apart.
        sweep: name of a sweep (`sweep.name`) whose cells are this section's alone: they enter no claim, and no other
            section but by `Material.apart`. "" for none.
        kept: what of it is kept in the repository.
    """

    title: ClassVar[str]
    place: ClassVar[int]
    short: ClassVar[str | None] = ""
    sweep: ClassVar[str] = ""
    kept: ClassVar[Kept | None] = None

    @abstractmethod
    def made(self, of: Material) -> Shown:
        """Return figures, tables and words; nothing where the store has nothing for them."""

    def present(self, shown: Shown) -> bool:
        """Return whether there is anything to show: a figure, or a table with a row."""
        return bool(shown.figures) or any(len(table) for table in shown.tables.values())

    def cells(self, of: Material) -> pd.DataFrame:
        """Return the cells behind what is kept of it; columns key, network_key, seed. Usually the paper's."""
        return of.table[~of.of_related]

    @property
    def name(self) -> str:
        """The anchor on the page: the name of the file, or of the folder."""
        return type(self).__module__.removesuffix(".section").rpartition(".")[2]

    @property
    def link(self) -> str | None:
        """The name among the links on top of the page; None for no link."""
        return self.short if self.short is None else self.short or self.title

    @property
    def template(self) -> Path | None:
        """The file with its text; None for figures and tables alone."""
        file = Path(inspect.getfile(type(self))).with_suffix(".html")
        return file if file.is_file() else None
