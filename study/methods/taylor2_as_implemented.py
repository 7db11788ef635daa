"""Second order as the authors' code of 2016 computed it: `taylor2` with all of its switches set.

    g2_k = g1_k + 1/2 sum over samples of S_k o_k^2,    S_k = sum over next-layer units i of h_i w_ik^2,
    h_i = s''_i at the outputs,    h_j = S_j s'_j^2 + delta_j s''_j below,

g1 and delta as in `taylor1_as_implemented`, and ranked as there.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods._taylor import AsImplemented
from study.methods.taylor2 import Taylor2


@dataclass(frozen=True)
class Taylor2AsImplemented(AsImplemented, Taylor2):
    """Second order as implemented."""

    output_curvature: str = "truncated"
