"""Exact limits of a median, and the prediction interval of one more network."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom, t


def median_limits(values: ArrayLike, alpha: float) -> tuple[float, float]:
    """Return one-sided lower and upper 1 - alpha limits of the median: two of the values themselves.

    The lower limit is the r-th smallest value with the largest r such that P(Binomial(n, 1/2) <= r - 1) <= alpha.
    They are exact for continuous values, conservative for values on a grid, and NaN if n is too small.

    >>> median_limits([5, 1, 4, 2, 3], alpha=0.05)
    (1.0, 5.0)
    >>> median_limits([1, 2], alpha=0.05)
    (nan, nan)
    """
    ordered = np.sort(np.asarray(values, dtype=float))
    n = len(ordered)
    r = _place(n, alpha)
    if r == 0:
        return (math.nan, math.nan)
    return (float(ordered[r - 1]), float(ordered[n - r]))


@cache
def _place(n: int, alpha: float) -> int:
    """Return the largest r with P(Binomial(n, 1/2) <= r - 1) <= alpha."""
    return int(np.searchsorted(binom.cdf(np.arange(n), n, 0.5), alpha, side="right"))


def prediction_interval(values: ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Return the two-sided interval for one further network: mean -/+ t sd sqrt(1 + 1/n).

    A published curve is one network: it is compared with this interval, not with a confidence interval. The interval
    is of normal theory, since a range of order statistics would need 39 networks for 95 %. NaN below two values.

    >>> low, high = prediction_interval([0.0, 1.0, 2.0])
    >>> round(low, 3), round(high, 3)
    (-3.968, 5.968)
    """
    x = np.asarray(values, dtype=float)
    n = len(x)
    if n < 2:
        return (math.nan, math.nan)
    reach = t.ppf(0.5 + level / 2, n - 1) * x.std(ddof=1) * math.sqrt(1 + 1 / n)
    return (float(x.mean() - reach), float(x.mean() + reach))
