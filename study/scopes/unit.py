"""Scope `unit`, the paper's: the units of all hidden layers; that of a convolutional layer is a filter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from study.networks.network import Network
from study.scopes.base import Scope


@dataclass(frozen=True)
class Unit(Scope):
    """Whatever is hidden."""

    def layers(self, network: Network) -> Sequence[int]:
        """Return all hidden layers."""
        return range(network.depth)

    def absent(self) -> str:
        """Return what a network without hidden layers lacks."""
        return "has no hidden layer: there is nothing to remove"
