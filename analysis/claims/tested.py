"""What is tested: every part of every claim under every arm, with its values, and the families that are corrected."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

import pandas as pd

from analysis.claims.quantities import Quantity, Source, quantity
from analysis.claims.register import Arm, Claim, Part, Register
from analysis.statistics import Result, evaluate, false_discoveries, holm
from analysis.statistics.multiplicity import Correction

VALUES = ["claim", "arm", "part", "population", "metric", "split", "series", "seed", "value"]
"""Columns of the values: what a part tests, in one network. `series`: which of a seed's values, where a test takes
several (TREND, EQ_WELCH); else empty."""


@dataclass(frozen=True)
class Tested:
    """One part with its values and, where there are any, the row of its template."""

    part: Part
    quantity: Quantity
    result: Result | None


@dataclass(frozen=True)
class Family:
    """The claims of one tier under one arm, which are corrected together.

    Attributes:
        tested: the parts, by claim.
        correct: the correction.
        level: that corrected p-values are compared with.
    """

    tested: dict[str, list[Tested]]
    correct: Correction
    level: float

    @cached_property
    def p(self) -> dict[str, float]:
        """A claim's p-value: the largest of its deciding parts."""
        return {name: largest(parts, "p") for name, parts in self.tested.items()}

    @cached_property
    def smallest(self) -> dict[str, float]:
        """The smallest p-value that a claim could have reached."""
        return {name: largest(parts, "p_smallest") for name, parts in self.tested.items()}

    @cached_property
    def corrected(self) -> dict[str, float]:
        """The claims' corrected p-values."""
        return self.correct(self.p)


TIERS: dict[str, tuple[Correction, float]] = {"A": (holm, 0.05), "B": (holm, 0.05), "C": (false_discoveries, 0.10)}
"""How the claims of a tier are corrected, and the level."""

Judged = Mapping[tuple[str, str], list[Tested]]
"""The tested parts by claim and arm."""


def tested(register: Register, source: Source) -> Judged:
    """Test every part of every claim under each of its arms."""

    def test(part: Part, arm: Arm) -> Tested:
        return _tested(part, quantity(part, arm, source))

    return {
        (claim.id, name): [test(part, register.arms[name]) for part in claim.parts_in(name)]
        for claim in register.claims
        for name in claim.arms
    }


def values(register: Register, judged: Judged) -> pd.DataFrame:
    """Return what was tested, one row a network of every part (columns: `VALUES`)."""
    rows = (_rows(claim, register.arms[arm], part) for (claim, arm), parts in judged.items() for part in parts)
    return pd.DataFrame(chain.from_iterable(rows), columns=VALUES)


def from_values(register: Register, frame: pd.DataFrame) -> Judged:
    """Test every part anew on recorded values: the inverse of `values`, but for the reasons of what is missing."""
    words = ["claim", "arm", "part", "population", "split", "metric"]
    recorded = dict(iter(frame.fillna({"population": "", "series": ""}).groupby(words)))

    def found(claim: Claim, part: Part, arm: Arm) -> Quantity:
        place = (claim.id, arm.name, part.label, _place(part, arm), part.split, part.metric)
        rows = recorded.get(place, frame.iloc[:0])
        if part.test in ("TREND", "EQ_WELCH"):
            wide = rows.pivot(index="seed", columns="series", values="value")
            return Quantity(wide[list(dict.fromkeys(rows["series"]))])
        return Quantity(rows.set_index("seed")["value"])

    return {
        (claim.id, name): [_tested(part, found(claim, part, register.arms[name])) for part in claim.parts_in(name)]
        for claim in register.claims
        for name in claim.arms
    }


def families(register: Register, judged: Judged) -> dict[tuple[str, str], Family]:
    """Return the families that are corrected together, by arm and tier."""
    return {
        (arm, tier): Family({c.id: judged[c.id, arm] for c in register.tier(tier) if arm in c.arms}, *how)
        for arm in register.arms
        for tier, how in TIERS.items()
    }


def _tested(part: Part, found: Quantity) -> Tested:
    return Tested(part, found, evaluate(part.test, found.values, part.margin) if len(found.values) else None)


def _rows(claim: str, arm: Arm, tested: Tested) -> Iterator[dict[str, object]]:
    part, found = tested.part, tested.quantity.values
    words = {"claim": claim, "arm": arm.name, "part": part.label, "population": _place(part, arm)}
    words |= {"metric": part.metric, "split": part.split}
    columns = {"": found} if isinstance(found, pd.Series) else {str(name): found[name] for name in found}
    for series, column in columns.items():
        for seed, value in column.items():
            yield {**words, "series": series, "seed": seed, "value": value}


def _place(part: Part, arm: Arm) -> str:
    """Return the arm's name of the part's population; of a series its own."""
    return part.population if part.over else arm.population(part.population) or part.population


def largest(parts: list[Tested], name: str) -> float:
    """Largest value over the deciding parts (intersection-union); NaN where one of them was not run."""
    results = [t.result for t in parts if t.part.role == "decides"]
    return math.nan if None in results else max(float(getattr(result, name)) for result in results)
