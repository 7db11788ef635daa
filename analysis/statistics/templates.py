"""The ten tests of the register by name: from one value a network to a `Result` (`docs/statistics.md` lists them).

Every test is one-sided at 95 %. It tests the claim (`p`) and its opposite (`p_refute`). Tests of paired differences
(SUP, NI, EQ) estimate the pseudomedian, tests of single values (ATLEAST, ATMOST, QTY) the median.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from numpy.typing import ArrayLike

from analysis.statistics import signed_rank
from analysis.statistics.correlation import assoc
from analysis.statistics.differences import eq, ni, sup
from analysis.statistics.medians import at_least, at_most, qty, qty_by_ranks
from analysis.statistics.proportion import prop
from analysis.statistics.result import Result
from analysis.statistics.trend import trend
from analysis.statistics.welch import eq_welch

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
"""The tests of the frozen plan: medians were printed, and tested by the signed rank."""


def evaluate(
    template: str,
    values: ArrayLike,
    margin: float | tuple[float, float],
    templates: Mapping[str, Callable[..., Result]] = TEMPLATES,
) -> Result:
    """Return the result of the named test on the values. Raises KeyError for a name that is not in `templates`."""
    return templates[template](values, margin)
