"""The result of a test, and the verdict that follows from it."""

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
"""The smallest number of networks that decides anything, whatever p-values a test could reach with fewer."""


@dataclass(frozen=True)
class Result:
    """The result of a test on one value a network.

    Attributes:
        template, margin: as registered; the margin of QTY, and of ATMOST with a bound of refutation, is (v, w).
        n: networks.
        estimate, low, high: estimate and one-sided 95 % limits (together a 90 % interval); NaN if n is too small.
        p: one-sided p-value of the claim, uncorrected.
        p_smallest: p-value of the most extreme outcome of n networks.
        p_refute: p-value of the claim's opposite, uncorrected.
        p_refute_smallest: the smallest with n networks; NaN if nothing can refute the claim, whatever n is.
        effect_name, effect: standardised effect size.
        d_z: mean over standard deviation of the tested values; NaN for a test that they mean nothing for.
        sign_p: p-value of the sign test of the same hypothesis; NaN if there is none.
        large_enough: whether the estimate reaches the margin (SUP; true for the other tests).
        refuted: whether the frozen plan's rule of refutation holds: a limit or a test at .05, not corrected.
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
        """The p-values of the claim and of its opposite, and the smallest of each."""
        return PValues(self.p, self.p_smallest, self.p_refute, self.p_refute_smallest)


@dataclass(frozen=True)
class PValues:
    """P-values of a part or a claim and of its opposite, before or after correction.

    Attributes:
        p, refute: of the claim and of its opposite; NaN if it was not run.
        smallest, refute_smallest: the smallest values that they can take with the networks at hand; NaN if it was not
            run, the second also if nothing can refute the claim, whatever the number of networks.
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

    With too few networks nothing is decided in either direction: below `FEWEST`, or if even the most extreme outcome
    has a corrected p of the level or more. A refutation has a corrected p-value of its own. If that cannot be below the
    level with the networks at hand, a part that is not supported is "inconclusive (n)".

    Args:
        result: the part's row.
        corrected: its p-values after correction over its claim and its family.
        level: the bound of corrected p-values.
    """
    if result.n < FEWEST or not corrected.smallest < level:
        return TOO_FEW
    if corrected.refute < level:
        return REFUTED
    if corrected.p < level and result.large_enough:
        return SUPPORTED
    return TOO_FEW if corrected.refute_smallest >= level else INCONCLUSIVE


def decide_as_frozen(result: Result, corrected: PValues, level: float = ALPHA) -> str:
    """Return the verdict on one part by the frozen plan, which corrects no refutation."""
    if result.n < FEWEST or not corrected.smallest < level:
        return TOO_FEW
    if result.refuted:
        return REFUTED
    return SUPPORTED if corrected.p < level and result.large_enough else INCONCLUSIVE
