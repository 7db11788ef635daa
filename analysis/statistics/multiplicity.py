"""Corrections over a family of claims: Holm's, the false discovery rate, and the smallest attainable p-values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import false_discovery_control

Correction = Callable[[Mapping[str, float]], dict[str, float]]
"""Returns the corrected p-values of a family."""


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """Return Holm-corrected p-values of a family.

    A claim without a p-value (NaN: not run) stays in the family as p = 1: it never makes the other claims easier. Its
    own corrected value is NaN.

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


def false_discoveries(p: Mapping[str, float]) -> dict[str, float]:
    """Return the p-values of a family after Benjamini and Hochberg (1995); NaN (not run) as in `holm`.

    >>> {name: round(value, 9) for name, value in false_discoveries({"a": 0.01, "b": 0.04}).items()}
    {'a': 0.02, 'b': 0.04}
    """
    if not p:
        return {}
    raw = np.array(list(p.values()), dtype=float)
    corrected = false_discovery_control(np.where(np.isnan(raw), 1.0, raw))
    return dict(zip(p, np.where(np.isnan(raw), np.nan, corrected).tolist(), strict=True))


def corrected_as(claim: str, p: float, family: Mapping[str, float], correct: Correction = holm) -> float:
    """Return the corrected value of `claim` if its p-value were `p` and the rest of the family as given."""
    return correct({**family, claim: p})[claim]


def smallest_corrected(
    claim: str, p_smallest: float, family_smallest: Mapping[str, float], correct: Correction = holm
) -> float:
    """Return the smallest corrected p-value that a claim can reach with the networks at hand.

    Corrected values never fall when a p-value of the family rises. The smallest one therefore belongs to the most
    extreme outcome of every claim of the family. If it is .05 or more, no outcome can be significant: "inconclusive
    (n)".

    >>> round(smallest_corrected("a", 2**-10, {"a": 2**-10, "b": 2**-10}), 6)
    0.001953
    """
    return corrected_as(claim, p_smallest, family_smallest, correct)
