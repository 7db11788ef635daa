"""The sign test of a median: exact for any distribution, however skewed.

Source: Arbuthnott 1710. Zeros stay in: without them the test compares P(x > 0) with P(x < 0), and would reject a median
of 0 on a grid more often than the level allows.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binom


def p_greater(d: ArrayLike, tolerance: float = 1e-12) -> float:
    """Return the exact one-sided p-value of "the median is positive": P(Binomial(n, 1/2) >= number of positive values).

    Zeros (up to the tolerance) count as not positive. The p-value is at most alpha if and only if the lower limit of
    the median (`median_limits`) lies above 0.

    >>> p_greater([1.0, 2.0, 3.0, 4.0, 5.0]), p_greater([1.0, 2.0, 3.0, 4.0, 0.0])
    (0.03125, 0.1875)
    """
    values = np.asarray(d, dtype=float)
    return at_least(int((values > tolerance).sum()), len(values))


@cache
def at_least(positive: int, n: int) -> float:
    """Return P(Binomial(n, 1/2) >= positive); kept, since there are few such numbers and scipy is slow.

    >>> at_least(5, 5)
    0.03125
    """
    return float(binom.sf(positive - 1, n, 0.5))
