"""Tests of one value a network (ATLEAST, ATMOST, QTY): the median by the sign test (Arbuthnott 1710).

The limits are order statistics: the sign test inverted.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from analysis.statistics import sign, signed_rank
from analysis.statistics.intervals import median_limits
from analysis.statistics.result import ALPHA, Result
from analysis.statistics.rows import Estimate, Opposite, Values, as_array, below, either, ranked, tost

Test = Callable[[Values], float]
"""Returns the one-sided p-value of "the differences tend to be positive"."""


def at_least(values: ArrayLike, v: float, by: Test = sign.p_greater) -> Result:
    """ATLEAST(v): the median of x lies above v, by the sign test; refuted by that of x < v.

    Values at v count against both sides.
    """
    return _against("ATLEAST", as_array(values), v, +1, by)


def at_most(values: ArrayLike, margin: float | tuple[float, float], by: Test = sign.p_greater) -> Result:
    """ATMOST(v): the median of x lies below v, by the sign test; refuted by that of x > v.

    ATMOST(v, w), for a claim with a bound of refutation of its own: refuted by the sign test of x > w, w not below v.

    >>> at_most([0.6] * 5, 0.5).p_refute, at_most([0.6] * 5, (0.5, 0.8)).p_refute
    (0.03125, 1.0)
    """
    return _against("ATMOST", as_array(values), margin, -1, by)


def qty(values: ArrayLike, margin: tuple[float, float]) -> Result:
    """QTY(v, w): the median of x lies between v - w and v + w, by two one-sided sign tests, p the larger.

    Refuted by the sign tests of x > v + w and x < v - w: twice the smaller p.
    """
    x = as_array(values)
    v, w = margin
    inside = max(sign.p_greater(x - v + w), sign.p_greater(v + w - x))
    outside = either(sign.p_greater(x - v - w), sign.p_greater(v - w - x))
    return _quantity(x, margin, inside, outside, max((x - v + w, v + w - x), key=sign.p_greater))


def qty_by_ranks(values: ArrayLike, margin: tuple[float, float]) -> Result:
    """QTY(v, w) as the plan was frozen: EQ(w) around v."""
    x = as_array(values)
    v, w = margin
    outside = either(signed_rank.p_greater(x - v - w), signed_rank.p_greater(v - w - x))
    return _quantity(x, margin, tost(x - v, w), outside, max((x - v + w, v + w - x), key=signed_rank.p_greater))


def _against(template: str, x: Values, margin: float | tuple[float, float], side: int, by: Test) -> Result:
    v, w = margin if isinstance(margin, tuple) else (margin, margin)
    against = by(side * (w - x))
    tested = side * (x - v)
    return ranked(template, margin, x, tested, _median(x), Opposite(against, against < ALPHA), by(tested))


def _quantity(x: Values, margin: tuple[float, float], p: float, against: float, worse: Values) -> Result:
    """Return the row of QTY; `worse`: distances from the end of the range that the values are nearer to."""
    v, w = margin
    estimate = _median(x)
    refuted = below(v + w, estimate.low) or below(estimate.high, v - w)
    return ranked("QTY", margin, x, worse, estimate, Opposite(against, refuted, sides=2), p)


def _median(x: Values) -> Estimate:
    return Estimate(float(np.median(x)), *median_limits(x, ALPHA))
