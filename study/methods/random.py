"""Random: every order of the units is equally likely, whatever their layers (Segee & Carter 1991 remove so too)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from study.common.errors import whole
from study.methods.base import Method, Scores, View, WeightView


@dataclass(frozen=True)
class Random(Method):
    """Rank by one random permutation of all hidden units, drawn from the cell's seed and the draw.

    A cell is one draw; compare against at least ten a network. Drawing once and following the order is the same as
    drawing anew after every removal: each remaining unit is equally likely to be next.

    Attributes:
        draw: number of the draw, 0 or more.
    """

    draw: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "draw", whole("random: draw", self.draw))

    def scores(self, view: View) -> Scores:
        """Return each unit's place in the permutation."""
        units = sum(view.stages.hidden)
        place = np.random.default_rng([view.seed, self.draw]).permutation(units)
        return Scores(torch.from_numpy(place).to(torch.float64)[view.flat])

    def weight_scores(self, view: WeightView) -> Scores:
        """Return each weight's place in a permutation of all weights of the network, those that are gone included."""
        arrays = view.seen.stages.network.weights
        place = np.random.default_rng([view.seed, self.draw]).permutation(sum(w.numel() for w in arrays))
        each = torch.from_numpy(place).to(torch.float64).split([w.numel() for w in arrays])
        return Scores(view.of(each))
