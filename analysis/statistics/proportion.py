"""PROP, a share of networks: the exact binomial test, limits of Clopper and Pearson (1934)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest

from analysis.statistics.result import ALPHA, Result
from analysis.statistics.rows import as_array


def prop(values: ArrayLike, p0: float) -> Result:
    """PROP(p0): the share of networks with the value 1 (else 0) is above p0, by the exact binomial test.

    Refuted by the opposite one-sided test; PROP(0) cannot be. Limits: one-sided Clopper-Pearson.

    >>> result = prop([1, 1, 1, 1, 0], 0.5)
    >>> result.estimate, result.p
    (0.8, 0.1875)
    """
    x = as_array(values)
    n, k = len(x), int(np.rint(x.sum()))
    test = binomtest(k, n, p0, alternative="greater")
    opposite = binomtest(k, n, p0, alternative="less")
    low = test.proportion_ci(1 - ALPHA, method="exact").low
    high = opposite.proportion_ci(1 - ALPHA, method="exact").high
    return Result(
        template="PROP",
        margin=p0,
        n=n,
        estimate=k / n,
        low=float(low),
        high=float(high),
        p=float(test.pvalue),
        p_smallest=float(p0**n),
        p_refute=float(opposite.pvalue),
        p_refute_smallest=float((1 - p0) ** n) if p0 > 0 else math.nan,
        effect_name="share minus chance",
        effect=k / n - p0,
        refuted=bool(opposite.pvalue < ALPHA),
    )
