"""How often each template supports and refutes, over many draws of networks whose truth is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

from analysis.claims import load
from analysis.selftest import nominal
from analysis.selftest.designs import Design, designs, plan
from analysis.selftest.nominal import AT_MOST, Nominal
from analysis.selftest.together import together
from analysis.statistics import ALPHA, REFUTED, SUPPORTED, PValues, Result, decide, evaluate, holm, smallest_corrected

CONFIDENCE = 0.999
"""Of every interval of a rate: of some 400 comparisons with nominal values none is to fail by chance."""

COLUMNS = [
    *("template", "margin", "effect", "truth", "spread", "n", "family", "repetitions"),
    *("supported", "supported_low", "supported_high", "nominal", "nominal_binds"),
    *("refuted", "refuted_low", "refuted_high", "refuted_nominal", "refuted_binds", "ok"),
    *("quoted", "quoted_ok"),
]
"""`family`: claims that Holm corrects over, this one being the first step; `truth`: the true value drawn about;
`nominal`, `refuted_nominal`: of the rates, null where none is known, and whether they bind "at most" or "about";
`ok`: false where the interval of a rate excludes its nominal value; `quoted`: the power that the study's design quotes,
null where it does not, and whether the interval of "supported" allows for it."""


def rates(repetitions: int = 1000, seed: int = 0, told: Callable[[int, int], None] | None = None) -> pd.DataFrame:
    """Return the rates of "supported" and "refuted": one row a template, true effect, n and family (`COLUMNS`).

    The family is the claim alone, or the register's tier A with this claim at the first step of Holm's correction.
    Rows of "none, skewed right" and the like: draws at the boundary that are not normal. The last rows of each size ask
    how often families and claims of many parts have one wrong decision (`together`).

    Args:
        repetitions: draws of n networks for every template, effect and n.
        seed: of the draws.
        told: called after every true effect with how many are drawn, and of how many.
    """
    tier = len(load().tier("A"))
    rows = []
    done, total = 0, len(plan()["sizes"]) * sum(len(design.truths) for design in designs())
    for j, n in enumerate(plan()["sizes"]):
        at_margin, at_edge = [], []
        for i, design in enumerate(designs()):
            for k, effect in enumerate(design.truths):
                values = design.draw(effect, n, repetitions, np.random.default_rng([seed, i, j, k]))
                results = judge(design, values)
                rows += [_row(design, effect, n, family, results) for family in (1, tier)]
                at_margin += results if effect == "none" else []
                at_edge += results if effect == design.edge else []
                done += 1
                if told is not None:
                    told(done, total)
            drawn = design.awkward(n, repetitions, np.random.default_rng([seed, i, j, len(design.truths)]))
            for name, values in drawn.items():
                results = judge(design, values)
                rows += [_awkward(design, name, n, family, results) for family in (1, tier)]
        shared = np.random.default_rng([seed, j])
        for supported, refuted, level, words in together(at_margin, at_edge, n, tier, shared):
            rows.append(counted(supported, refuted, level, level) | words)
    return pd.DataFrame(rows, columns=COLUMNS)


def judge(design: Design, values: NDArray[np.float64]) -> list[Result]:
    """Return the template's row for every repetition.

    Zeros and ones are evaluated once for each number of ones, which is all that the template sees of them.
    """
    if design.kind == "chance":
        known = {row.sum(): row for row in values}
        results = {ones: evaluate(design.template, row, design.margin) for ones, row in known.items()}
        return [results[row.sum()] for row in values]
    return [evaluate(design.template, row, design.margin) for row in values]


def verdict(result: Result, family: int) -> str:
    """Return the decision on a claim that leads its family: the others have p = 1."""
    p, refute = (_first(value, family) for value in (result.p, result.p_refute))
    smallest = (_reached(value, family) for value in (result.p_smallest, result.p_refute_smallest))
    return decide(result, PValues(p, next(smallest), refute, next(smallest)))


@cache
def _first(p: float, family: int) -> float:
    """Corrected p-value of a claim that leads its family. Ranks and counts give the same few p-values over and over."""
    return holm({"claim": p} | {f"other {i}": 1.0 for i in range(family - 1)})["claim"]


@cache
def _reached(p_smallest: float, family: int) -> float:
    """Smallest corrected p-value where every claim of the family can reach the same."""
    return smallest_corrected("0", p_smallest, {str(i): p_smallest for i in range(family)})


def _row(design: Design, effect: str, n: int, family: int, results: list[Result]) -> dict[str, object]:
    verdicts = [verdict(result, family) for result in results]
    rates_ = counted(
        [v == SUPPORTED for v in verdicts],
        [v == REFUTED for v in verdicts],
        nominal.supported(design, effect, n, family),
        nominal.refuted(design, effect, n, family),
    )
    quoted = nominal.quoted(design, effect, n, family)
    return rates_ | {
        "template": design.template,
        "margin": str(design.margin),
        "effect": effect,
        "truth": design.truths[effect],
        "spread": design.spread,
        "n": n,
        "family": family,
        "quoted": quoted.value,
        "quoted_ok": not quoted.excluded(rates_["supported_low"], rates_["supported_high"]),
    }


def _awkward(design: Design, name: str, n: int, family: int, results: list[Result]) -> dict[str, object]:
    """Row of draws at the boundary that are not normal: what is tested of medians holds whatever the distribution."""
    level = Nominal(ALPHA / family, AT_MOST) if design.kind == "share" else Nominal()
    verdicts = [verdict(result, family) for result in results]
    words = {"template": design.template, "margin": str(design.margin), "effect": f"none, {name}", "n": n}
    words |= {"truth": design.truths["none"], "spread": design.spread, "family": family, "quoted_ok": True}
    return counted([v == SUPPORTED for v in verdicts], [v == REFUTED for v in verdicts], level, level) | words


def counted(supported: list[bool], refuted: list[bool], wanted: Nominal, unwanted: Nominal) -> dict[str, Any]:
    """Return rates with their intervals and nominal values."""
    n = len(supported)
    low, high = proportion_confint(sum(supported), n, alpha=1 - CONFIDENCE, method="beta")
    refuted_low, refuted_high = proportion_confint(sum(refuted), n, alpha=1 - CONFIDENCE, method="beta")
    return {
        "repetitions": n,
        "supported": sum(supported) / n,
        "supported_low": low,
        "supported_high": high,
        "nominal": wanted.value,
        "nominal_binds": wanted.binds,
        "refuted": sum(refuted) / n,
        "refuted_low": refuted_low,
        "refuted_high": refuted_high,
        "refuted_nominal": unwanted.value,
        "refuted_binds": unwanted.binds,
        "ok": not (wanted.excluded(low, high) or unwanted.excluded(refuted_low, refuted_high)),
    }
