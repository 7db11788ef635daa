"""Curvature alone: half the second derivative of the error surface at gain 1, exact, without the slope.

    estimate_k = E''(1)/2

What Optimal Brain Damage keeps at a minimum, where all slopes are 0 (LeCun, Denker & Solla 1990, there for weights and
by the diagonal recursion; here a unit's own second derivative with all cross terms, as in `taylor2_exact`). Where the
network is not at a minimum in the gains, the slope is missing from the estimate; and no unit can promise a gain that
has no negative curvature.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View, WeightView
from study.methods.taylor2_exact import Taylor2Exact


@dataclass(frozen=True)
class Curvature(Method):
    """Rank by half the exact second derivative."""

    def scores(self, view: View) -> Scores:
        """Return the second-order terms of `taylor2_exact`, at its cost: the curvature needs the slopes."""
        return _alone(Taylor2Exact().scores(view))

    def weight_scores(self, view: WeightView) -> Scores:
        """Return w^2/2 d2E/dw^2, which Optimal Brain Damage estimates by its recursion."""
        return _alone(Taylor2Exact().weight_scores(view))


def _alone(both: Scores) -> Scores:
    assert both.curvature is not None
    return Scores(both.curvature, both.curvature, curvature=both.curvature, forward_passes=both.forward_passes)
