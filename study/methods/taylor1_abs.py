"""Absolute first order: |sum over samples of o_k dE_n/do_k|, the absolute value taken once, after the sum.

Close to Molchanov et al. 2017, who take it per sample; here the sign is lost only for the order of removal, and the
estimate stays the signed one of `taylor1`.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View, WeightView
from study.methods.taylor1 import Taylor1


@dataclass(frozen=True)
class Taylor1Abs(Method):
    """Rank by the magnitude of the first-order estimate."""

    def scores(self, view: View) -> Scores:
        """Return first order's estimates with their magnitude as the score."""
        signed = Taylor1().scores(view)
        return _absolute(signed)

    def weight_scores(self, view: WeightView) -> Scores:
        """Return the same of single weights, |w dE/dw|."""
        return _absolute(Taylor1().weight_scores(view))


def _absolute(signed: Scores) -> Scores:
    return Scores(signed.score.abs(), signed.estimate, signed.first_order, forward_passes=signed.forward_passes)
