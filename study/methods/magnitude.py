"""Magnitude: the L2 norm of a unit's outgoing weights (no data, no unit of error, hence no estimate)."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from study.methods.base import Method, Scores, View


@dataclass(frozen=True)
class Magnitude(Method):
    """Rank by ||outgoing weights||_2, over the units of the next layer that remain."""

    def scores(self, view: View) -> Scores:
        """Return the norms."""
        network, gains = view.stages.network, [*view.stages.gains, None]
        norms = []
        for m in range(network.depth):
            above = gains[m + 1]
            outgoing = network.weights[m + 1] if above is None else network.weights[m + 1] * above[:, None]
            norms.append(torch.linalg.vector_norm(outgoing, dim=0))
        return Scores(view.of_units(norms))
