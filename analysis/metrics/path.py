"""Metrics of one trajectory: functions of the error or accuracy at k = 0, 1, ..., K removed units.

Symbols: q = k / K, E0 = E(0), E_all = E(K), the network of which only the output layer's biases are left.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.metrics.units import gini
from study.records.kept import steps_kept

Array = NDArray[np.float64]

SUBOPTIMAL = 1.5
"""If E_all < 1.5 E0, the range E_all - E0 is no scale: M1 is undefined, and M1b replaces it."""

FAULT = 0.10
"""A removal is a fault when the error rises by more than this share of E_all - E0."""

BREAKDOWN_WINDOW = 0.10
"""Share of the units over which the slope after R is taken (`breakdown`)."""


def auc_error(error: ArrayLike, clipped: bool = True) -> float:
    """M1: integral over q of (E(q) - E0) / (E_all - E0), by trapezoids; lower is better.

    The integrand is clipped to [-1, 1] by default, since E_all is no upper bound of the path. NaN if E_all < 1.5 E0.

    >>> auc_error([0.0, 0.5, 1.0])
    0.5
    """
    share = _of_range(error)
    return _integral(np.clip(share, -1, 1) if clipped else share)


def auc_ratio(error: ArrayLike) -> float:
    """M1b: integral over q of E / E0 - 1; negative if the error falls below its start.

    >>> auc_ratio([2.0, 2.0, 2.0]), auc_ratio([2.0, 4.0])
    (0.0, 0.5)
    """
    e = _array(error)
    return _integral(e / e[0] - 1) if e[0] > 0 else math.nan


def removable(kept: ArrayLike, exists: bool = False) -> float:
    """M2: the largest q up to which every step kept the condition; `exists`: the largest q at which one did (M2x).

    >>> removable([True, True, False, True, False]), removable([True, True, False, True, False], exists=True)
    (0.25, 0.75)
    """
    ok = np.asarray(kept, dtype=bool)
    if exists:
        return float(np.flatnonzero(ok)[-1] / (len(ok) - 1))
    return float(steps_kept(ok) / (len(ok) - 1))


def recovery(error: ArrayLike) -> float:
    """M4: sum of the falls of E along the path over (max E - E0); NaN if E never exceeds its start.

    >>> recovery([0.0, 2.0, 1.0, 4.0])
    0.25
    """
    e = _array(error)
    rise = e.max() - e[0]
    return float(np.maximum(e[:-1] - e[1:], 0).sum() / rise) if rise > 0 else math.nan


def recoveries(error: ArrayLike) -> int:
    """M4n: rises of >= 10 % of the range (max E - min E) above the running minimum, then back within 5 % of it.

    >>> recoveries([0.0, 1.0, 0.0, 0.5, 0.04, 1.0])
    2
    """
    e = _array(error)
    span = e.max() - e.min()
    lowest, up, count = e[0], False, 0
    for value in e:
        lowest = min(lowest, value)
        if span > 0 and not up and value >= lowest + 0.10 * span:
            up = True
        elif up and value <= lowest + 0.05 * span:
            up, count = False, count + 1
    return count


def gain(error: ArrayLike, within: int | None = None) -> tuple[float, int]:
    """M6: (E0 - min E) / E0 and the first k of the minimum, over the first `within` removals or all.

    >>> gain([4.0, 3.0, 1.0, 9.0]), gain([4.0, 3.0, 1.0, 9.0], within=1)
    ((0.75, 2), (0.25, 1))
    """
    e = _array(error)[: None if within is None else within + 1]
    k = int(np.argmin(e))
    return (float((e[0] - e[k]) / e[0]) if e[0] > 0 else math.nan, k)


def gain_at(error: ArrayLike, k: int) -> float:
    """M6b: (E0 - E(k)) / E0; NaN beyond the last removal."""
    e = _array(error)
    return float((e[0] - e[k]) / e[0]) if k < len(e) and e[0] > 0 else math.nan


def back_at_start(error: ArrayLike) -> float:
    """M8: the largest q with E <= E0.

    >>> back_at_start([2.0, 3.0, 1.0, 2.0, 5.0])
    0.75
    """
    e = _array(error)
    return removable(e <= e[0], exists=True)


def breakdown(accuracy: ArrayLike, kept: float) -> float:
    """Slope of the accuracy's fall just after q = `kept`, less three times its mean slope up to there (claim C32).

    Fall per share of units; the slope after is taken over the next tenth of the units. Zero or more says that the
    slope after is at least three times the slope before; unlike their ratio it is defined if nothing fell before. NaN
    if no unit is left to remove.
    """
    a = _array(accuracy)
    units = len(a) - 1
    k = round(kept * units)
    end = min(units, k + max(1, round(BREAKDOWN_WINDOW * units)))
    if end == k:
        return math.nan
    before = (a[0] - a[k]) * units / k if k else 0.0
    return float((a[k] - a[end]) * units / (end - k) - 3 * before)


def mean_share(error: ArrayLike, first: float, last: float) -> float:
    """Mean over q in [first, last] of the clipped (E(q) - E0) / (E_all - E0); NaN as M1.

    >>> mean_share([0.0, 1.0, 1.0, 2.0], 0.0, 1 / 3), mean_share([0.0, 1.0, 1.0, 2.0], 1 / 3, 1.0)
    (0.25, 0.625)
    """
    share = np.clip(_of_range(error), -1, 1)
    units = len(share) - 1
    share = share[round(first * units) : round(last * units) + 1]
    return _integral(share) if len(share) > 1 else math.nan


def gini_of_rises(error: ArrayLike) -> float:
    """Gini coefficient of the error's rises along the path, with falls as 0: an even rise gives 0.

    >>> gini_of_rises([0.0, 1.0, 2.0, 3.0]), gini_of_rises([0.0, 0.0, 0.0, 0.0, 4.0])
    (0.0, 0.75)
    """
    return gini(np.diff(_array(error)))


def lost(error: ArrayLike) -> float:
    """Return 1 if E never returns to 2 E0 or less after the first fault, else 0; NaN without a fault.

    The last removal is no fault: no removal follows in which E could return.

    >>> lost([0.1, 0.5, 0.15, 1.0]), lost([0.1, 0.5, 0.6, 1.0])
    (0.0, 1.0)
    """
    e = _array(error)
    span = e[-1] - e[0]
    faults = np.flatnonzero(np.diff(e[:-1]) > FAULT * span) if span > 0 else np.zeros(0)
    return float(e[faults[0] + 1 :].min() > 2 * e[0]) if len(faults) else math.nan


def _of_range(error: ArrayLike) -> Array:
    """(E(q) - E0) / (E_all - E0); all NaN if E_all < 1.5 E0, since the range is then no scale."""
    e = _array(error)
    if not e[-1] >= SUBOPTIMAL * e[0] or e[-1] <= e[0]:
        return np.full(len(e), math.nan)
    return np.asarray((e - e[0]) / (e[-1] - e[0]))


def _array(values: ArrayLike) -> Array:
    return np.asarray(values, dtype=float)


def _integral(values: Array) -> float:
    return float(np.trapezoid(values, dx=1 / (len(values) - 1)))
