"""From the metrics of cells to the values that a part tests: one value a network, paired by seed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.claims.register import Arm, Part
from analysis.metrics import SETTINGS

WINS = "wins_most_steps"
"""The quantity that needs whole curves: whether `of` has the lower error at more than half of the steps."""


@dataclass(frozen=True)
class Source:
    """What quantities are made of.

    Attributes:
        cells: `metrics.table` of the cells that enter.
        networks: `metrics.per_network` of them.
        curves: `metrics.curves`, of these cells at least.
        absent: reasons why populations have no cells, by population.
    """

    cells: pd.DataFrame
    networks: pd.DataFrame
    curves: pd.DataFrame
    absent: dict[str, str]

    def has(self, arm: Arm) -> bool:
        """Whether any cell of what makes the arm is there: its methods, or its populations."""
        rows = self.networks
        if arm.methods:
            return bool(rows["method"].isin(list(arm.methods.values())).any())
        names = rows["population"].astype(str)
        renamed = names.str.startswith(arm.population_prefix) & names.str.endswith(arm.population_suffix)
        return bool(renamed.any())


@dataclass(frozen=True)
class Quantity:
    """Values by seed (index), and why there are none or fewer than networks."""

    values: pd.Series
    reason: str = ""


def quantity(part: Part, arm: Arm, source: Source) -> Quantity:
    """Return the part's value in every network (of one seed each) under an arm, and what is missing, in words."""
    if part.needs:
        return Quantity(_none(), part.needs)
    of, method, reason = _term(part, part.of, arm, source)
    if reason:
        return Quantity(_none(), reason)
    if isinstance(part.minus, str):
        other, other_method, reason = _term(part, part.minus, arm, source)
        if reason:
            return Quantity(_none(), reason)
        column = _column(part)
        values = _wins(source, of, other) if part.metric == WINS else of[column] - other[column]
    else:
        other, other_method = None, ""
        values = of[_column(part)] - (part.minus or 0.0)
    known = values.dropna().astype(float)
    return Quantity(known, _missing(part, values, known, of, method, other, other_method))


def _column(part: Part) -> str:
    return part.metric + ("_held_out" if part.split == "held_out" else "")


def _term(part: Part, spec: str, arm: Arm, source: Source) -> tuple[pd.DataFrame, str, str]:
    """Rows (index: seed) of "method ranking [@population]", the arm's method, and why there are none."""
    words, _, elsewhere = spec.partition("@")
    method, ranking = words.split()
    method = arm.method(method)
    population = arm.population(elsewhere.strip() or part.population)
    here = source.networks[source.networks["population"] == population]
    if here.empty:
        return here, method, source.absent.get(population, f"no finished cells of {population}")
    rows = here[
        (here["method"] == method)
        & (here["ranking"] == ranking)
        & (here["removal"] == "zero")
        & (here["selection"] == "pruning")
        & (here["protocol"] == "no_retrain")
        & (here["error"] == part.error)
    ]
    if rows.empty:
        error = "" if part.error == "half_squared" else f" ranked by {part.error}"
        return rows, method, f"no finished cells of {population} with {method}, {ranking}{error}"
    return rows.set_index("seed"), method, ""


def _wins(source: Source, of: pd.DataFrame, other: pd.DataFrame) -> pd.Series:
    """1 where `of` has the lower error (draws averaged) at more than half of the steps 1 to K - 1, else 0."""
    sides = []
    for rows in (of, other):
        keys = source.cells.merge(rows.reset_index()[SETTINGS], on=SETTINGS)["key"]
        mine = source.curves[source.curves["key"].isin(keys)]
        sides.append(mine.groupby(["seed", "removed", "units"])["error"].mean())
    both = pd.concat(sides, axis=1, keys=["of", "other"]).dropna().reset_index()
    inner = both[(both["removed"] > 0) & (both["removed"] < both["units"])]
    share = (inner["of"] < inner["other"]).groupby(inner["seed"]).mean()
    return (share > 0.5).astype(float)


def _missing(
    part: Part,
    values: pd.Series,
    known: pd.Series,
    of: pd.DataFrame,
    method: str,
    other: pd.DataFrame | None,
    other_method: str,
) -> str:
    notes = []
    if other is not None:
        unpaired = len(set(of.index) ^ set(other.index))
        if unpaired:
            notes.append(f"{unpaired} seeds without their partner")
    undefined = int(values.isna().sum()) - (len(set(of.index) ^ set(other.index)) if other is not None else 0)
    if undefined > 0:
        notes.append(f"{part.metric} is not defined in {undefined} networks")
    if known.empty and not notes:
        notes.append(f"{part.metric} is not defined in any network")
    if part.metric.startswith("r_"):
        for rows, name in ((of, method), (other, other_method)):
            floor = 0 if rows is None else int((rows[_column(part)] == 0).sum())
            if floor and rows is not None:
                notes.append(f"{part.metric} of {name} is 0 in {floor} of {len(rows)} networks")
    return "; ".join(notes)


def _none() -> pd.Series:
    return pd.Series(dtype="float64")
