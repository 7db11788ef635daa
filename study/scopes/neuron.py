"""Scope `neuron`: the units of dense layers; convolutional layers stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from study.networks.network import Network
from study.scopes.base import Scope


@dataclass(frozen=True)
class Neuron(Scope):
    """A unit that has one output a sample."""

    def layers(self, network: Network) -> Sequence[int]:
        """Return the dense layers."""
        return range(network.front, network.depth)

    def absent(self) -> str:
        """Return what a network of convolutional layers lacks."""
        return "has no dense hidden layer: choose scope=filter or scope=unit"
