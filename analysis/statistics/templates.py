"""The templates of the register: functions of one array (one value a network) to a `Result`.

Positive values favour the claim wherever the values are paired differences. One-sided at 95 % throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import binomtest, page_trend_test, rankdata, t, ttest_1samp
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW, ttost_paired

from analysis.statistics import signed_rank
from analysis.statistics.intervals import median_limits
from analysis.statistics.result import ALPHA, Result

Values = NDArray[np.float64]

ROUNDING = 1e-12
"""Limits and estimates this close to a margin are at it: differences of shares are exact only up to rounding."""


def sup(values: ArrayLike, delta: float) -> Result:
    """SUP(delta): the paired differences are positive, and by delta at least.

    Test: exact signed rank (Pratt) of d > 0. Large enough: Hodges-Lehmann estimate >= delta. Refuted: upper limit
    < delta.

    >>> sup([0.1, 0.2, 0.3, 0.4, 0.5], 0.02).p
    0.03125
    """
    d = _array(values)
    low, high = signed_rank.limits(d, ALPHA)
    estimate = signed_rank.hodges_lehmann(d)
    large_enough, refuted = not _below(estimate, delta), _below(high, delta)
    return _ranked("SUP", delta, d, d, estimate, low, high, large_enough=large_enough, refuted=refuted)


def ni(values: ArrayLike, delta: float) -> Result:
    """NI(delta), not inferior: d > -delta, one side of EQ. Refuted: the interval lies below -delta."""
    d = _array(values)
    low, high = signed_rank.limits(d, ALPHA)
    p = max(signed_rank.p_greater(d + delta), _t_p(d, -delta, "greater"))
    estimate = signed_rank.hodges_lehmann(d)
    return _ranked("NI", delta, d, d + delta, estimate, low, high, p=p, refuted=_below(high, -delta))


def eq(values: ArrayLike, delta: float) -> Result:
    """EQ(delta), equivalent: -delta < d < delta by two one-sided tests, p the larger.

    Each side is tested by t (`ttost_paired`) and confirmed by the signed rank: the larger p counts. Refuted: the
    interval lies below -delta or above delta.
    """
    d = _array(values)
    low, high = signed_rank.limits(d, ALPHA)
    refuted = _below(delta, low) or _below(high, -delta)
    estimate = signed_rank.hodges_lehmann(d)
    sides = (d + delta, delta - d)
    worse = max(sides, key=signed_rank.p_greater)
    return _ranked("EQ", delta, d, worse, estimate, low, high, p=_tost(d, delta), refuted=refuted)


def eq_welch(values: ArrayLike, delta: float) -> Result:
    """EQ_WELCH(delta): two samples of networks have equal means within delta, by Welch's two one-sided tests.

    Estimate: difference of the means; limits: Welch's. Refuted: they lie below -delta or above delta.

    Args:
        values: shape (networks, 2), the two samples side by side; NaN fills up the shorter one.
        delta: the margin.
    """
    x = np.asarray(values, dtype=float)
    a, b = (x[np.isfinite(x[:, i]), i] for i in (0, 1))
    n = min(len(a), len(b))
    if n < 2:
        limits, p, spread = (-math.inf, math.inf), 1.0, math.nan
    else:
        welch = CompareMeans(DescrStatsW(a), DescrStatsW(b))
        limits = welch.tconfint_diff(alpha=2 * ALPHA, usevar="unequal")
        p = float(welch.ttost_ind(-delta, delta, usevar="unequal")[0])
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
        effect_name="Cohen's d",
        effect=difference / spread if spread > 0 else math.nan,
        refuted=_below(delta, limits[0]) or _below(limits[1], -delta),
    )


def at_least(values: ArrayLike, v: float) -> Result:
    """ATLEAST(v): signed rank of x > v; refuted by the opposite test. Estimate and limits are the median's."""
    return _against("ATLEAST", _array(values), v, +1)


def at_most(values: ArrayLike, margin: float | tuple[float, float]) -> Result:
    """ATMOST(v): signed rank of x < v; refuted by the opposite test. Estimate and limits are the median's.

    ATMOST(v, w), where a claim has its own line for refutation: refuted by the signed rank of x > w, w not below v.

    >>> at_most([0.6] * 5, 0.5).refuted, at_most([0.6] * 5, (0.5, 0.8)).refuted
    (True, False)
    """
    return _against("ATMOST", _array(values), margin, -1)


def qty(values: ArrayLike, margin: tuple[float, float]) -> Result:
    """QTY(v, w): EQ(w) around v. Estimate and limits are the median's; refuted below v - w or above v + w."""
    x = _array(values)
    v, w = margin
    low, high = median_limits(x, ALPHA)
    refuted = _below(v + w, low) or _below(high, v - w)
    worse = max((x - v + w, v + w - x), key=signed_rank.p_greater)
    p = _tost(x - v, w)
    return _ranked("QTY", (v, w), x, worse, float(np.median(x)), low, high, p=p, refuted=refuted)


def prop(values: ArrayLike, p0: float) -> Result:
    """PROP(p0): more than the share p0 of the networks show it (values 0 or 1), exact binomial test.

    Refuted by the opposite one-sided test. Limits: one-sided Clopper-Pearson.

    >>> result = prop([1, 1, 1, 1, 0], 0.5)
    >>> result.estimate, result.p
    (0.8, 0.1875)
    """
    x = _array(values)
    n, k = len(x), int(np.rint(x.sum()))
    test = binomtest(k, n, p0, alternative="greater")
    low = test.proportion_ci(1 - ALPHA, method="exact").low
    high = binomtest(k, n, p0, alternative="less").proportion_ci(1 - ALPHA, method="exact").high
    return Result(
        template="PROP",
        margin=p0,
        n=n,
        estimate=k / n,
        low=float(low),
        high=float(high),
        p=float(test.pvalue),
        p_smallest=float(p0**n),
        effect_name="share minus chance",
        effect=k / n - p0,
        refuted=bool(binomtest(k, n, p0, alternative="less").pvalue < ALPHA),
    )


def assoc(values: ArrayLike, margin: tuple[float, int]) -> Result:
    """ASSOC(rho0) over K units: t-test over networks of Fisher's z of the correlations against that of rho0.

    Correlations are clipped at 1 - 1 / (2 K), where z would be infinite. Refuted: upper limit < rho0.

    Args:
        values: one rank correlation a network.
        margin: (rho0, K).
    """
    rho0, units = margin
    z = np.arctanh(np.clip(_array(values), -1 + 1 / (2 * units), 1 - 1 / (2 * units)))
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
        p=_t_p(z, math.atanh(rho0), "greater"),
        p_smallest=0.0 if n > 1 else 1.0,
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
    rising, falling, steepest = (
        (float(page_trend_test(rows).pvalue) if n > 1 else 1.0) for rows in (x, x[:, ::-1], np.tile(place, (n, 1)))
    )
    return Result(
        template="TREND",
        margin=math.nan,
        n=n,
        estimate=float(rho),
        low=math.nan,
        high=math.nan,
        p=rising,
        p_smallest=steepest,
        effect_name="mean Spearman",
        effect=float(rho),
        refuted=falling < ALPHA,
    )


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


def evaluate(template: str, values: ArrayLike, margin: float | tuple[float, float]) -> Result:
    """Return what the named template says of the values. Raises KeyError for a name that is not in TEMPLATES."""
    return TEMPLATES[template](values) if template == "TREND" else TEMPLATES[template](values, margin)


def _below(a: float, b: float) -> bool:
    """Whether a lies below b by more than rounding; false where either is NaN."""
    return bool(a < b - ROUNDING)


def _array(values: ArrayLike) -> Values:
    x = np.asarray(values, dtype=float)
    if x.ndim != 1 or len(x) == 0 or not np.isfinite(x).all():
        raise ValueError(f"a template needs finite values of shape (networks,), at least one; got {x!r}")
    return x


def _against(template: str, x: Values, margin: float | tuple[float, float], sign: int) -> Result:
    v, w = margin if isinstance(margin, tuple) else (margin, margin)
    low, high = median_limits(x, ALPHA)
    refuted = signed_rank.p_greater(sign * (w - x)) < ALPHA
    return _ranked(template, margin, x, sign * (x - v), float(np.median(x)), low, high, refuted=refuted)


def _ranked(
    template: str,
    margin: float | tuple[float, float],
    x: Values,
    tested: Values,
    estimate: float,
    low: float,
    high: float,
    p: float | None = None,
    large_enough: bool = True,
    refuted: bool = False,
) -> Result:
    """Row of a template that is decided by the signed rank of `tested` (positive favours the claim)."""
    return Result(
        template=template,
        margin=margin,
        n=len(x),
        estimate=estimate,
        low=low,
        high=high,
        p=signed_rank.p_greater(tested) if p is None else p,
        p_smallest=0.5 ** len(x),
        effect_name="rank-biserial",
        effect=signed_rank.rank_biserial(tested),
        d_z=_d_z(tested),
        sign_p=_sign_p(tested),
        large_enough=bool(large_enough),
        refuted=bool(refuted),
    )


def _sign_p(d: Values) -> float:
    """One-sided sign test of d > 0; zeros are left out."""
    signs = np.sign(signed_rank.doubled_ranks(d))
    n = int(np.abs(signs).sum())
    return float(binomtest(int((signs > 0).sum()), n, 0.5, alternative="greater").pvalue) if n else 1.0


def _d_z(d: Values) -> float:
    spread = d.std(ddof=1) if len(d) > 1 else 0.0
    return float(d.mean() / spread) if spread > 1e-12 else math.nan


def _t_p(d: Values, value: float, alternative: str) -> float:
    """One-sided t-test p-value; its limit where there is no spread (or one value, which `p_smallest` minds)."""
    if len(d) < 2 or d.std(ddof=1) <= 1e-12:
        return float(not (d.mean() > value if alternative == "greater" else d.mean() < value))
    return float(ttest_1samp(d, value, alternative=alternative).pvalue)


def _tost(d: Values, delta: float) -> float:
    ranked = max(signed_rank.p_greater(d + delta), signed_rank.p_greater(delta - d))
    if len(d) < 2 or d.std(ddof=1) <= 1e-12:
        return ranked
    return max(ranked, float(ttost_paired(d, np.zeros_like(d), -delta, delta)[0]))
