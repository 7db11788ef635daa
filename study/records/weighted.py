"""Statistics of a sample whose members stand for unequal numbers of others: one over the inclusion probability each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
NULL = float("nan")


def mid_ranks(values: Array, weights: Array) -> Array:
    """Return how much weight lies below each value, and half of that which lies at it, shape (n,).

    >>> mid_ranks(np.array([5.0, 1.0, 5.0]), np.array([1.0, 4.0, 1.0])).tolist()
    [5.0, 2.0, 5.0]
    """
    _, place = np.unique(values, return_inverse=True)
    at = np.bincount(place, weights)
    return np.asarray((np.cumsum(at) - at / 2)[place])


def spearman(a: Array, b: Array, weights: Array) -> float:
    """Return Spearman's rank correlation of weighted data: Pearson's, weighted, of weighted mid-ranks.

    It is the usual one of data in which every pair stands as often as its weight says.

    Args:
        a, b: shape (n,).
        weights: above 0, shape (n,).

    Returns:
        From -1 to 1; NaN where it is not defined: fewer than three pairs, equal values alone, or values not finite.

    >>> spearman(np.array([1.0, 2.0, 3.0]), np.array([1.0, 4.0, 9.0]), np.array([1.0, 2.0, 0.5]))
    1.0
    """
    if len(a) < 3 or not np.isfinite(a).all() or not np.isfinite(b).all() or np.ptp(a) == 0 or np.ptp(b) == 0:
        return NULL
    x, y = mid_ranks(a, weights), mid_ranks(b, weights)
    x, y = x - np.average(x, weights=weights), y - np.average(y, weights=weights)
    found = np.sum(weights * x * y) / np.sqrt(np.sum(weights * x * x) * np.sum(weights * y * y))
    return float(np.clip(found, -1, 1))


def mean_of_smallest(values: Array, by: Array, weights: Array, mass: float) -> float:
    """Return the weighted mean of the values where `by` is smallest, up to a mass of weight; the last counts in part.

    Args:
        values, by: shape (n,); of equal `by` the earlier comes first.
        weights: above 0, shape (n,).
        mass: how much weight is taken; NaN is returned where it is 0.

    >>> mean_of_smallest(np.array([1.0, 2.0, 4.0]), np.array([3.0, 1.0, 2.0]), np.ones(3), 1.5)
    2.6666666666666665
    """
    if not mass > 0 or np.isnan(by).any():
        return NULL
    order = np.argsort(by, kind="stable")
    w = weights[order]
    taken = np.clip(mass - (np.cumsum(w) - w), 0, w)
    return float(np.sum(taken * values[order]) / np.sum(taken))
