"""Nominal values of the rates: the level where a decision would be an error, else the power."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.stats import binom, nct, norm, t

from analysis.selftest import power
from analysis.selftest.designs import UNITS, Design, plan
from analysis.statistics import ALPHA

AT_MOST = "at most"
ABOUT = "about"
ROUNDING = 0.005
"""Slack of a power that a rate is about: half a unit of the second decimal; the simulated ones are no more exact."""

RANKED = ("SUP", "NI")
"""Templates that support by the signed rank and a further condition."""

RANKED_LIMITS = ("SUP", "NI", "EQ")
"""Templates that refute by the signed rank."""

TWO_SIDED = ("EQ", "EQ_WELCH", "QTY")
"""Templates whose opposite lies on two sides: each side has half of the level."""


@dataclass(frozen=True)
class Nominal:
    """A nominal rate and how it binds: "at most", "about" (equal up to `ROUNDING`), or "" where none is known."""

    value: float = math.nan
    binds: str = ""

    def excluded(self, low: float, high: float) -> bool:
        """Whether an interval of the rate excludes the nominal value.

        >>> Nominal(0.05, AT_MOST).excluded(0.01, 0.04), Nominal(0.8, ABOUT).excluded(0.81, 0.9)
        (False, True)
        """
        slack = ROUNDING if self.binds == ABOUT else 0.0
        return bool(low > self.value + slack or (self.binds == ABOUT and high < self.value - slack))


def supported(design: Design, effect: str, n: int, family: int) -> Nominal:
    """Return the nominal rate of "supported" at the first Holm step of a family of `family` claims."""
    level = ALPHA / family
    if not design.holds(effect):
        return Nominal(level, AT_MOST)
    if design.template in CLOSED_FORM:
        binds = AT_MOST if design.template == "QTY" else ABOUT  # both ends of its range must be held
        return Nominal(CLOSED_FORM[design.template](design, effect, n, level)[0], binds)
    if design.template == "EQ":
        # The t-tests' power at the centre: less beyond it, and less where the signed rank must agree.
        return Nominal(power.equivalence(_distance(design, "2 delta", "none"), n, level), AT_MOST)
    if design.template not in RANKED:
        return Nominal()
    reached = power.signed_rank(_distance(design, effect, "none"), n, level)
    if design.template == "SUP" and effect == design.edge:
        # The estimate must reach delta, and lies below it every second time.
        return Nominal(min(reached, 0.5), AT_MOST)
    return Nominal(reached, AT_MOST)


def refuted(design: Design, effect: str, n: int, family: int = 1) -> Nominal:
    """Return the nominal rate of "refuted" at the first Holm step of a family of `family` claims."""
    level = ALPHA / family
    if not design.refutable(effect):
        return Nominal(level, AT_MOST)
    if design.template in TWO_SIDED:
        level /= 2  # the other side is too far away to add anything
    if design.template in CLOSED_FORM:
        return Nominal(CLOSED_FORM[design.template](design, effect, n, level)[1], ABOUT)
    if design.template in RANKED_LIMITS:
        return Nominal(power.signed_rank(_distance(design, effect, design.edge), n, level), ABOUT)
    return Nominal()


def quoted(design: Design, effect: str, n: int, family: int) -> Nominal:
    """Return the power of "supported" that the study's design quotes, binding as `supported` does."""
    binds = supported(design, effect, n, family).binds
    table = plan()["quoted"]
    if design.template == "EQ":
        at_centre = effect == "2 delta" and family == 1
        known = table["tost"] if at_centre else []
    else:
        ranked = design.template in RANKED and design.holds(effect)
        known = table["signed_rank"] if ranked else []
    column = {1: 2, table["family"]: 3}.get(family)
    for row in known:
        if column and math.isclose(row[0], _distance(design, effect, "none")) and row[1] == n:
            return Nominal(row[column], binds)
    return Nominal()


def _distance(design: Design, effect: str, boundary: str) -> float:
    """Distance of a truth from a boundary in standard deviations, without the rounding of the division."""
    return round(abs(design.truths[effect] - design.truths[boundary]) / design.spread, 6)


def _binomial(design: Design, effect: str, n: int, level: float) -> tuple[float, float]:
    """Chance that the exact binomial test of p > p0, and that of p < p0, is significant: a sum over outcomes."""
    p0, truth = design.margin, design.truths[effect]
    chance = [binom.pmf(k, n, truth) for k in range(n + 1)]
    above = sum(chance[k] for k in range(n + 1) if binom.sf(k - 1, n, p0) < level)
    below = sum(chance[k] for k in range(n + 1) if binom.cdf(k, n, p0) < level)
    return float(above), float(below)


def _noncentral(design: Design, effect: str, n: int, level: float) -> tuple[float, float]:
    """Power of the t-test on Fisher's z in either direction: the noncentral t distribution."""
    assert isinstance(design.margin, tuple)
    distance = math.atanh(design.truths[effect]) - math.atanh(design.margin[0])
    shift = math.sqrt(n) * distance / design.spread
    beyond = t.ppf(1 - level, n - 1)
    return float(nct.sf(beyond, n - 1, shift)), float(nct.cdf(-beyond, n - 1, shift))


def _medians(design: Design, effect: str, n: int, level: float) -> tuple[float, float]:
    """Chance that the sign test is significant, and that of the opposite: shares on the grid lie beyond the margin."""
    truth, step = design.truths[effect], 0.5 / UNITS

    def beyond(margin: float, side: int) -> float:
        chance = norm.sf((side * (margin - truth) + step) / design.spread)
        critical = next(k for k in range(n + 2) if binom.sf(k - 1, n, 0.5) < level)
        return float(binom.sf(critical - 1, n, chance))

    if isinstance(design.margin, tuple):
        low, high = design.margin[0] - design.margin[1], design.margin[0] + design.margin[1]
        return min(beyond(low, 1), beyond(high, -1)), max(beyond(high, 1), beyond(low, -1))
    side = 1 if design.template == "ATLEAST" else -1
    return beyond(design.margin, side), beyond(design.margin, -side)


CLOSED_FORM = {"PROP": _binomial, "ASSOC": _noncentral, **dict.fromkeys(("ATLEAST", "ATMOST", "QTY"), _medians)}
"""Templates whose rates of "supported" and "refuted" are known exactly, and the function that returns both."""
