"""TREND, a rise over an ordered series of conditions: Page's test (Page 1963)."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import page_trend_test, rankdata

from analysis.statistics.result import ALPHA, Result


def trend(values: ArrayLike, _: object = None) -> Result:
    """TREND: Page's test that the columns rise in the order given; values of shape (networks, conditions).

    There is no margin. Estimate: mean over networks of Spearman's correlation with that order; no limits. Refuted: the
    test of the opposite order. One network decides nothing: p = 1.
    """
    x = np.asarray(values, dtype=float)
    n, k = x.shape
    place = np.arange(1, k + 1)
    best, worst = n * (place**2).sum(), n * (place * place[::-1]).sum()
    rho = 2 * ((rankdata(x, axis=1) * place).sum() - worst) / (best - worst) - 1
    rising, falling = (float(page_trend_test(rows).pvalue) if n > 1 else 1.0 for rows in (x, x[:, ::-1]))
    steepest = _steepest(n, k)
    return Result(
        template="TREND",
        margin=math.nan,
        n=n,
        estimate=float(rho),
        low=math.nan,
        high=math.nan,
        p=rising,
        p_smallest=steepest,
        p_refute=falling,
        p_refute_smallest=steepest,
        effect_name="mean Spearman",
        effect=float(rho),
        refuted=falling < ALPHA,
    )


@cache
def _steepest(n: int, k: int) -> float:
    """Return the smallest p-value of Page's test: that of columns that rise in each of n networks."""
    return float(page_trend_test(np.tile(np.arange(1, k + 1), (n, 1))).pvalue) if n > 1 else 1.0
