"""The values that a part tests, one a network, paired by seed, from the metrics of cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analysis.claims.operands import Operand
from analysis.claims.register import Arm, Part
from analysis.metrics import SETTINGS
from study.records.condition import DIMENSIONS, Condition

WINS = "wins_most_steps"
"""The quantity that needs whole curves: whether `of` has the lower error at more than half of the steps 1 to K - 1."""


NONE = pd.Series(dtype="float64")
"""The values of a part without any."""


@dataclass(frozen=True)
class Source:
    """The data that quantities are computed from.

    Attributes:
        cells: `metrics.table` of the cells that enter.
        networks: `metrics.per_network` of them.
        curves: `metrics.curves` of these cells at least.
        absent: reasons for the populations without cells, by population.
    """

    cells: pd.DataFrame
    networks: pd.DataFrame
    curves: pd.DataFrame
    absent: dict[str, str]

    @cached_property
    def of(self) -> dict[tuple[str, Condition], pd.DataFrame]:
        """The networks' rows (index: seed) by population and condition."""
        groups = self.networks.groupby(["population", *DIMENSIONS])
        return {(str(first), Condition(*map(str, rest))): rows.set_index("seed") for (first, *rest), rows in groups}

    @cached_property
    def none(self) -> pd.DataFrame:
        """No row of the networks, for a term without cells; kept, since slicing so wide a frame is slow."""
        return self.networks[:0]

    @cached_property
    def populations(self) -> set[str]:
        """The populations that have cells."""
        return set(self.networks["population"])


@dataclass(frozen=True)
class Quantity:
    """Values by seed (index), and the reason if there are none, or fewer than networks.

    TREND and EQ_WELCH take several values a seed: `values` is then a frame with one column a population.
    """

    values: pd.Series | pd.DataFrame
    reason: str = ""


@dataclass(frozen=True)
class Term:
    """The rows of an operand under an arm, and the column of them that is its metric.

    Rows (index: seed) are those of the metrics; of several methods, their range in this column alone.
    """

    method: str
    rows: pd.DataFrame
    column: str
    reason: str = ""

    @property
    def values(self) -> pd.Series:
        """Its metric, one value a seed."""
        return self.rows[self.column]


def quantity(part: Part, arm: Arm, source: Source) -> Quantity:
    """Return the part's value in every network (one a seed) under an arm, and in words what is missing."""
    if part.over:
        return _series(part, arm, source)
    terms = [term(operand, part, arm, source) for operand in part.operands]
    for found in terms:
        if found.reason:
            return Quantity(NONE, found.reason)
    if part.best_of > 1:
        terms[0] = replace(terms[0], rows=_best(terms[0].rows, terms[0].column, part.best_of))
    if part.scale == "fisher_z":
        terms = [replace(t, rows=t.rows.assign(**{t.column: _fisher(t.values, t.rows["units"])})) for t in terms]
    if part.test == "EQ_WELCH":
        both = pd.concat([t.values for t in terms], axis=1, keys=["of", "minus"])
        return Quantity(both.astype(float))
    if part.metric == WINS:
        values = _wins(source, terms[0].rows, terms[1].rows)
    else:
        summed = terms[1:-1] if part.per else terms[1:]
        values = sum(
            (sign * t.values for sign, t in zip((-1, -1, 1)[: len(summed)], summed, strict=True)),
            terms[0].values,
        )
        values = values - (part.minus if isinstance(part.minus, float) else 0.0)
        if part.per:
            values = values / terms[-1].values.where(lambda divisor: divisor != 0)
    known = values.dropna().astype(float)
    return Quantity(known, _missing(part, values, known, terms))


def _best(rows: pd.DataFrame, column: str, restarts: int) -> pd.DataFrame:
    """Return the smallest value of every so many successive seeds, under consecutive seeds from the first on."""
    first = rows.index.min()
    group = first + (rows.index - first) // restarts
    return rows[[column]].groupby(group).min().rename_axis("seed")


def _fisher(rho: pd.Series, units: pd.Series) -> pd.Series:
    """Return Fisher's z of correlations over K units, clipped at 1 - 1 / (2 K) as in ASSOC."""
    limit = 1 - 1 / (2 * units)
    return pd.Series(np.arctanh(rho.clip(-limit, limit)), index=rho.index)


def _series(part: Part, arm: Arm, source: Source) -> Quantity:
    """Return the values of a series of populations: one column each for TREND, else the slope per doubling of size."""
    columns = {}
    for population, size in part.over:
        found = term(replace(part.of, population=population), part, arm, source)
        if found.reason:
            return Quantity(NONE, found.reason)
        columns[size] = found.values.astype(float)
    wide = pd.DataFrame(columns).dropna()
    if wide.empty:
        return Quantity(NONE, f"no seed has a network of every one of {', '.join(p for p, _ in part.over)}")
    if part.test == "TREND":
        return Quantity(wide)
    doublings = np.log2(np.array(list(columns)))
    return Quantity(pd.Series(np.polyfit(doublings, wide.to_numpy().T, 1)[0], index=wide.index))


def term(operand: Operand, part: Part, arm: Arm, source: Source) -> Term:
    """Return the rows of an operand under an arm, with the reason if there are none."""
    population, conditions = arm.population(operand.population or part.population), arm.conditions(operand)
    method, column = "/".join(condition.method for condition in conditions), part.column_of(operand)
    if population is None:
        return Term(method, source.none, column, f"no network of the authors for {part.population}")
    found = {one.method: source.of.get((population, one), source.none) for one in conditions}
    rows = found[method] if method in found else _range(found, column)
    reason = ""
    if population not in source.populations:
        reason = source.absent.get(population, f"no finished cells of {population}")
    elif absent := [m for m, of_method in found.items() if of_method.empty]:
        where = ", ".join([conditions[0].ranking, *conditions[0].unusual()])
        reason = f"no finished cells of {population} with {'/'.join(absent)}, {where}"
    return Term(method, rows, column, reason)


def _range(found: dict[str, pd.DataFrame], column: str) -> pd.DataFrame:
    """Return the largest less the smallest value over methods, in the networks that have all; null if one value is."""
    wide = pd.concat([rows[column] for rows in found.values()], axis=1, join="inner").astype(float)
    return pd.DataFrame({column: wide.max(axis=1, skipna=False) - wide.min(axis=1, skipna=False)})


def _wins(source: Source, of: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """Return 1 if `of` has the lower error (mean over draws) at more than half of the steps 1 to K - 1, else 0."""
    sides = []
    for rows in (of, other):
        keys = source.cells.merge(rows.reset_index()[SETTINGS], on=SETTINGS)["key"]
        mine = source.curves[source.curves["key"].isin(keys)]
        sides.append(mine.groupby(["seed", "removed", "units"])["error"].mean())
    both = pd.concat(sides, axis=1, keys=["of", "other"]).dropna().reset_index()
    inner = both[(both["removed"] > 0) & (both["removed"] < both["units"])]
    share = (inner["of"] < inner["other"]).groupby(inner["seed"]).mean()
    return (share > 0.5).astype(float)


def _missing(part: Part, values: pd.Series, known: pd.Series, terms: list[Term]) -> str:
    notes = []
    seeds = [set(t.rows.index) for t in terms]
    unpaired = len(set.union(*seeds) - set.intersection(*seeds))
    if unpaired:
        notes.append(f"{unpaired} seeds without their partner")
    undefined = int(values.isna().sum()) - unpaired
    if undefined > 0:
        notes.append(f"{part.metric} is not defined in {undefined} networks")
    if known.empty and not notes:
        notes.append(f"{part.metric} is not defined in any network")
    if part.metric.startswith("r_"):
        for t in terms:
            floor = int((t.values == 0).sum())
            if floor:
                notes.append(f"{part.metric} of {t.method} is 0 in {floor} of {len(t.rows)} networks")
    return "; ".join(notes)
