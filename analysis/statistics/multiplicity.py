"""Holm's correction over a family of claims, and what it leaves attainable."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Return Holm-corrected p-values of a family.

    A claim without a p-value (NaN: not run) stays in the family as p = 1, so that what was not run never makes the
    other claims easier; its own corrected value is NaN.

    >>> {name: round(value, 9) for name, value in holm({"a": 0.01, "b": 0.04, "c": float("nan")}).items()}
    {'a': 0.03, 'b': 0.08, 'c': nan}
    """
    if not p:
        return {}
    raw = np.array(list(p.values()), dtype=float)
    # Written out: statsmodels' `multipletests` collects garbage at every call, some hundred calls an evaluation.
    filled = np.where(np.isnan(raw), 1.0, raw)
    order = np.argsort(filled, kind="stable")
    corrected = np.empty_like(filled)
    corrected[order] = np.minimum(np.maximum.accumulate(filled[order] * np.arange(len(raw), 0, -1)), 1.0)
    return {
        name: float(value) if known else float("nan")
        for name, value, known in zip(p, corrected, ~np.isnan(raw), strict=True)
    }


def corrected_as(claim: str, p: float, family: Mapping[str, float]) -> float:
    """Return the corrected value of `claim` if its p-value were `p` and the rest of the family as given."""
    return holm({**family, claim: p})[claim]


def smallest_holm(claim: str, p_smallest: float, family_smallest: Mapping[str, float]) -> float:
    """Return the smallest corrected p-value that a claim can reach with the networks at hand.

    Holm's corrected values never fall when a p-value of the family rises, so the smallest one is found where every
    claim of the family has its most extreme outcome. Where this is .05 or more, no outcome could have been
    significant: "inconclusive (n)".

    >>> round(smallest_holm("a", 2**-10, {"a": 2**-10, "b": 2**-10}), 6)
    0.001953
    """
    return corrected_as(claim, p_smallest, family_smallest)
