"""Verdicts: templates on quantities, conjunctions over parts, Holm over the claims of a tier, arm by arm."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.register import Arm, Claim, Part, Register
from analysis.claims.tested import Family, Judged, Tested, families, largest
from analysis.statistics import (
    INCONCLUSIVE,
    NOT_RUN,
    REFUTED,
    SUPPORTED,
    TOO_FEW,
    corrected_as,
    decide,
    prediction_interval,
    smallest_corrected,
)

COLUMNS = [
    *("claim", "tier", "arm", "part", "role", "population", "statement", "metric", "template", "margin", "n"),
    *("estimate", "low", "high", "p", "p_corrected", "p_smallest", "sign_p", "effect_name", "effect", "d_z"),
    *("verdict", "reason", "published", "published_kind", "predicted_low", "predicted_high", "compatible"),
    *("cells", "cost"),
]
"""Columns of the verdicts. `low`, `high`: one-sided 95 % limits; `p_smallest`: smallest attainable corrected p;
`predicted_low`, `predicted_high`: 95 % prediction interval of one more network."""


OVERALL = "overall"
ROUNDING = 0.005
"""Half a unit of the second decimal, to which published numbers are given: never more exact than that."""


def verdicts(register: Register, judged: Judged) -> pd.DataFrame:
    """Return one row a claim, arm and part (and one `overall`), in the order of the ids (columns: `COLUMNS`)."""
    rows: list[dict[str, object]] = []
    of = families(register, judged)
    for claim in register.claims:
        if not claim.parts:
            rows.append(_not_run(claim))
        for name in claim.arms:
            rows += _claim_rows(claim, register.arms[name], of[name, claim.tier])
    return pd.DataFrame(rows, columns=COLUMNS)


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
        "metric": part.column,
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
        "p": largest(deciding, "p"),
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


WITHIN, ABOVE = " -/+ ", ", refuted above "
"""What stands between the two numbers of a margin: value and tolerance, or the bounds of support and refutation."""


def _words(part: Part) -> str:
    margin = part.margin
    if not isinstance(margin, tuple):
        return "" if part.test == "TREND" else f"{margin:g}"
    if part.test == "ATMOST":
        return ABOVE.join(f"{m:g}" for m in dict.fromkeys(margin))
    return f"{margin[0]:g}" if part.test == "ASSOC" else WITHIN.join(f"{m:g}" for m in margin)
