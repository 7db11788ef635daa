"""First order as the authors' code of 2016 computed it: `taylor1` with all of its switches set.

    g1_k = - sum over samples of delta_k o_k,    delta_k = s'_k o_k sum over next-layer units i of delta_i

ranked by the largest first; when ranked again, among the units whose |g1| is at most the median. That code compared
bare numbers, so nothing ties but equal ones.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods._taylor import AsImplemented
from study.methods.base import Method
from study.methods.taylor1 import Taylor1


@dataclass(frozen=True)
class Taylor1AsImplemented(AsImplemented, Taylor1):
    """First order as implemented."""

    weight_scores = Method.weight_scores  # the switches are about units
