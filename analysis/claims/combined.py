"""Combines the p-values of a claim's parts: all must hold, one suffices, or two data sets must agree."""

from __future__ import annotations

import math
from collections.abc import Sequence

from analysis.statistics import INCONCLUSIVE, NOT_RUN, REFUTED, SUPPORTED, TOO_FEW, PValues, holm

NAMES = ("p", "smallest", "refute", "refute_smallest")


def all_hold(parts: Sequence[PValues]) -> PValues:
    """Return the p-values of a conjunction.

    The claim is supported if every part is: p is the largest (intersection-union), NaN if a part was not run. It is
    refuted if one part is: p is the smallest times the number of parts, those not run included (Bonferroni, the first
    step of Holm).

    >>> all_hold([PValues(0.01, 0.001, 0.5, 0.001), PValues(0.02, 0.001, 0.01, 0.002)])
    PValues(p=0.02, smallest=0.001, refute=0.02, refute_smallest=0.002)
    """
    return PValues(
        p=_largest([part.p for part in parts]),
        smallest=_largest([part.smallest for part in parts]),
        refute=_least([part.refute for part in parts]),
        refute_smallest=_least([part.refute_smallest for part in parts]),
    )


def one_suffices(parts: Sequence[PValues]) -> PValues:
    """Return the p-values of a union: it is supported if one part is, and refuted if every part is."""
    return all_hold([part.opposite for part in parts]).opposite


def each_of_all(parts: Sequence[PValues]) -> list[PValues]:
    """Return the parts of a conjunction with their refutations corrected over the parts (Holm).

    >>> [round(part.refute, 9) for part in each_of_all([PValues(refute=0.5), PValues(refute=0.01)])]
    [0.5, 0.02]
    """
    steps = {name: holm({str(i): getattr(p, name) for i, p in enumerate(parts)}) for name in NAMES[2:]}
    return [
        PValues(part.p, part.smallest, steps["refute"][str(i)], steps["refute_smallest"][str(i)])
        for i, part in enumerate(parts)
    ]


def each_of_union(parts: Sequence[PValues]) -> list[PValues]:
    """Return the parts of a union with their support corrected over the parts (Holm)."""
    return [part.opposite for part in each_of_all([part.opposite for part in parts])]


def same(here: PValues, there: PValues) -> PValues:
    """Return the p-values of "both claims hold, or neither does".

    They are twice the smaller of two intersection-union tests. The opposite: one claim holds and the other does not.

    >>> same(PValues(0.01, 0.001, 1.0, 0.001), PValues(0.02, 0.001, 1.0, 0.001))
    PValues(p=0.04, smallest=0.002, refute=1.0, refute_smallest=0.002)
    """
    both = [_largest([getattr(here, name), getattr(there, name)]) for name in NAMES]
    one = [_largest([getattr(here, name), getattr(there.opposite, name)]) for name in NAMES]
    return PValues(*(_least([ways[i], ways[i + 2]]) for ways in (both, one) for i in (0, 1)))


def conjunction(parts: list[str]) -> str:
    """Return the verdict of a claim whose parts must all hold.

    >>> conjunction(["supported", "refuted", "not run"]), conjunction(["supported", "supported"])
    ('refuted', 'supported')
    """
    return next((v for v in (REFUTED, NOT_RUN, TOO_FEW, INCONCLUSIVE) if v in parts), SUPPORTED)


def union(parts: list[str]) -> str:
    """Return the verdict of a claim for which one part suffices.

    >>> union(["supported", "refuted", "not run"]), union(["refuted", "refuted"])
    ('supported', 'refuted')
    """
    return next((v for v in (SUPPORTED, NOT_RUN, TOO_FEW, INCONCLUSIVE) if v in parts), REFUTED)


def alike(here: str, there: str) -> str:
    """Return the verdict of "both verdicts are the same".

    >>> alike("refuted", "refuted"), alike("supported", "refuted"), alike("supported", "inconclusive")
    ('supported', 'refuted', 'inconclusive')
    """
    if {here, there} <= {SUPPORTED, REFUTED}:
        return SUPPORTED if here == there else REFUTED
    return conjunction([v for v in (here, there) if v != REFUTED])


def _largest(values: list[float]) -> float:
    return math.nan if not values or any(map(math.isnan, values)) else max(values)


def _least(values: list[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return min(1.0, len(values) * min(known)) if known else math.nan
