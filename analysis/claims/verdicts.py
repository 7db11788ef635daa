"""Verdicts: templates on quantities, conjunctions over parts, Holm over the claims of a tier, arm by arm."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis.claims.quantities import Quantity, Source, quantity
from analysis.claims.register import Arm, Claim, Part, Register
from analysis.statistics import (
    INCONCLUSIVE,
    NOT_RUN,
    REFUTED,
    SUPPORTED,
    TOO_FEW,
    Result,
    corrected_as,
    decide,
    evaluate,
    false_discoveries,
    holm,
    prediction_interval,
    smallest_corrected,
)
from analysis.statistics.multiplicity import Correction

COLUMNS = [
    *("claim", "tier", "arm", "part", "role", "population", "statement", "metric", "template", "margin", "n"),
    *("estimate", "low", "high", "p", "p_corrected", "p_smallest", "sign_p", "effect_name", "effect", "d_z"),
    *("verdict", "reason", "published", "published_kind", "predicted_low", "predicted_high", "compatible"),
    *("cells", "cost"),
]
"""Columns of the verdicts. `low`, `high`: one-sided 95 % limits; `p_smallest`: smallest attainable corrected p;
`predicted_low`, `predicted_high`: 95 % prediction interval of one more network."""

VALUES = ["claim", "arm", "part", "population", "metric", "split", "seed", "value"]
"""Columns of the values: what a part tests, in one network."""

OVERALL = "overall"
ROUNDING = 0.005
"""Half a unit of the second decimal, to which published numbers are given: never more exact than that."""


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
        return {name: _largest(parts, "p") for name, parts in self.tested.items()}

    @cached_property
    def smallest(self) -> dict[str, float]:
        """The smallest p-value that a claim could have reached."""
        return {name: _largest(parts, "p_smallest") for name, parts in self.tested.items()}

    @cached_property
    def corrected(self) -> dict[str, float]:
        """The claims' corrected p-values."""
        return self.correct(self.p)


TIERS: dict[str, tuple[Correction, float]] = {"A": (holm, 0.05), "B": (holm, 0.05), "C": (false_discoveries, 0.10)}
"""How the claims of a tier are corrected, and the level."""


def verdicts(register: Register, source: Source) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the verdicts and the values that they rest on.

    Returns:
        One row a claim, arm and part (and one `overall`), in the order of the ids (columns: `COLUMNS`); and one row a
        network of every part (columns: `VALUES`).
    """
    rows: list[dict[str, object]] = []
    seen: list[dict[str, object]] = []
    families = {
        (arm.name, tier): Family({c.id: _test(c, arm, source) for c in register.tier(tier) if arm.name in c.arms}, *how)
        for arm in register.arms.values()
        for tier, how in TIERS.items()
    }
    for claim in register.claims:
        if not claim.parts:
            rows.append(_not_run(claim))
        for name in claim.arms:
            family, arm = families[name, claim.tier], register.arms[name]
            rows += _claim_rows(claim, arm, family)
            seen += [row for tested in family.tested[claim.id] for row in _values(claim, arm, tested)]
    return pd.DataFrame(rows, columns=COLUMNS), pd.DataFrame(seen, columns=VALUES)


def _values(claim: Claim, arm: Arm, tested: Tested) -> Iterator[dict[str, object]]:
    part, values = tested.part, tested.quantity.values
    words = {"claim": claim.id, "arm": arm.name, "part": part.label, "population": arm.population(part.population)}
    words |= {"metric": part.metric, "split": part.split}
    columns = [values] if isinstance(values, pd.Series) else [values[name] for name in values]
    for column in columns:
        for seed, value in column.items():
            yield {**words, "seed": seed, "value": value}


def _test(claim: Claim, arm: Arm, source: Source) -> list[Tested]:
    tested = []
    for part in claim.parts:
        found = quantity(part, arm, source)
        result = evaluate(part.test, found.values, part.margin) if len(found.values) else None
        tested.append(Tested(part, found, result))
    return tested


def _largest(parts: list[Tested], name: str) -> float:
    """Largest value over the deciding parts (intersection-union); NaN where one of them was not run."""
    results = [t.result for t in parts if t.part.role == "decides"]
    return math.nan if None in results else max(float(getattr(result, name)) for result in results)


def _claim_rows(claim: Claim, arm: Arm, family: Family) -> list[dict[str, object]]:
    tested = family.tested[claim.id]
    deciding = [t for t in tested if t.part.role == "decides"]
    rows = [_part_row(claim, arm, t, family) for t in tested]
    decided = [row for row in rows if row["role"] == "decides"]
    verdict = conjunction([str(row["verdict"]) for row in decided])
    overall = _overall(claim, arm, deciding) | {"verdict": verdict, "reason": _why(verdict, decided)}
    overall["p_corrected"] = family.corrected[claim.id]
    if not math.isnan(family.p[claim.id]):
        smallest = family.smallest
        overall["p_smallest"] = smallest_corrected(claim.id, smallest[claim.id], smallest, family.correct)
    shown = [row["compatible"] for row in decided]
    overall["compatible"] = "no" if "no" in shown else "yes" if "yes" in shown else ""
    return [overall, *rows] if any(t.result for t in tested) else [overall]


def conjunction(parts: list[str]) -> str:
    """Return the verdict of a claim all parts of which must hold.

    >>> conjunction(["supported", "refuted", "not run"]), conjunction(["supported", "supported"])
    ('refuted', 'supported')
    """
    for verdict in (REFUTED, NOT_RUN, TOO_FEW, INCONCLUSIVE):
        if verdict in parts:
            return verdict
    return SUPPORTED


def _part_row(claim: Claim, arm: Arm, tested: Tested, family: Family) -> dict[str, object]:
    part, result = tested.part, tested.result
    row = _row(claim, arm) | {
        "part": part.label,
        "role": part.role,
        "population": arm.population(part.population) or part.population,
        "metric": part.metric + ("_held_out" if part.split == "held_out" else ""),
        "template": part.test,
        "margin": _words(part),
        "reason": tested.quantity.reason,
        "published": part.published,
        "published_kind": part.published_kind,
        "verdict": NOT_RUN,
    }
    if result is None:
        return row
    reached = smallest_corrected(claim.id, result.p_smallest, family.smallest, family.correct)
    corrected = corrected_as(claim.id, result.p, family.p, family.correct)
    values = tested.quantity.values
    low, high = prediction_interval(values) if isinstance(values, pd.Series) else (math.nan, math.nan)
    names = ("n", "estimate", "low", "high", "p", "sign_p", "effect_name", "effect", "d_z")
    verdict = decide(result, corrected, reached, family.level)
    if verdict == TOO_FEW:
        few = f"with n = {result.n} the corrected p cannot be below {reached:.2g}"
        row["reason"] = "; ".join(text for text in (few, tested.quantity.reason) if text)
    row |= {name: getattr(result, name) for name in names}
    row |= {"p_corrected": corrected, "p_smallest": reached, "verdict": verdict}
    row |= {"predicted_low": low, "predicted_high": high}
    if part.published is not None and part.test != "PROP" and not math.isnan(low):
        inside = low - ROUNDING <= part.published <= high + ROUNDING
        row["compatible"] = "yes" if inside else "no"
    return row


def _overall(claim: Claim, arm: Arm, deciding: list[Tested]) -> dict[str, object]:
    row = _row(claim, arm) | {
        "part": OVERALL,
        "role": OVERALL,
        "metric": ", ".join(dict.fromkeys(t.part.metric for t in deciding)),
        "template": ", ".join(dict.fromkeys(f"{t.part.test}({_words(t.part)})" for t in deciding)),
        "n": min((t.result.n if t.result else 0) for t in deciding),
        "p": _largest(deciding, "p"),
    }
    if len(deciding) == 1:
        only = deciding[0]
        row |= {"population": arm.population(only.part.population), "margin": _words(only.part)}
        row |= {"published": only.part.published, "published_kind": only.part.published_kind}
        if only.result:
            names = ("estimate", "low", "high", "sign_p", "effect_name", "effect", "d_z")
            row |= {name: getattr(only.result, name) for name in names}
    return row


def _why(verdict: str, decided: list[dict[str, object]]) -> str:
    """In words, which of the deciding parts made the verdict."""
    which = [row for row in decided if row["verdict"] == verdict]
    if verdict == NOT_RUN:
        return "; ".join(dict.fromkeys(str(row["reason"]) for row in which))
    if len(decided) == 1:
        return str(decided[0]["reason"])
    held = sum(row["verdict"] == SUPPORTED for row in decided)
    reason = f"{held} of {len(decided)} parts supported"
    if verdict == SUPPORTED:
        return reason
    return f"{reason}; {verdict}: " + ", ".join(f"{row['population']} ({row['part']})" for row in which)


def _not_run(claim: Claim) -> dict[str, object]:
    row = {name: value for name, value in _row(claim, Arm("", "")).items() if name != "arm"}
    return row | {
        "arm": "as_published",
        "part": OVERALL,
        "role": OVERALL,
        "template": claim.test,
        "verdict": NOT_RUN,
        "reason": claim.reason,
        "cells": claim.cells,
        "cost": claim.cost,
    }


def _row(claim: Claim, arm: Arm) -> dict[str, object]:
    words = (
        "population",
        "metric",
        "template",
        "margin",
        "effect_name",
        "reason",
        "published_kind",
        "compatible",
        "cells",
        "cost",
    )
    numbers = (*("estimate", "low", "high", "p", "p_corrected", "p_smallest", "sign_p", "effect", "d_z"),)
    row: dict[str, object] = dict.fromkeys(words, "") | dict.fromkeys(numbers, math.nan)
    row |= {"n": 0, "published": math.nan, "predicted_low": math.nan, "predicted_high": math.nan}
    return row | {"claim": claim.id, "tier": claim.tier, "arm": arm.name, "statement": claim.statement}


def _words(part: Part) -> str:
    margin = part.margin
    if not isinstance(margin, tuple):
        return "" if part.test == "TREND" else f"{margin:g}"
    return f"{margin[0]:g}" if part.test == "ASSOC" else " -/+ ".join(f"{m:g}" for m in margin)
