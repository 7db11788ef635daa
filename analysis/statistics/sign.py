"""The sign test of a median: exact for any distribution, however skewed.

Source: Arbuthnott 1710. Zeros are not left out: without them the test is of P(x > 0) against P(x < 0), and on a grid a
median that is 0 would be rejected more often than the level allows.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom


def p_greater(d: ArrayLike, tolerance: float = 1e-12) -> float:
    """Return the exact one-sided p-value of "the median is positive": P(Binomial(n, 1/2) >= number of positive values).

    Zeros (up to the tolerance) count as not positive. The p-value is alpha at most just where the order-statistic lower
    limit of the median (`median_limits`) lies above 0.

    >>> p_greater([1.0, 2.0, 3.0, 4.0, 5.0]), p_greater([1.0, 2.0, 3.0, 4.0, 0.0])
    (0.03125, 0.1875)
    """
    values = np.asarray(d, dtype=float)
    return at_least(int((values > tolerance).sum()), len(values))


@cache
def at_least(positive: int, n: int) -> float:
    """Return P(Binomial(n, 1/2) >= positive). There are few such numbers, and scipy takes long for each.

    >>> at_least(5, 5)
    0.03125
    """
    return float(binom.sf(positive - 1, n, 0.5))
