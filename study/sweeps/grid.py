"""A grid of cells: settings that all of them share, and lists of values of which the cells are the product."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from hydra.core.global_hydra import GlobalHydra
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, RangeSweep

from study.common.paths import CONF

POPULATION = "population"


@dataclass(frozen=True)
class Grid:
    """Cells that differ in some settings.

    Attributes:
        name: shown with each of its cells.
        recorded_as: the sweep that its runs are recorded under (tag `sweep`).
        shared: overrides that all its cells have, as in "record.truth_every=5".
        params: key -> values, in Hydra's grammar, as in "range(0,5)" or "taylor1,taylor2"; the last varies fastest.
        left_out: populations whose cells are left out.
    """

    name: str
    recorded_as: str
    shared: tuple[str, ...]
    params: dict[str, str]
    left_out: frozenset[str] = frozenset()

    def having(self, params: Mapping[str, str]) -> Grid:
        """Return the grid with other values of some keys, or with further keys."""
        return replace(self, params=self.params | dict(params))

    def without(self, populations: Collection[str]) -> Grid | None:
        """Return the grid without some populations; None when no cell is left."""
        found = replace(self, left_out=self.left_out | frozenset(populations))
        return found if found.populations else None

    def into(self, outputs: Path) -> Grid:
        """Return the grid with another folder of outputs; its cells keep their keys."""
        return replace(self, shared=(*self.shared, f"paths.outputs={quoted(str(outputs.absolute()))}"))

    def values(self, key: str) -> list[str]:
        """Return the values of a setting that the grid varies, as overrides such as "seed=3"."""
        return _values(_parsed((f"{key}={self.params[key]}",))[0]) if key in self.params else []

    def within(self, typed: Iterable[str]) -> Grid | None:
        """Return the cells that have the typed values; None where no cell has them.

        A typed setting that the grid does not vary is set in all of its cells.

        >>> grid = Grid("made", "made", (), {"seed": "range(0,3)"})
        >>> [str(job) for job in grid.within(["seed=2,5"]).jobs()], grid.within(["seed=5"])
        (['seed=2'], None)
        """
        own = dict(zip(self.params, _parsed(self._texts), strict=True))
        params, rest = dict(self.params), []
        for text, override in zip(typed, _parsed(tuple(typed)), strict=True):
            key = text.partition("=")[0]
            if key not in own:
                rest.append(text)
                continue
            kept = [value for value in _values(own[key]) if value in _values(override)]
            if not kept:
                return None
            params[key] = ",".join(value.partition("=")[2] for value in kept)
        return replace(self, params=params).narrowed(rest)

    @property
    def _texts(self) -> tuple[str, ...]:
        return tuple(f"{key}={values}" for key, values in self.params.items())

    def narrowed(self, typed: Iterable[str]) -> Grid:
        """Return the grid with the typed settings in place of its own values.

        >>> grid = Grid("made", "made", ("record.pairs=true",), {"seed": "range(0,9)"})
        >>> [str(job) for job in grid.narrowed(["seed=3", "method=taylor1,taylor2"]).jobs()]
        ['method=taylor1 seed=3', 'method=taylor2 seed=3']
        """
        params, shared = dict(self.params), list(self.shared)
        for override in _parsed(tuple(typed)):
            key, _, value = str(override.input_line).partition("=")
            if key in params or override.is_sweep_override() or key in groups():
                params[key] = value
            else:
                shared.append(str(override.input_line))
        return replace(self, shared=tuple(shared), params=params)

    @property
    def populations(self) -> list[str]:
        """Its populations without the excluded ones."""
        (override,) = _parsed((f"{POPULATION}={self.params.get(POPULATION, 'free')}",))
        return [name for _, _, name in (v.partition("=") for v in _values(override)) if name not in self.left_out]

    def jobs(self) -> list[Job]:
        """Return its cells, each once, in the order in which they are run."""
        parsed, found = _parsed(self._texts), []
        for overrides in itertools.product(*(_values(override) for override in parsed)):
            found.append(replace(Job.of(self.name, overrides), shared=self.shared))
        return [job for job in found if job.population not in self.left_out] if self.left_out else found


@dataclass(frozen=True)
class Job:
    """One cell of a grid.

    Attributes:
        grid: the grid's name.
        shared: overrides that all cells of the grid have.
        choices: overrides that choose groups, as in "population=mnist_1x100".
        values: overrides of plain values, as in "seed=3".
    """

    grid: str
    shared: tuple[str, ...]
    choices: tuple[str, ...]
    values: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((*self.choices, *self.values))

    @classmethod
    def of(cls, grid: str, overrides: Iterable[str]) -> Job:
        """Return the cell with these overrides.

        >>> Job.of("made", ["seed=3", "method=taylor1"])
        Job(grid='made', shared=(), choices=('method=taylor1',), values=('seed=3',))
        """
        texts = tuple(overrides)
        chosen = tuple(text for text in texts if text.partition("=")[0] in groups())
        return cls(grid, (), chosen, tuple(text for text in texts if text not in chosen))

    @property
    def overrides(self) -> tuple[str, ...]:
        """The overrides with which `python -m study` runs this cell."""
        return (*self.shared, *self.choices, *self.values)

    @property
    def population(self) -> str:
        """Its population."""
        return dict(o.split("=", 1) for o in self.choices).get(POPULATION, "free")


@cache
def groups() -> frozenset[str]:
    """Return the names of the configuration's groups."""
    return frozenset(p.name for p in CONF.iterdir() if p.is_dir())


def unmatched(typed: str, held: Collection[str]) -> list[str]:
    """Return the values of an override that are not in `held`; for a range only if none of them is.

    >>> unmatched("seed=1,7", ["seed=1", "seed=2"]), unmatched("seed=range(2,9)", ["seed=1", "seed=2"])
    (['seed=7'], [])
    """
    (override,) = _parsed((typed,))
    values = _values(override)
    absent = [value for value in values if value not in held]
    if isinstance(override.value(), RangeSweep) and len(absent) < len(values):
        return []
    return [typed] if len(absent) == len(values) else absent


def counted(number: int, noun: str) -> str:
    """Return a number with its noun.

    >>> counted(1, "cell"), counted(3, "cell")
    ('1 cell', '3 cells')
    """
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def quoted(text: str) -> str:
    """Return a text in quotes that Hydra reads as it is.

    >>> quoted('a "b", c')
    '"a \\\\"b\\\\", c"'
    """
    return '"' + text.replace('"', '\\"') + '"'


def _parsed(texts: tuple[str, ...]) -> list[Override]:
    hydra = GlobalHydra.instance()
    loader = hydra.config_loader() if hydra.is_initialized() else None  # without one there are no globs
    return OverridesParser.create(config_loader=loader).parse_overrides(list(texts))


def _values(override: Override) -> list[str]:
    """Return an override of several values as overrides of one value each."""
    key = override.get_key_element()
    if override.is_sweep_override():
        return [f"{key}={value}" for value in override.sweep_string_iterator()]
    return [f"{key}={override.get_value_element_as_str()}"]
