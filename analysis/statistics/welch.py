"""EQ_WELCH, equal means of two independent samples of networks: Welch's two one-sided tests.

Source: Welch 1947; two one-sided tests: Schuirmann 1987.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.statistics.result import ALPHA, Result
from analysis.statistics.rows import below, either


def eq_welch(values: ArrayLike, delta: float) -> Result:
    """EQ_WELCH(delta): two samples of networks have equal means within delta, by Welch's two one-sided tests.

    Estimate: difference of the means; limits: Welch's. Refuted by his tests of a difference above delta and of one
    below -delta: twice the smaller p.

    Args:
        values: shape (networks, 2), the two samples side by side; NaN fills up the shorter one.
        delta: the margin.
    """
    x = np.asarray(values, dtype=float)
    a, b = (x[np.isfinite(x[:, i]), i] for i in (0, 1))
    n = min(len(a), len(b))
    if n < 2:
        limits, p, against, spread = (-math.inf, math.inf), 1.0, 1.0, math.nan
    else:
        welch = CompareMeans(DescrStatsW(a), DescrStatsW(b))
        limits = welch.tconfint_diff(alpha=2 * ALPHA, usevar="unequal")
        p = float(welch.ttost_ind(-delta, delta, usevar="unequal")[0])
        sides = (("larger", "unequal", delta), ("smaller", "unequal", -delta))
        against = either(*(float(welch.ttest_ind(*side)[1]) for side in sides))
        spread = math.sqrt((a.var(ddof=1) + b.var(ddof=1)) / 2)
    difference = float(a.mean() - b.mean())
    return Result(
        template="EQ_WELCH",
        margin=delta,
        n=n,
        estimate=difference,
        low=float(limits[0]),
        high=float(limits[1]),
        p=p if math.isfinite(p) else float(abs(difference) >= delta),
        p_smallest=0.0 if n > 1 else 1.0,
        p_refute=against if math.isfinite(against) else float(not below(delta, abs(difference))),
        p_refute_smallest=0.0 if n > 1 else 1.0,
        effect_name="Cohen's d",
        effect=difference / spread if spread > 0 else math.nan,
        refuted=below(delta, limits[0]) or below(limits[1], -delta),
    )
