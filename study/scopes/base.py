"""What a scope is: the parts of a network that are removed, each multiplied by a gain of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from study.common.errors import StudyError
from study.networks.network import Network
from study.networks.parts import Part, Parts


@dataclass(frozen=True)
class Scope(ABC):
    """Parts of one kind; a subclass lives in the module of its name.

    A part's gain is 1 in the trained network, and 0 where the part is gone. Gains lie in one vector a layer.

    Attributes:
        weights: whether its parts are single weights, not units.
    """

    weights: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """That of its module."""
        return type(self).__module__.rpartition(".")[-1]

    @abstractmethod
    def layers(self, network: Network) -> Sequence[int]:
        """Return the layers whose parts may go, ascending: hidden ones where parts are units."""

    def sizes(self, network: Network) -> Sequence[int]:
        """Return the length of every layer's vector of gains."""
        return network.hidden

    @abstractmethod
    def absent(self) -> str:
        """Return why a network may have no such part, with the way out."""

    def parts(self, network: Network, gains: Sequence[Tensor] | None = None) -> Parts:
        """Return the parts that are there, by layer, then index.

        Args:
            network: as trained.
            gains: one vector a layer; None for the trained network's, all 1.

        Raises:
            StudyError: when the network has never had one.
        """
        layers = self.layers(network)
        if not len(layers):
            raise StudyError(f"scope={self.name}: network {network.name} {self.absent()}")
        ones = [torch.ones(n) for n in self.sizes(network)] if gains is None else gains
        return Parts.there(gain if m in layers else gain[:0] for m, gain in enumerate(ones))

    def called(self, part: Part) -> str:
        """Return a part's name in words."""
        return f"{self.name} {part.index} of hidden layer {part.layer}"

    def costs(self, network: Network, parts: Parts, gains: Sequence[Tensor] | None = None) -> Tensor:
        """Return the parameters and the multiply-adds that go when one part goes, int64, shape (n, 2).

        Args:
            network: as trained.
            parts: that are there.
            gains: as in `parts`.
        """
        before = [torch.ones(n) for n in network.hidden] if gains is None else list(gains)
        costs = []
        for layer, index in parts:
            after = [g.clone() if m == layer else g for m, g in enumerate(before)]
            after[layer][index] = 0.0
            costs.append([a - b for a, b in zip(network.left(before), network.left(after), strict=True)])
        return torch.tensor(costs, dtype=torch.int64).reshape(-1, 2)
