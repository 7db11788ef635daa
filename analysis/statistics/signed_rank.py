"""Wilcoxon's signed-rank test with Pratt's treatment of zeros, exact also with ties and zeros.

`scipy.stats.wilcoxon(method="exact")` uses the null distribution without ties, but metrics on a grid (shares of units)
have many. Here the null distribution is the permutation distribution of the observed ranks: every non-zero difference
has either sign with probability one half. Without ties and zeros both agree.

Source: Wilcoxon 1945; zeros: Pratt, JASA 54 (1959) 655; estimate and limits: Hodges & Lehmann 1963.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray


def doubled_ranks(d: ArrayLike, tolerance: float = 1e-12) -> NDArray[np.int64]:
    """Return twice the signed mid-ranks of |d|, shape (n,): zeros are ranked, then carry no sign (Pratt).

    >>> doubled_ranks([0.0, -1.0, 1.0]).tolist()
    [0, -5, 5]
    """
    values = np.asarray(d, dtype=float)
    values = np.where(np.abs(values) <= tolerance, 0.0, values)
    # Differences of values on a grid are equal only up to rounding: differences equal to 12 decimals are tied.
    sizes = np.round(np.abs(values), 12)
    ordered = np.sort(sizes)
    # Twice the mid-rank: the number of smaller sizes, plus the number of sizes that are not larger, plus one.
    ranks = ordered.searchsorted(sizes, "left") + ordered.searchsorted(sizes, "right") + 1
    return ranks * np.sign(values).astype(np.int64)


def null_distribution(doubled: ArrayLike) -> NDArray[np.float64]:
    """Return P(T = t / 2) for t = 0, 1, ...; T is the sum of the ranks with a positive sign.

    >>> null_distribution([2, 4]).tolist()
    [0.25, 0.0, 0.25, 0.0, 0.25, 0.0, 0.25]
    """
    return _distribution(tuple(np.sort(np.abs(np.asarray(doubled, dtype=np.int64))).tolist()))


@lru_cache(maxsize=64)
def _distribution(doubled: tuple[int, ...]) -> NDArray[np.float64]:
    """Return the same for sorted ranks without signs, as an array that cannot be written to: it is kept."""
    probabilities = np.ones(1)
    for rank in doubled:
        if rank:
            longer = np.zeros(len(probabilities) + rank)
            longer[: len(probabilities)] += 0.5 * probabilities
            longer[rank:] += 0.5 * probabilities
            probabilities = longer
    probabilities.flags.writeable = False
    return probabilities


def p_greater(d: ArrayLike) -> float:
    """Return the exact one-sided p-value of "the differences tend to be positive".

    >>> p_greater([1.0, 2.0, 3.0, 4.0, 5.0])
    0.03125
    """
    ranks = doubled_ranks(d)
    statistic = int(ranks[ranks > 0].sum())
    return float(min(1.0, null_distribution(ranks)[statistic:].sum()))


def rank_biserial(d: ArrayLike) -> float:
    """Return the matched-pairs rank-biserial correlation, in [-1, 1]; 0 where every difference is zero.

    >>> rank_biserial([1.0, 2.0, -3.0])
    0.0
    """
    ranks = doubled_ranks(d)
    total = int(np.abs(ranks).sum())
    return float(ranks.sum() / total) if total else 0.0


def hodges_lehmann(d: ArrayLike) -> float:
    """Return the median of all Walsh averages (d_i + d_j) / 2, i <= j.

    >>> hodges_lehmann([0.0, 1.0, 5.0])
    1.75
    """
    return float(np.median(_walsh(d)))


def limits(d: ArrayLike, alpha: float) -> tuple[float, float]:
    """Return the one-sided lower and upper 1 - alpha limits that belong to the Hodges-Lehmann estimate.

    They invert the signed-rank test without ties, and are conservative with ties. NaN if n is too small.

    >>> limits([1.0, 2.0, 3.0, 4.0, 5.0], alpha=0.05)
    (1.0, 5.0)
    >>> limits([1.0, 2.0], alpha=0.05)
    (nan, nan)
    """
    walsh = np.sort(_walsh(d))
    n = len(np.asarray(d))
    cumulative = np.cumsum(null_distribution(2 * np.arange(1, n + 1))[::2])
    beyond = int(np.searchsorted(cumulative, alpha, side="right"))  # values of T with P(T' <= T) <= alpha
    if beyond == 0:
        return (float("nan"), float("nan"))
    return (float(walsh[beyond - 1]), float(walsh[-beyond]))


def _walsh(d: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(d, dtype=float)
    i, j = np.triu_indices(len(values))
    return (values[i] + values[j]) / 2
