"""Estimated against true impact: how well a method's view of the remaining units agrees with the oracle (metric M3).

Rank correlation over all units flatters (a score without any derivative reaches .9 on an easy network); the cheap end
(`spearman_25`, `overlap_25`) and the regret of the choice say whether the right units go.

Units that do the same, dead ones above all, have one impact and many roundings of it. Values that `pruning.choose`
takes for one are one here, too: tied in every rank, and 0 where they are 0 within that tolerance.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
NULL = float("nan")
TIE = 1e-12
"""True impacts tie within this share of max(E(0), E(1)), as the oracle's scores do; see `methods.Method`."""


def agreement(
    score: Array, estimate: Array | None, impact: Array, error: float | None = None, tie: float = TIE
) -> dict[str, float]:
    """Compare a method's scores and estimates with true impacts.

    Correlations are those of the signed estimate where there is one, else of the score.

    Args:
        score: smallest goes first, shape (n,).
        estimate: signed predictions of the impact, shape (n,), or None.
        impact: true impacts, shape (n,).
        error: E(1), of which estimates and impacts are changes; where it is not known the largest impact stands for it,
            than which E(0) or E(1) is no smaller.
        tie: the method's tolerance, of its scores and estimates.

    Returns:
        The columns `units` to `scale` of `records.AGREEMENT`; NaN where a number is not defined (constant values,
        fewer than three units, no estimate, or no more units than the overlap counts).

    >>> perfect = agreement(np.arange(30.0), np.arange(30.0), np.arange(30.0))
    >>> perfect["spearman"], perfect["overlap_25"], perfect["regret"], perfect["sign"]
    (1.0, 1.0, 0.0, 1.0)
    """
    error = float(np.abs(impact[np.isfinite(impact)]).max(initial=0.0)) if error is None else error
    impact = tied(impact, TIE, error)
    estimate = None if estimate is None else tied(estimate, tie, error)
    score = tied(score, tie, None if estimate is None else error)
    values = score if estimate is None else estimate
    cheapest = np.argsort(impact, kind="stable")[:25]
    nonzero = impact != 0
    return {
        "units": len(impact),
        "ties": len(impact) - int(np.sum(np.unique(impact, return_counts=True)[1] == 1)),
        "spearman": spearman(values, impact),
        "kendall": kendall(values, impact),
        "spearman_25": spearman(values[cheapest], impact[cheapest]),
        "overlap_10": overlap(score, impact, 10),
        "overlap_25": overlap(score, impact, 25),
        "regret": float(impact[np.argmin(score)] - impact.min()),
        "sign": NULL if estimate is None else float(np.mean(np.sign(estimate) == np.sign(impact))),
        "scale": NULL
        if estimate is None or not nonzero.any()
        else float(np.median(estimate[nonzero] / impact[nonzero])),
    }


def tied(values: Array, tie: float, error: float | None) -> Array:
    """Return values of which those that tie are equal: to the smallest of them, or to 0.

    From the smallest on, values tie with one that is no more than `tie` max(E(0), E(1)) below them.

    Args:
        values: scores, estimates or impacts, shape (n,).
        tie: the tolerance; 0 leaves them as they are.
        error: E(1), where they are in its units; None: they tie within `tie` of the largest magnitude, and none is 0.

    >>> tied(np.array([3e-15, 2.0, 0.0, 2.0 + 1e-13]), 1e-12, error=1.0).tolist()
    [0.0, 2.0, 0.0, 2.0]
    """
    order = np.argsort(values, kind="stable")
    x = values[order]
    if error is None:
        width = np.full(len(x), tie * np.abs(x[np.isfinite(x)]).max(initial=0.0))
    else:
        width = tie * np.maximum(abs(error), np.abs(error + np.where(np.isfinite(x), x, 0.0)))
        x = np.where(np.abs(x) <= tie * abs(error), 0.0, x)
    first = last = -1
    for i in (np.flatnonzero(x[1:] <= x[:-1] + width[:-1]) + 1).tolist():
        first = first if last == i - 1 else i - 1
        if x[i] <= x[first] + width[first]:
            x[i] = x[first]
        else:
            first = i
        last = i
    found = np.empty_like(x)
    found[order] = x
    return found


def spearman(a: Array, b: Array) -> float:
    """Return Spearman's rank correlation with average ranks for ties; NaN where it is not defined."""
    if not _ranked(a, b):
        return NULL
    from scipy import stats  # here and below: half a second, for which only a table of agreement waits

    return float(np.corrcoef(stats.rankdata(a), stats.rankdata(b))[0, 1])


def kendall(a: Array, b: Array) -> float:
    """Return Kendall's tau-b; NaN where it is not defined."""
    if not _ranked(a, b):
        return NULL
    from scipy import stats

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # ties make its p-value, which nobody reads here, approximate
        return float(stats.kendalltau(a, b, variant="b").statistic)


def overlap(score: Array, impact: Array, n: int) -> float:
    """Return the share of the n smallest scores that are among the n smallest impacts; NaN with n units or fewer.

    Of units whose impacts are equal those of the smallest scores count first: any of them is as good.

    >>> overlap(np.array([1.0, 2.0, 3.0]), np.array([3.0, 1.0, 2.0]), 2)
    0.5
    >>> overlap(np.array([3.0, 2.0, 1.0]), np.array([0.0, 0.0, 0.0]), 2)
    1.0
    """
    if len(score) <= n:
        return NULL
    order = np.argsort(score, kind="stable")
    chosen, cheapest = order[:n], order[np.argsort(impact[order], kind="stable")[:n]]
    return len(np.intersect1d(chosen, cheapest)) / n


def _ranked(a: Array, b: Array) -> bool:
    return bool(len(a) >= 3 and np.ptp(a) > 0 and np.ptp(b) > 0 and math.isfinite(a.sum() + b.sum()))
