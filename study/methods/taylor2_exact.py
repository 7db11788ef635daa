"""Second order with the unit's own exact second derivative: half the curvature of its error surface at gain 1.

    estimate_k = -E'(1) + E''(1)/2

All cross terms between later units and between outputs are included, in closed form (`derivatives.exact_curvature`);
what is left out is only what Taylor leaves out, the third order on.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.impact.derivatives import exact_curvature, slopes
from study.methods.base import Method, Scores, View
from study.methods.taylor1 import Taylor1


@dataclass(frozen=True)
class Taylor2Exact(Method):
    """Second-order Taylor estimate with the exact second derivative."""

    def scores(self, view: View) -> Scores:
        """Return the estimates; costs a forward and a backward pass, one more for the last hidden layer's units
        together, and one tangent pass for every unit of an earlier layer."""
        dz = slopes(view.stages)
        first = Taylor1().first_order(view, dz)
        depth = view.stages.network.depth
        curvatures = [exact_curvature(view.stages, dz, m, view.change(m)) for m in range(depth)]
        second = 0.5 * view.of_units(curvatures) * view.scale
        passes = 3 + int((view.layer < depth - 1).sum())
        return Scores(first + second, first + second, first, second, forward_passes=passes)
