"""Skeletonization (Mozer & Smolensky 1989): the slope of the linear error at gain 1.

    score_k = -dE_lin/dgain_k = sum over samples of -o_k dE_lin,n/do_k,     E_lin = sum over samples, outputs |t - o|

Its authors take the linear error for the relevance, since the derivative of the squared one vanishes where outputs are
near their targets, and estimate the relevance on the way through training as a running average (0.8 of the old, 0.2 of
the new). Here the network is trained and all samples are at hand: their sum, no average. An output exactly on its
target counts 0. Outputs are those of the network, whatever they are: sigmoid, softmax or linear. The score predicts
the change of E_lin, not that of the error that is ranked on, hence no estimate. Under mean removal o_k - c_k takes the
place of o_k.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.impact.derivatives import slopes
from study.methods.base import Method, Scores, View


@dataclass(frozen=True)
class Skeletonization(Method):
    """Rank by the first-order change of the linear error."""

    def scores(self, view: View) -> Scores:
        """Return the negative slopes; costs a forward and a backward pass."""
        stages = view.stages
        dz = slopes(stages, at_outputs=stages.error.linear_gradient(stages.z[-1], stages.t))
        found = [stages.network.operator(m + 1).directional(d, view.change(m)) for m, d in enumerate(dz)]
        return Scores(-view.of_units(found) * view.scale, forward_passes=2)
