"""Optimal Brain Surgeon for whole units, layer by layer: what compensation by the other units would leave.

    score_k = ||w_k||^2 mean over samples of (o_k - a_k o - c_k)^2

with a_k, c_k the regression of unit k on the other units of its layer (`removals.compensate`): the smallest mean
squared change of the next layer's pre-activations that a removal of k can come to when all other outgoing weights, and
biases, are free. For every outgoing weight it is w_ik^2 / [C^-1]_kk, C the covariance of the layer's outputs, which is
OBS's saliency (Hassibi & Stork 1993) but for its factor 1/2, summed over the unit's weights (unit-OBS, Stahlberger &
Riedmiller 1996) and with the layer-wise error of Dong, Chen & Pan 2017 in the place of E. Damped, it is the change
that the damped coefficients leave.

The score supposes a compensation whatever the removal is: under zero and mean removal nothing is compensated, and it
ranks by how much of a unit the others already say. `removal=compensate` makes the update that it supposes. No
estimate: pre-activations are not in the error's unit, and those of two layers matter differently.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View
from study.removals.compensate import DAMPING, check_damping, compensation


@dataclass(frozen=True)
class Obs(Method):
    """Rank by what remains after compensation.

    Attributes:
        damping: added to the covariance, as a share of the layer's mean variance, above 0.
    """

    damping: float = DAMPING

    def __post_init__(self) -> None:
        check_damping(self.damping)

    def scores(self, view: View) -> Scores:
        """Return what remains; costs a forward pass, and as much as one more for covariances and residuals."""
        left = []
        for m, h in enumerate(view.stages.h):
            a, c = compensation(h, self.damping)
            residual = h - a @ h - c[:, None]
            left.append(view.stages.network.operator(m + 1).energy(residual))
        return Scores(view.of_units(left) / view.stages.samples, forward_passes=2)
