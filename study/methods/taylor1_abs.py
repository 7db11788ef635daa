"""Absolute first order: |sum over samples of o_k dE_n/do_k|, the absolute value taken once, after the sum.

Close to Molchanov et al. 2017, who take it per sample; here the sign is lost only for the order of removal, and the
estimate stays the signed one of `taylor1`.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View
from study.methods.taylor1 import Taylor1


@dataclass(frozen=True)
class Taylor1Abs(Method):
    """Rank by the magnitude of the first-order estimate."""

    def scores(self, view: View) -> Scores:
        """Return first order's estimates with their magnitude as the score."""
        signed = Taylor1().scores(view)
        return Scores(signed.score.abs(), signed.estimate, signed.first_order, forward_passes=signed.forward_passes)
