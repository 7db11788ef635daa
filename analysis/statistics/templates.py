"""The templates of the register: functions of one array (one value a network) to a `Result`.

Positive values favour the claim wherever the values are paired differences. One-sided at 95 % throughout. Every
template tests the claim (`p`) and its opposite (`p_refute`).

Differences (SUP, NI, EQ): signed rank, Hodges-Lehmann estimate and its limits, all of the pseudomedian. Single values
(ATLEAST, ATMOST, QTY): sign test, median and its order statistics, all of the median, however skewed the values are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache, partial

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import binomtest, page_trend_test, rankdata, t
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from analysis.statistics import signed_rank
from analysis.statistics.medians import at_least, at_most, qty, qty_by_ranks
from analysis.statistics.result import ALPHA, Result
from analysis.statistics.rows import as_array, below, either, ranked, t_p, tost


def sup(values: ArrayLike, delta: float) -> Result:
    """SUP(delta): the paired differences are positive, and by delta at least.

    Test: exact signed rank (Pratt) of d > 0. Large enough: Hodges-Lehmann estimate >= delta. Refuted by the signed rank
    of d < delta: the upper limit lies below delta.

    >>> sup([0.1, 0.2, 0.3, 0.4, 0.5], 0.02).p
    0.03125
    """
    d = as_array(values)
    low, high = signed_rank.limits(d, ALPHA)
    estimate = signed_rank.hodges_lehmann(d)
    large_enough, refuted = not below(estimate, delta), below(high, delta)
    against = signed_rank.p_greater(delta - d)
    return ranked("SUP", delta, d, d, estimate, low, high, against, large_enough=large_enough, refuted=refuted)


def ni(values: ArrayLike, delta: float) -> Result:
    """NI(delta), not inferior: d > -delta, one side of EQ. Refuted by the signed rank of d < -delta."""
    d = as_array(values)
    low, high = signed_rank.limits(d, ALPHA)
    p = max(signed_rank.p_greater(d + delta), t_p(d, -delta, "greater"))
    estimate = signed_rank.hodges_lehmann(d)
    against = signed_rank.p_greater(-delta - d)
    return ranked("NI", delta, d, d + delta, estimate, low, high, against, p=p, refuted=below(high, -delta))


def eq(values: ArrayLike, delta: float) -> Result:
    """EQ(delta), equivalent: -delta < d < delta by two one-sided tests, p the larger.

    Each side is tested by t (`ttost_paired`) and confirmed by the signed rank: the larger p counts. Refuted by the
    signed ranks of d > delta and d < -delta: twice the smaller p.
    """
    d = as_array(values)
    low, high = signed_rank.limits(d, ALPHA)
    refuted = below(delta, low) or below(high, -delta)
    estimate = signed_rank.hodges_lehmann(d)
    sides = (d + delta, delta - d)
    worse = max(sides, key=signed_rank.p_greater)
    against = either(signed_rank.p_greater(d - delta), signed_rank.p_greater(-delta - d))
    return ranked("EQ", delta, d, worse, estimate, low, high, against, p=tost(d, delta), refuted=refuted, sides=2)


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


def prop(values: ArrayLike, p0: float) -> Result:
    """PROP(p0): more than the share p0 of the networks show it (values 0 or 1), exact binomial test.

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


def assoc(values: ArrayLike, margin: tuple[float, int]) -> Result:
    """ASSOC(rho0) over K units: t-test over networks of Fisher's z of the correlations against that of rho0.

    Correlations are clipped at 1 - 1 / (2 K), where z would be infinite. Refuted by the opposite t-test.

    Args:
        values: one rank correlation a network.
        margin: (rho0, K).
    """
    rho0, units = margin
    z = np.arctanh(np.clip(as_array(values), -1 + 1 / (2 * units), 1 - 1 / (2 * units)))
    n = len(z)
    reach = t.ppf(1 - ALPHA, n - 1) * z.std(ddof=1) / math.sqrt(n) if n > 1 else math.nan
    low, high = np.tanh(z.mean() - reach), np.tanh(z.mean() + reach)
    return Result(
        template="ASSOC",
        margin=rho0,
        n=n,
        estimate=float(np.tanh(z.mean())),
        low=float(low),
        high=float(high),
        p=t_p(z, math.atanh(rho0), "greater"),
        p_smallest=0.0 if n > 1 else 1.0,
        p_refute=t_p(z, math.atanh(rho0), "less"),
        p_refute_smallest=0.0 if n > 1 else 1.0,
        effect_name="Cohen's q",
        effect=float(z.mean() - math.atanh(rho0)),
        refuted=bool(high < rho0),
    )


def trend(values: ArrayLike) -> Result:
    """TREND: Page's test that the columns rise in the order given; values of shape (networks, conditions).

    Estimate: mean over networks of Spearman's correlation with that order; no limits. Refuted: the test of the
    opposite order. One network decides nothing: p = 1.
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
    """P-value of Page's test where the columns rise in every one of n networks: the smallest one."""
    return float(page_trend_test(np.tile(np.arange(1, k + 1), (n, 1))).pvalue) if n > 1 else 1.0


TEMPLATES: dict[str, Callable[..., Result]] = {
    "SUP": sup,
    "NI": ni,
    "EQ": eq,
    "EQ_WELCH": eq_welch,
    "ATLEAST": at_least,
    "ATMOST": at_most,
    "QTY": qty,
    "PROP": prop,
    "ASSOC": assoc,
    "TREND": trend,
}

FROZEN: dict[str, Callable[..., Result]] = TEMPLATES | {
    "ATLEAST": partial(at_least, by=signed_rank.p_greater),
    "ATMOST": partial(at_most, by=signed_rank.p_greater),
    "QTY": qty_by_ranks,
}
"""The templates as the plan was frozen: medians printed, and tested by the signed rank."""


def evaluate(
    template: str,
    values: ArrayLike,
    margin: float | tuple[float, float],
    templates: Mapping[str, Callable[..., Result]] = TEMPLATES,
) -> Result:
    """Return what the named template says of the values. Raises KeyError for a name that is not in `templates`."""
    return templates[template](values) if template == "TREND" else templates[template](values, margin)
