"""Output energy: how much of the next layer's pre-activations a unit's removal takes away (no derivatives).

    score_k = ||w_k||^2 mean over samples of (o_k - c_k)^2,     w_k the outgoing weights

the mean squared change, summed over the next layer's units; of a filter, whose outgoing weights overlap on its map, the
square of what they make of o_k - c_k, summed over positions. c_k is what takes the unit's place: 0 leaves the mean
squared output, its mean (mean removal) the variance. The latter is the fluctuation metric of FLAP (An et al. 2024);
it asks neither for targets nor for what later layers do with the change, so that scores of two layers are compared
though their pre-activations matter differently. No estimate: pre-activations are not in the error's unit.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View


@dataclass(frozen=True)
class OutputEnergy(Method):
    """Rank by mean squared output (variance under mean removal) times squared norm of the outgoing weights."""

    def scores(self, view: View) -> Scores:
        """Return the energies; costs a forward pass."""
        energies = []
        for m in range(view.stages.network.depth):
            energies.append(view.stages.network.operator(m + 1).energy(view.change(m)))
        return Scores(view.of_units(energies) / view.stages.samples, forward_passes=1)
