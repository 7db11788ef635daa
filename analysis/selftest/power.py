"""Power of the signed rank and of two one-sided t-tests by a simulation of its own, without the code under test."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

DRAWS = 50_000
"""Standard error of a rate: .0022 at most."""


@cache
def signed_rank(distance: float, n: int, level: float) -> float:
    """Return the chance that the exact one-sided test is significant (p < level) on normal differences.

    Args:
        distance: mean over standard deviation of the differences.
        n: networks.
        level: of the test.

    >>> abs(signed_rank(0.0, 5, 0.05) - 1 / 32) < 0.005  # without an effect: the one largest of 32 outcomes
    True
    """
    return float((_statistics(distance, n) >= _critical(n, level)).mean())


@cache
def equivalence(margin: float, n: int, level: float) -> float:
    """Return the chance that both one-sided t-tests are significant where the true difference is 0.

    Args:
        margin: over the standard deviation of the differences.
        n: networks.
        level: of either test.
    """
    x = _normal(n)
    error = x.std(axis=1, ddof=1) / np.sqrt(n)
    return float((np.abs(x.mean(axis=1)) + t.ppf(1 - level, n - 1) * error < margin).mean())


@cache
def _statistics(distance: float, n: int) -> NDArray[np.int64]:
    """Sums of the ranks of positive differences, shape (DRAWS,)."""
    d = _normal(n) + distance
    ranks = np.abs(d).argsort(axis=1).argsort(axis=1) + 1
    return np.asarray((ranks * (d > 0)).sum(axis=1))


def _critical(n: int, level: float) -> int:
    """Smallest sum of ranks with p < level; subsets of 1..n are counted by their sum."""
    counts = [1]
    for rank in range(1, n + 1):
        shifted = [0] * rank + counts
        counts = [a + b for a, b in zip(counts + [0] * rank, shifted, strict=True)]
    tail, statistic = 0, len(counts)
    while statistic and (tail + counts[statistic - 1]) / 2**n < level:
        statistic -= 1
        tail += counts[statistic]
    return statistic


@cache
def _normal(n: int) -> NDArray[np.float64]:
    return np.random.default_rng(n).standard_normal((DRAWS, n))
