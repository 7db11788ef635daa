"""ASSOC, a rank correlation per network: a t-test of Fisher's z (Fisher 1921) over networks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import t

from analysis.statistics.result import ALPHA, Result
from analysis.statistics.rows import as_array, t_p


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
