"""Medians over networks, with their intervals, as text."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from analysis.report.tables import number
from analysis.statistics.intervals import median_limits


def median(values: ArrayLike, digits: int = 2) -> str:
    """Return the median of some networks' values with its exact 95 % interval, which six networks at least have.

    >>> median([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7])
    '0.4 [0.1, 0.7]'
    >>> median([0.1])
    '0.1'
    """
    there = np.asarray(values, dtype=float)
    there = there[np.isfinite(there)]
    if not len(there):
        return number(float("nan"))
    low, high = median_limits(there, 0.025)
    middle = number(float(np.median(there)), digits)
    return middle if np.isnan(low) else f"{middle} [{number(low, digits)}, {number(high, digits)}]"


def share(there: ArrayLike, digits: int = 2) -> str:
    """Return how many of some are, as a share with its 95 % interval (Wilson 1927).

    >>> share([True, True, True, False])
    '0.75 [0.3, 0.95]'
    """
    are = np.asarray(there, dtype=bool)
    if not len(are):
        return number(float("nan"))
    low, high = binomtest(int(are.sum()), len(are)).proportion_ci(method="wilson")
    return f"{number(float(are.mean()), digits)} [{number(low, digits)}, {number(high, digits)}]"
