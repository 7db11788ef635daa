"""Second order with the unit's own exact second derivative: half the curvature of its error surface at gain 1.

    estimate_k = -E'(1) + E''(1)/2

All cross terms between later units and between outputs are included, in closed form (`derivatives.exact_curvature`);
what is left out is only what Taylor leaves out, the third order on.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.impact.derivatives import exact_curvature, slopes
from study.impact.weight_derivatives import weight_curvatures
from study.methods.base import Method, Scores, View, WeightView
from study.methods.taylor1 import Taylor1


@dataclass(frozen=True)
class Taylor2Exact(Method):
    """Second-order Taylor estimate with the exact second derivative."""

    def scores(self, view: View) -> Scores:
        """Return the estimates, at the cost of `passes`."""
        return second_order(view)

    def weight_scores(self, view: WeightView) -> Scores:
        """Return -w dE/dw + w^2/2 d2E/dw^2, exact."""
        return second_order_of_weights(view)


def second_order(view: View, gauss_newton: bool = False) -> Scores:
    """Return slope and half the curvature of the remaining units, all cross terms included.

    Args:
        view: what is ranked.
        gauss_newton: as in `derivatives.exact_curvature`.
    """
    dz = slopes(view.stages)
    first = Taylor1().first_order(view, dz)
    layers = range(view.stages.network.depth)
    curvatures = [exact_curvature(view.stages, dz, m, view.change(m), gauss_newton) for m in layers]
    second = 0.5 * view.of_units(curvatures) * view.scale
    return Scores(first + second, first + second, first, second, forward_passes=passes(view))


def second_order_of_weights(view: WeightView, gauss_newton: bool = False) -> Scores:
    """Return slope and half the curvature of single weights; `gauss_newton` as in `weight_curvatures`.

    Two passes, and a tangent pass for every unit of a hidden layer.
    """
    first = Taylor1().weight_scores(view).estimate
    assert first is not None
    second = 0.5 * view.w**2 * view.of(weight_curvatures(view.seen, gauss_newton)) * view.scale
    total = 2 + sum(view.seen.stages.hidden)
    return Scores(first + second, first + second, first, second, forward_passes=total)


def passes(view: View) -> int:
    """Return what all second derivatives cost: a forward and a backward pass, one more for the last hidden layer's
    units together, and one tangent pass for every unit of an earlier layer."""
    return 3 + int((view.parts.layer < view.stages.network.depth - 1).sum())
