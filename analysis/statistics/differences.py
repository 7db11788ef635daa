"""Tests of paired differences (SUP, NI, EQ) by Wilcoxon's signed rank; positive differences favour the claim.

Estimate and limits are those of the pseudomedian (Hodges and Lehmann 1963). Test: Wilcoxon 1945, zeros by Pratt 1959;
two one-sided tests: Schuirmann 1987.
"""

from __future__ import annotations

from dataclasses import replace

from numpy.typing import ArrayLike

from analysis.statistics import signed_rank
from analysis.statistics.result import ALPHA, Result
from analysis.statistics.rows import Estimate, Opposite, Values, as_array, below, either, ranked, t_p, tost


def sup(values: ArrayLike, delta: float) -> Result:
    """SUP(delta): the paired differences are positive, by at least delta.

    Test: exact signed rank (Pratt) of d > 0. Large enough: Hodges-Lehmann estimate >= delta. Refuted by the signed rank
    of d < delta: the upper limit lies below delta.

    >>> sup([0.1, 0.2, 0.3, 0.4, 0.5], 0.02).p
    0.03125
    """
    d = as_array(values)
    estimate = _estimate(d)
    opposite = Opposite(signed_rank.p_greater(delta - d), below(estimate.high, delta))
    found = ranked("SUP", delta, d, d, estimate, opposite)
    return replace(found, large_enough=not below(estimate.value, delta))


def ni(values: ArrayLike, delta: float) -> Result:
    """NI(delta), not inferior: d > -delta, one side of EQ. Refuted by the signed rank of d < -delta."""
    d = as_array(values)
    estimate = _estimate(d)
    p = max(signed_rank.p_greater(d + delta), t_p(d, -delta, "greater"))
    opposite = Opposite(signed_rank.p_greater(-delta - d), below(estimate.high, -delta))
    return ranked("NI", delta, d, d + delta, estimate, opposite, p)


def eq(values: ArrayLike, delta: float) -> Result:
    """EQ(delta), equivalent: -delta < d < delta by two one-sided tests, p the larger.

    Each side is tested by t (`ttost_paired`) and confirmed by the signed rank: the larger p counts. Refuted by the
    signed ranks of d > delta and d < -delta: twice the smaller p.
    """
    d = as_array(values)
    estimate = _estimate(d)
    refuted = below(delta, estimate.low) or below(estimate.high, -delta)
    against = either(signed_rank.p_greater(d - delta), signed_rank.p_greater(-delta - d))
    worse = max((d + delta, delta - d), key=signed_rank.p_greater)
    return ranked("EQ", delta, d, worse, estimate, Opposite(against, refuted, sides=2), tost(d, delta))


def _estimate(d: Values) -> Estimate:
    return Estimate(signed_rank.hodges_lehmann(d), *signed_rank.limits(d, ALPHA))
