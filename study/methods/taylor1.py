"""First order (Wolfe et al. 2017, after Mozer & Smolensky 1989): the slope of the error surface at gain 1.

    estimate_k = -E'(1) = sum over samples of -o_k dE_n/do_k

Signed, summed over samples before anything else; the smallest goes first. Under mean removal o_k - c_k takes the place
of o_k. A single output weight's sign flips it: it may be negative for useful units.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.impact.derivatives import slopes
from study.methods._taylor import Taylor
from study.methods.base import Scores, View


@dataclass(frozen=True)
class Taylor1(Taylor):
    """First-order Taylor estimate; switches as in `Taylor`."""

    def scores(self, view: View) -> Scores:
        """Return the estimates; costs a forward and a backward pass."""
        estimate = self.first_order(view, slopes(view.stages, self.passed_back))
        return Scores(self.score(estimate, view), estimate, first_order=estimate, forward_passes=2)
