"""Tests every part of every claim under every arm, and gathers the families that are corrected together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import pandas as pd

from analysis.claims.combined import NAMES, all_hold, one_suffices, same
from analysis.claims.quantities import Quantity, Source, quantity
from analysis.claims.register import Arm, Claim, Part, Register
from analysis.statistics import FROZEN, TEMPLATES, PValues, Result, corrected_as, evaluate, false_discoveries, holm
from analysis.statistics.multiplicity import Correction

VALUES = ["claim", "arm", "part", "population", "metric", "split", "series", "seed", "value"]
"""Columns of the values, one row a part and network. `series`: which of a seed's values it is, for tests that take
several (TREND, EQ_WELCH); else empty."""


@dataclass(frozen=True)
class Tested:
    """One part with its values and, if there are any, the result of its test."""

    part: Part
    quantity: Quantity
    result: Result | None

    @property
    def p_values(self) -> PValues:
        """The p-values before correction; NaN if the part was not run."""
        return self.result.p_values if self.result else PValues()

    @property
    def supporting(self) -> PValues:
        """The same, but p = 1 for a difference below its margin, which supports nothing."""
        short = self.result is not None and not self.result.large_enough
        return replace(self.p_values, p=1.0) if short else self.p_values


@dataclass(frozen=True)
class Family:
    """The claims of one tier under one arm, which are corrected together.

    Attributes:
        tested: the parts, by claim; empty for a claim that is not run.
        of: the claims' p-values before correction.
        correct: the correction.
        level: the bound of corrected p-values.
    """

    tested: dict[str, list[Tested]]
    of: dict[str, PValues]
    correct: Correction
    level: float

    def corrected(self, claim: str, values: PValues) -> PValues:
        """Return these p-values corrected over the family, as if they were those of the claim."""
        found = (corrected_as(claim, getattr(values, name), self._named[name], self.correct) for name in NAMES)
        return PValues(*found)

    @cached_property
    def _named(self) -> dict[str, dict[str, float]]:
        return {name: {claim: getattr(of, name) for claim, of in self.of.items()} for name in NAMES}


TIERS: dict[str, tuple[Correction, float]] = {"A": (holm, 0.05), "B": (holm, 0.05), "C": (false_discoveries, 0.10)}
"""How the paper's claims of a tier are corrected, and the level."""

Judged = Mapping[tuple[str, str], list[Tested]]
"""The tested parts by claim and arm."""


def tested(register: Register, source: Source) -> Judged:
    """Test every part of every claim under each of its arms."""

    def test(part: Part, arm: Arm) -> Tested:
        return _tested(part, quantity(part, arm, source), register)

    return {
        (claim.id, name): [test(part, register.arms[name]) for part in claim.parts_in(name)]
        for claim in register.claims
        for name in claim.arms
    }


def values(register: Register, judged: Judged) -> pd.DataFrame:
    """Return the tested values, one row a network of every part (columns: `VALUES`)."""
    rows = (_rows(claim, register.arms[arm], part) for (claim, arm), parts in judged.items() for part in parts)
    return pd.DataFrame(chain.from_iterable(rows), columns=VALUES)


def from_values(register: Register, frame: pd.DataFrame) -> Judged:
    """Test every part on recorded values: the inverse of `values`, except for the reasons of missing values."""
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
        (claim.id, name): [
            _tested(part, found(claim, part, register.arms[name]), register) for part in claim.parts_in(name)
        ]
        for claim in register.claims
        for name in claim.arms
    }


def families(register: Register, judged: Judged) -> dict[tuple[str, str], Family]:
    """Return the families that are corrected together, by arm and tier.

    A claim that is not run has no arm: it stays in the family of every arm without a p-value, which counts as p = 1.
    (Before amendment A1 it was left out of every family.)
    """
    found = {}
    for arm in register.arms:
        for tier, how in _corrections(register).items():
            claims = [c for c in register.tier(tier) if arm in c.arms or (not c.parts and "not_run" in register.rules)]
            parts = {c.id: judged.get((c.id, arm), []) for c in claims}
            found[arm, tier] = Family(parts, {c.id: _of_claim(c, arm, judged) for c in claims}, *how)
    return found


def _corrections(register: Register) -> Mapping[str, tuple[Correction, float]]:
    """Return how the claims of each tier are corrected: those of a family of related systems by Holm."""
    if "families" not in register.plan:
        return TIERS
    return dict.fromkeys((claim.tier for claim in register.claims), (holm, float(register.plan["level"])))


def _of_claim(claim: Claim, arm: str, judged: Judged) -> PValues:
    """Return a claim's p-values: of its deciding parts, all or one that suffices, or of its comparison with claims."""
    deciding = [t for t in judged.get((claim.id, arm), []) if t.part.role == "decides"]
    values = [t.p_values for t in deciding]
    if claim.one_suffices:
        return one_suffices(values)
    if claim.compared:
        return all_hold([same(*pair) for pair in compared(claim, arm, judged).values()])
    return all_hold(values)


def compared(claim: Claim, arm: str, judged: Judged) -> dict[str, tuple[PValues, PValues]]:
    """Return, for every compared claim, its p-values on this claim's data and on its own."""
    found = {}
    for other in claim.compared:
        sides = [t for t in judged[claim.id, arm] if t.part.compares == other], judged[other, arm]
        here, there = (all_hold([t.supporting for t in side if t.part.role == "decides"]) for side in sides)
        found[other] = here, there
    return found


def _tested(part: Part, found: Quantity, register: Register) -> Tested:
    templates = TEMPLATES if "medians" in register.rules else FROZEN
    return Tested(part, found, evaluate(part.test, found.values, part.margin, templates) if len(found.values) else None)


def _rows(claim: str, arm: Arm, tested: Tested) -> Iterator[dict[str, object]]:
    part, found = tested.part, tested.quantity.values
    words = {"claim": claim, "arm": arm.name, "part": part.label, "population": _place(part, arm)}
    words |= {"metric": part.metric, "split": part.split}
    columns = {"": found} if isinstance(found, pd.Series) else {str(name): found[name] for name in found}
    for series, column in columns.items():
        for seed, value in column.items():
            yield {**words, "series": series, "seed": seed, "value": value}


def _place(part: Part, arm: Arm) -> str:
    """Return the arm's name of the part's population; for a series the part's own."""
    return part.population if part.over else arm.population(part.population) or part.population
