"""Metrics of single units: concentration of impacts (M5), the layer removed first (M7), errors of estimates."""

from __future__ import annotations

import math

import numpy as np
from diptest import diptest
from numpy.typing import ArrayLike

DIP_LEVEL = 0.05
"""Level of the test that impacts have one mode."""


def positive(impacts: ArrayLike) -> np.ndarray:
    """Return the impacts with negative ones as 0: such units carry nothing, but they count as units."""
    return np.maximum(np.asarray(impacts, dtype=float), 0.0)


def gini(impacts: ArrayLike) -> float:
    """M5: Gini coefficient of the positive impacts over all units; 0 = even, (n - 1) / n = one unit has all.

    >>> gini([1.0, 1.0]), gini([0.0, 0.0, 0.0, 5.0])
    (0.0, 0.75)
    """
    w = np.sort(positive(impacts))
    n, total = len(w), w.sum()
    if total <= 0:
        return math.nan
    return float(2 * (np.arange(1, n + 1) * w).sum() / (n * total) - (n + 1) / n)


def top_share(impacts: ArrayLike, share: float = 0.20) -> float:
    """M5: the part of the positive impact in the `share` of all units with the largest impacts.

    >>> top_share([1.0, 1.0, 1.0, 1.0, 6.0])
    0.6
    """
    w = np.sort(positive(impacts))[::-1]
    return float(w[: _count(len(w), share)].sum() / w.sum()) if w.sum() > 0 else math.nan


def effective_number(impacts: ArrayLike) -> float:
    """M5: (sum w)^2 / sum w^2 of the positive impacts; n for n equal ones.

    >>> effective_number([2.0, 2.0, 0.0, -1.0])
    2.0
    """
    w = positive(impacts)
    return float(w.sum() ** 2 / (w**2).sum()) if w.sum() > 0 else math.nan


def bimodal(impacts: ArrayLike) -> float:
    """Return 1 if the logarithms of the positive impacts have more than one mode (dip test at .05), else 0.

    NaN for fewer than four positive impacts. The dip is the distance to the nearest distribution of one mode
    (Hartigan & Hartigan 1985).

    >>> close, far = np.linspace(1, 2, 50), np.linspace(100, 200, 50)
    >>> bimodal(close), bimodal(np.append(close, far))
    (0.0, 1.0)
    """
    w = np.asarray(impacts, dtype=float)
    w = w[w > 0]
    return float(diptest(np.log(w))[1] < DIP_LEVEL) if len(w) >= 4 else math.nan


def last_layer_share(layers: ArrayLike, last: int, share: float) -> float:
    """M7: share of the hidden layer nearest the output (index `last`) among the first `share` of all removals.

    Args:
        layers: layer of the 1st, 2nd, ... removed unit, shape (K,).
        last: index of the hidden layer nearest the output; NaN is returned for 0 (one hidden layer).
        share: of the removals that count.

    >>> last_layer_share([1, 1, 0, 1, 0], last=1, share=0.4)
    1.0
    """
    order = np.asarray(layers)
    return float(np.mean(order[: _count(len(order), share)] == last)) if last > 0 else math.nan


def relative_error(estimate: ArrayLike, impact: ArrayLike) -> float:
    """Mean |estimate - impact| over mean |impact|; NaN if estimates are missing.

    >>> relative_error([1.0, 1.0], [2.0, 2.0])
    0.5
    """
    predicted, true = np.asarray(estimate, dtype=float), np.asarray(impact, dtype=float)
    scale = np.abs(true).mean()
    return float(np.abs(predicted - true).mean() / scale) if scale > 0 else math.nan


def _count(n: int, share: float) -> int:
    return max(1, math.floor(share * n + 0.5))
