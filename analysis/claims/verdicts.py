"""Verdicts on parts and claims, corrected over the claims of a tier and arm."""

from __future__ import annotations

import math

import pandas as pd

from analysis.claims.combined import alike, conjunction, each_of_all, each_of_union, union
from analysis.claims.register import Arm, Claim, Part, Register
from analysis.claims.tested import Family, Judged, Tested, families
from analysis.statistics import NOT_RUN, SUPPORTED, TOO_FEW, PValues, decide, decide_as_frozen, prediction_interval
from analysis.statistics.result import FEWEST

COLUMNS = [
    *("claim", "tier", "arm", "part", "role", "population", "statement", "metric", "template", "margin", "n"),
    *("estimate", "low", "high", "p", "p_corrected", "p_smallest", "p_refute", "p_refute_corrected"),
    *("p_refute_smallest", "sign_p", "effect_name", "effect", "d_z"),
    *("verdict", "reason", "published", "published_kind", "predicted_low", "predicted_high", "compatible"),
    *("cells", "cost"),
]
"""Columns of the verdicts. `low`, `high`: one-sided 95 % limits; `p_smallest`: smallest attainable corrected p;
`p_refute...`: the same for the opposite, also corrected over the parts of the claim; `predicted_low`, `predicted_high`:
95 % prediction interval of one more network."""


OVERALL = "overall"
ROUNDING = 0.005
"""Half a unit of the second decimal: published numbers are no more exact than that."""


def verdicts(register: Register, judged: Judged) -> pd.DataFrame:
    """Return one row a claim, arm and part (and one `overall`), in the order of the ids (columns: `COLUMNS`)."""
    rows: dict[tuple[str, str], list[dict[str, object]]] = {}
    of = families(register, judged)
    for claim in register.claims:
        if not claim.parts:
            rows[claim.id, ""] = [_not_run(claim, next(iter(register.arms)))]
        for name in claim.arms:
            rows[claim.id, name] = _claim_rows(claim, register, name, of[name, claim.tier])
    for claim in register.claims:
        for name in claim.arms if claim.compared else ():
            _compare(claim, name, rows)
    shown = (row for found in rows.values() for row in _shown(found))
    return pd.DataFrame(shown, columns=COLUMNS)


def _shown(rows: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return the rows of a claim under an arm; only the first if there is no value."""
    return rows if any(row["n"] for row in rows[1:]) else rows[:1]


def _claim_rows(claim: Claim, register: Register, arm: str, family: Family) -> list[dict[str, object]]:
    tested = family.tested[claim.id]
    corrected = _within(claim, tested)
    rows = [_part_row(claim, register, arm, t, family, c) for t, c in zip(tested, corrected, strict=True)]
    decided = [row for row in rows if row["role"] == "decides"]
    verdict = (union if claim.one_suffices else conjunction)([str(row["verdict"]) for row in decided])
    deciding = [t for t in tested if t.part.role == "decides"]
    overall = _overall(claim, register.arms[arm], deciding) | {"verdict": verdict, "reason": _why(verdict, decided)}
    overall |= _p_columns(family.of[claim.id], family.corrected(claim.id, family.of[claim.id]))
    shown = [row["compatible"] for row in decided]
    overall["compatible"] = "no" if "no" in shown else "yes" if "yes" in shown else ""
    return [overall, *rows]


def _within(claim: Claim, tested: list[Tested]) -> list[PValues]:
    """Return the p-values of the parts, those of deciding parts corrected over the claim if one can decide it alone."""
    found = {i: t.p_values for i, t in enumerate(tested)}
    deciding = [i for i, t in enumerate(tested) if t.part.role == "decides"]
    if not claim.compared:
        each = each_of_union if claim.one_suffices else each_of_all
        found |= dict(zip(deciding, each([found[i] for i in deciding]), strict=True))
    return list(found.values())


def _p_columns(raw: PValues, corrected: PValues) -> dict[str, object]:
    return {
        "p": raw.p,
        "p_corrected": corrected.p,
        "p_smallest": corrected.smallest,
        "p_refute": raw.refute,
        "p_refute_corrected": corrected.refute,
        "p_refute_smallest": corrected.refute_smallest,
    }


def _compare(claim: Claim, arm: str, rows: dict[tuple[str, str], list[dict[str, object]]]) -> None:
    """Set the overall verdict of a comparison: whether the compared claims have the same verdicts on these data."""
    overall, *parts = rows[claim.id, arm]
    found, told = [], []
    for other in claim.compared:
        sides = zip(claim.parts_in(arm), parts, strict=True)
        mine = [str(row["verdict"]) for part, row in sides if part.compares == other and part.role == "decides"]
        here, there = conjunction(mine), str(rows[other, arm][0]["verdict"])
        found.append(alike(here, there))
        told.append(f"{other} {here} here, {there} there")
    overall |= {"verdict": conjunction(found), "reason": "; ".join(told)}


def _part_row(
    claim: Claim, register: Register, name: str, tested: Tested, family: Family, values: PValues
) -> dict[str, object]:
    part, result, arm = tested.part, tested.result, register.arms[name]
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
    corrected = family.corrected(claim.id, values)
    found = tested.quantity.values
    low, high = prediction_interval(found) if isinstance(found, pd.Series) else (math.nan, math.nan)
    verdict = (decide if "refutation" in register.rules else decide_as_frozen)(result, corrected, family.level)
    if verdict == TOO_FEW:
        few = _few(result.n, corrected, family.level)
        row["reason"] = "; ".join(text for text in (few, tested.quantity.reason) if text)
    names = ("n", "estimate", "low", "high", "sign_p", "effect_name", "effect", "d_z")
    row |= {name: getattr(result, name) for name in names}
    row |= _p_columns(result.p_values, corrected) | {"verdict": verdict}
    row |= {"predicted_low": low, "predicted_high": high}
    if part.published is not None and part.test != "PROP" and not math.isnan(low):
        inside = low - ROUNDING <= part.published <= high + ROUNDING
        row["compatible"] = "yes" if inside else "no"
    return row


def _few(n: int, corrected: PValues, level: float) -> str:
    if corrected.smallest >= level or n < FEWEST:
        return f"with n = {n} the corrected p cannot be below {corrected.smallest:.2g}"
    return f"with n = {n} the corrected p of a refutation cannot be below {corrected.refute_smallest:.2g}"


def _overall(claim: Claim, arm: Arm, deciding: list[Tested]) -> dict[str, object]:
    row = _row(claim, arm) | {
        "part": OVERALL,
        "role": OVERALL,
        "metric": ", ".join(dict.fromkeys(t.part.metric for t in deciding)),
        "template": ", ".join(dict.fromkeys(f"{t.part.test}({_words(t.part)})" for t in deciding)),
        "n": min((t.result.n for t in deciding if t.result), default=0),
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
    """Return in words which of the deciding parts gave the verdict."""
    which = [row for row in decided if row["verdict"] == verdict]
    if verdict == NOT_RUN:
        return "; ".join(dict.fromkeys(str(row["reason"]) for row in which))
    if len(decided) == 1:
        return str(decided[0]["reason"])
    held = sum(row["verdict"] == SUPPORTED for row in decided)
    reason = f"{held} of {len(decided)} parts supported"
    if absent := sum(row["verdict"] == NOT_RUN for row in decided):
        reason += f", {absent} not run"
    if verdict == SUPPORTED and held == len(decided):
        return reason
    return f"{reason}; {verdict}: " + ", ".join(f"{row['population']} ({row['part']})" for row in which)


def _not_run(claim: Claim, arm: str) -> dict[str, object]:
    row = {name: value for name, value in _row(claim, Arm("", "")).items() if name != "arm"}
    return row | {
        "arm": arm,
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
    numbers = ("estimate", "low", "high", *_p_columns(PValues(), PValues()), "sign_p", "effect", "d_z")
    row: dict[str, object] = dict.fromkeys(words, "") | dict.fromkeys(numbers, math.nan)
    row |= {"n": 0, "published": math.nan, "predicted_low": math.nan, "predicted_high": math.nan}
    return row | {"claim": claim.id, "tier": claim.tier, "arm": arm.name, "statement": claim.statement}


WITHIN, ABOVE = " -/+ ", ", refuted above "
"""Words between the two numbers of a margin: value and tolerance, or the bounds of support and refutation."""


def _words(part: Part) -> str:
    margin = part.margin
    if not isinstance(margin, tuple):
        return "" if part.test == "TREND" else f"{margin:g}"
    if part.test == "ATMOST":
        return ABOVE.join(f"{m:g}" for m in dict.fromkeys(margin))
    return f"{margin[0]:g}" if part.test == "ASSOC" else WITHIN.join(f"{m:g}" for m in margin)
