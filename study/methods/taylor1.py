"""First order (Wolfe et al. 2017, after Mozer & Smolensky 1989): the slope of the error surface at gain 1.

    estimate_k = -E'(1) = sum over samples of -o_k dE_n/do_k

Signed, summed over samples before anything else; the smallest goes first. Under mean removal o_k - c_k takes the place
of o_k. A single output weight's sign flips it: it may be negative for useful units.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from study.common.errors import StudyError
from study.impact.derivatives import slopes
from study.impact.weight_derivatives import weight_slopes
from study.methods._taylor import Taylor
from study.methods.base import Scores, View, WeightView


@dataclass(frozen=True)
class Taylor1(Taylor):
    """First-order Taylor estimate; switches as in `Taylor`."""

    def scores(self, view: View) -> Scores:
        """Return the estimates; costs a forward and a backward pass."""
        estimate = self.first_order(view, slopes(view.stages, self.passed_back))
        return Scores(self.score(estimate, view), estimate, first_order=estimate, forward_passes=2)

    def weight_scores(self, view: WeightView) -> Scores:
        """Return -w dE/dw; the switches are about units, and refused.

        Raises:
            StudyError: for a switch that is not the published one.
        """
        if changed := [f.name for f in fields(self) if getattr(self, f.name) != f.default]:
            raise StudyError(f"method=taylor1: {', '.join(changed)} is about units; leave it out where weights may go")
        estimate = -view.w * view.of(weight_slopes(view.seen)) * view.scale
        return Scores(estimate, estimate, first_order=estimate, forward_passes=2)
