"""One row of statistics, and the verdict that follows from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

ALPHA = 0.05
"""Level of every one-sided test and of every one-sided limit."""

SUPPORTED = "supported"
REFUTED = "refuted"
INCONCLUSIVE = "inconclusive"
TOO_FEW = "inconclusive (n)"
NOT_RUN = "not run"


FEWEST = 5
"""Networks below which nothing is decided, whatever a test's assumptions would let it reach."""


@dataclass(frozen=True)
class Result:
    """What a template says of one array of values, one value a network.

    Attributes:
        template, margin: as registered; the margin of QTY (and, where given so, of ATMOST) is (v, w).
        n: networks.
        estimate, low, high: estimate and one-sided 95 % limits (together a 90 % interval); NaN where n allows none.
        p: one-sided p-value of the claim, uncorrected.
        p_smallest: p-value of the most extreme outcome that n networks could have had.
        effect_name, effect: standardised effect size.
        d_z: mean over standard deviation of the tested values; NaN where that is not a meaningful quantity.
        sign_p: p-value of the sign test of the same hypothesis; NaN where there is none.
        large_enough: whether the estimate reaches the template's margin (SUP; true for templates without that rule).
        refuted: whether the template's rule of refutation is met.
    """

    template: str
    margin: float | tuple[float, float]
    n: int
    estimate: float
    low: float
    high: float
    p: float
    p_smallest: float
    effect_name: str
    effect: float
    d_z: float = math.nan
    sign_p: float = math.nan
    large_enough: bool = True
    refuted: bool = False


def decide(result: Result, p_corrected: float, p_corrected_smallest: float, level: float = ALPHA) -> str:
    """Return the verdict on one part.

    Too few networks come first: below `FEWEST`, or where even the most extreme outcome would leave a corrected p of .05
    or more, nothing is decided in either direction.

    Args:
        result: the part's row.
        p_corrected: the claim's p-value after correction, were this part the whole claim.
        p_corrected_smallest: the smallest value that `p_corrected` could take at the registered family and the
            networks at hand (`smallest_corrected`).
        level: that corrected p-values are compared with.
    """
    if result.n < FEWEST or not p_corrected_smallest < level:
        return TOO_FEW
    if result.refuted:
        return REFUTED
    if p_corrected < level and result.large_enough:
        return SUPPORTED
    return INCONCLUSIVE
