"""Numbers, intervals and tests as the text that people read."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from analysis.statistics import median_limits


def number(value: object, digits: int = 3) -> str:
    """Return a number as text, a dash where there is none.

    >>> number(0.12345), number(float("nan"))
    ('0.123', '–')
    """
    if value is None or (isinstance(value, float) and not np.isfinite(value)) or value is pd.NA:
        return "–"
    return f"{float(value):.{digits}g}"  # type: ignore[arg-type]


def percent(share: float) -> str:
    """Return a share of the start error in per cent.

    >>> percent(0.0349), percent(float("nan"))
    ('3.5 %', '–')
    """
    text = number(100 * share, 2 if share < 0.1 else 3)
    return text if text == "–" else f"{text} %"


def interval(row: pd.Series) -> str:
    """Return the estimate of a verdict with its one-sided limits."""
    if not np.isfinite(row["estimate"]):
        return "–"
    low, high = number(row["low"]), number(row["high"])
    return f"{number(row['estimate'])} [{low}, {high}]"


def test(row: pd.Series) -> str:
    """Return the test of a verdict with its margin, as the register writes it.

    >>> test(pd.Series({"template": "QTY", "margin": "0.2 -/+ 0.1"})), test(pd.Series({"template": "NI", "margin": ""}))
    ('QTY(0.2 -/+ 0.1)', 'NI')
    """
    return f"{row['template']}({row['margin']})" if row["margin"] else str(row["template"])


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
