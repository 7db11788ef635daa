"""Magnitude: the L2 norm of a unit's outgoing weights (no data, no unit of error, hence no estimate).

Of a filter these are all weights that lead from its map: its kernels in the layer above, or all weights of the
flattened map.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from study.methods.base import Method, Scores, View, WeightView


@dataclass(frozen=True)
class Magnitude(Method):
    """Rank by ||outgoing weights||_2, over the units of the next layer that remain."""

    def scores(self, view: View) -> Scores:
        """Return the norms."""
        operators = [view.stages.network.operator(m + 1).by_unit for m in range(view.stages.network.depth)]
        return Scores(view.of_units([torch.linalg.vector_norm(w, dim=(0, 2)) for w in operators]))

    def weight_scores(self, view: WeightView) -> Scores:
        """Return |w|."""
        return Scores(view.w.abs())
