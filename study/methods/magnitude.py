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
        return Scores(view.of_units([torch.linalg.vector_norm(w, dim=0) for w in view.stages.network.weights[1:]]))
