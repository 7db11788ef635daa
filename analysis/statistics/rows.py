"""Shared by the tests: the row of a result, and p-values at and beyond a margin."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr
from statsmodels.stats.weightstats import ttost_paired

from analysis.statistics import sign, signed_rank
from analysis.statistics.result import Result

Values = NDArray[np.float64]

ROUNDING = 1e-12
"""Limits and estimates this close to a margin are at it: differences of shares are exact only up to rounding."""


def below(a: float, b: float) -> bool:
    """Return whether a lies below b by more than rounding; false if either is NaN."""
    return bool(a < b - ROUNDING)


def as_array(values: ArrayLike) -> Values:
    """Return one value a network, shape (networks,). Raises ValueError for no value and for one that is not finite."""
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or len(x) == 0 or not np.isfinite(x).all():
        raise ValueError(f"a template needs finite values of shape (networks,), at least one; got {x!r}")
    return x


def either(p: float, q: float) -> float:
    """Return the p-value of "one of two": twice the smaller, which holds the level for any distance between them."""
    return min(1.0, 2 * min(p, q))


class Estimate(NamedTuple):
    """An estimate with its one-sided 95 % limits, which are NaN if n is too small."""

    value: float
    low: float
    high: float


class Opposite(NamedTuple):
    """The test of the claim's opposite: p-value, whether the frozen plan's rule holds, and number of sides."""

    p: float
    refuted: bool
    sides: int = 1


def ranked(
    template: str,
    margin: float | tuple[float, float],
    x: Values,
    tested: Values,
    estimate: Estimate,
    opposite: Opposite,
    p: float | None = None,
) -> Result:
    """Return the row of a template whose effect is that of the signed rank.

    Args:
        template, margin: as registered.
        x: one value a network.
        tested: distances from the margin; positive ones favour the claim.
        estimate: of x.
        opposite: of the claim.
        p: of the claim; None for the signed rank of `tested`.
    """
    return Result(
        template=template,
        margin=margin,
        n=len(x),
        estimate=estimate.value,
        low=estimate.low,
        high=estimate.high,
        p=signed_rank.p_greater(tested) if p is None else p,
        p_smallest=0.5 ** len(x),
        p_refute=opposite.p,
        p_refute_smallest=min(1.0, opposite.sides * 0.5 ** len(x)),
        effect_name="rank-biserial",
        effect=signed_rank.rank_biserial(tested),
        d_z=d_z(tested),
        sign_p=sign.p_greater(tested),
        refuted=bool(opposite.refuted),
    )


def d_z(d: Values) -> float:
    """Return the mean over the standard deviation; NaN without spread."""
    spread = d.std(ddof=1) if len(d) > 1 else 0.0
    return float(d.mean() / spread) if spread > 1e-12 else math.nan


def t_p(d: Values, value: float, alternative: str) -> float:
    """Return the one-sided p-value of the t-test; without spread, or for one value, its limit (0 or 1).

    It equals scipy's `ttest_1samp` to the last bit, without the checks that take most of its time.
    """
    if len(d) < 2 or d.std(ddof=1) <= 1e-12:
        return float(not (d.mean() > value if alternative == "greater" else d.mean() < value))
    n, mean = len(d), d.mean()
    variance = ((d - mean) ** 2).mean() * (n / (n - 1))
    t = (mean - value) / np.sqrt(variance / n)
    return float(stdtr(n - 1, -t if alternative == "greater" else t))


def tost(d: Values, delta: float) -> float:
    """Return the p-value of -delta < d < delta: the largest of two signed-rank and two t-tests."""
    by_ranks = max(signed_rank.p_greater(d + delta), signed_rank.p_greater(delta - d))
    if len(d) < 2 or d.std(ddof=1) <= 1e-12:
        return by_ranks
    return max(by_ranks, float(ttost_paired(d, np.zeros_like(d), -delta, delta)[0]))
