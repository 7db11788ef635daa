"""First order (Wolfe et al. 2017, after Mozer & Smolensky 1989): the slope of the error surface at gain 1.

    estimate_k = -E'(1) = sum over samples of -o_k dE_n/do_k

Signed, summed over samples before anything else; the smallest goes first. Under mean removal o_k - c_k takes the place
of o_k. A single output weight's sign flips it: it may be negative for useful units.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from study.impact.derivatives import slopes, through
from study.methods.base import Method, Scores, View


@dataclass(frozen=True)
class Taylor1(Method):
    """First-order Taylor estimate."""

    def scores(self, view: View) -> Scores:
        """Return the estimates; costs a forward and a backward pass."""
        estimate = first_order(view, slopes(view.stages))
        return Scores(estimate, estimate, first_order=estimate, forward_passes=2)


def first_order(view: View, slopes: list[Tensor]) -> Tensor:
    """Return -E'(1) of the remaining units, shape (n,), from `slopes` of the view's stages."""
    weights = view.stages.network.weights[1:]
    per_layer = [-through(w, dz, view.change(m)) for m, (w, dz) in enumerate(zip(weights, slopes, strict=True))]
    return view.of_units(per_layer) * view.scale
