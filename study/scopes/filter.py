"""Scope `filter`: the filters of convolutional layers; dense layers stay whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from study.networks.network import Network
from study.scopes.base import Scope


@dataclass(frozen=True)
class Filter(Scope):
    """A filter's gain multiplies its whole map."""

    def layers(self, network: Network) -> Sequence[int]:
        """Return the convolutional layers."""
        return range(network.front)

    def absent(self) -> str:
        """Return what a network of dense layers lacks."""
        return "has no convolutional layer: choose scope=unit, or a network with filters, as in network=lenet5"
