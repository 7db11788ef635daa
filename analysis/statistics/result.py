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
VERDICTS = (SUPPORTED, REFUTED, INCONCLUSIVE, TOO_FEW, NOT_RUN)
"""All verdicts, in the order in which they are counted."""


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
        p_refute: p-value of the claim's opposite, uncorrected.
        p_refute_smallest: the smallest that n networks could have had; NaN where nothing can refute, whatever n is.
        effect_name, effect: standardised effect size.
        d_z: mean over standard deviation of the tested values; NaN where that is not a meaningful quantity.
        sign_p: p-value of the sign test of the same hypothesis; NaN where there is none.
        large_enough: whether the estimate reaches the template's margin (SUP; true for templates without that rule).
        refuted: whether the frozen plan's rule of refutation is met: a limit or a test at .05, never corrected.
    """

    template: str
    margin: float | tuple[float, float]
    n: int
    estimate: float
    low: float
    high: float
    p: float
    p_smallest: float
    p_refute: float
    p_refute_smallest: float
    effect_name: str
    effect: float
    d_z: float = math.nan
    sign_p: float = math.nan
    large_enough: bool = True
    refuted: bool = False

    @property
    def p_values(self) -> PValues:
        """Those of the claim and of its opposite, and the smallest of each."""
        return PValues(self.p, self.p_smallest, self.p_refute, self.p_refute_smallest)


@dataclass(frozen=True)
class PValues:
    """P-values of a part or a claim and of its opposite, before or after correction.

    Attributes:
        p, refute: of the claim and of its opposite; NaN where it was not run.
        smallest, refute_smallest: the smallest values that they could take with the networks at hand; NaN where it was
            not run, and the second where nothing can refute, whatever the number of networks.
    """

    p: float = math.nan
    smallest: float = math.nan
    refute: float = math.nan
    refute_smallest: float = math.nan

    @property
    def opposite(self) -> PValues:
        """The same of the opposite."""
        return PValues(self.refute, self.refute_smallest, self.p, self.smallest)


def decide(result: Result, corrected: PValues, level: float = ALPHA) -> str:
    """Return the verdict on one part.

    Too few networks come first: below `FEWEST`, or where even the most extreme outcome would leave a corrected p of the
    level or more, nothing is decided in either direction. A refutation has a corrected p of its own to reach; where it
    cannot with the networks at hand, a part that is not supported is open for want of them.

    Args:
        result: the part's row.
        corrected: its p-values after correction over its claim and its family.
        level: that they are compared with.
    """
    if result.n < FEWEST or not corrected.smallest < level:
        return TOO_FEW
    if corrected.refute < level:
        return REFUTED
    if corrected.p < level and result.large_enough:
        return SUPPORTED
    return TOO_FEW if corrected.refute_smallest >= level else INCONCLUSIVE


def decide_as_frozen(result: Result, corrected: PValues, level: float = ALPHA) -> str:
    """Return the verdict on one part by the plan as it was frozen: a refutation is never corrected."""
    if result.n < FEWEST or not corrected.smallest < level:
        return TOO_FEW
    if result.refuted:
        return REFUTED
    return SUPPORTED if corrected.p < level and result.large_enough else INCONCLUSIVE
