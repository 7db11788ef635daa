"""Gauss-Newton: slope and half of that part of the curvature which linearised activations have.

    estimate_k = -E'(1) + 1/2 sum over samples of v_k' H v_k

with v_k = dz_out/dgain_k the tangent of the outputs' pre-activations and H the Gauss-Newton matrix of the output layer:
for the half squared error J'J, J the outputs' derivative by their pre-activations (s' for a sigmoid); for the
cross-entropy under a softmax its own second derivative, which is convex (the generalised matrix of Schraudolph 2002).
What goes, beside `taylor2_exact`, is every term with a second derivative s'': those of later hidden layers, and
(o - t) s'' at the outputs. The two are equal where later layers and outputs are linear, and for the last hidden layer
under the cross-entropy. The curvature is never negative. Optimal Brain Surgeon (Hassibi & Stork 1993) drops the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View, WeightView
from study.methods.taylor2_exact import second_order, second_order_of_weights


@dataclass(frozen=True)
class GaussNewton(Method):
    """First order plus half the Gauss-Newton curvature of the unit's own error surface."""

    def scores(self, view: View) -> Scores:
        """Return the estimates, at the cost of the exact second derivative."""
        return second_order(view, gauss_newton=True)

    def weight_scores(self, view: WeightView) -> Scores:
        """Return -w dE/dw + w^2/2 of the Gauss-Newton curvature."""
        return second_order_of_weights(view, gauss_newton=True)
