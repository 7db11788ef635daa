"""Scope `weight`: single weights of all layers, the output layer's too; biases never."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from study.networks.network import Network
from study.networks.parts import Part, Parts
from study.scopes.base import Scope


@dataclass(frozen=True)
class Weight(Scope):
    """A weight's index counts through the flattened array of its layer; the output layer comes last."""

    weights: ClassVar[bool] = True

    def layers(self, network: Network) -> Sequence[int]:
        """Return all layers."""
        return range(network.depth + 1)

    def sizes(self, network: Network) -> Sequence[int]:
        """Return the number of weights of every layer."""
        return [w.numel() for w in network.weights]

    def absent(self) -> str:
        """Return what no network lacks."""
        return "has no weight"

    def called(self, part: Part) -> str:
        """Return a weight's name in words."""
        return f"weight {part.index} of layer {part.layer}"

    def costs(self, network: Network, parts: Parts, gains: Sequence[Tensor] | None = None) -> Tensor:  # noqa: ARG002
        """Return 1 parameter, and a multiply-add at every position of a filter's map, int64, shape (n, 2)."""
        positions = torch.tensor([network.maps(m).size for m in self.layers(network)])
        return torch.stack([torch.ones(len(parts), dtype=torch.int64), positions[parts.layer]], dim=1)
