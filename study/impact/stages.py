"""A network seen on some rows: every layer's pre-activations and outputs, kept while units go one by one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.data.base import Split
from study.networks.activations import activation
from study.networks.error import ErrorFunction
from study.networks.network import Network


class Stages:
    """Cached forward pass of a network with gains on some rows, on the network's device.

    Attributes:
        network: the network; its later biases may have been folded into since it was trained.
        gains: one vector a hidden layer, shape (units,): 1 = there, 0 = removed.
        error: E of the output layer's pre-activations.
        z: pre-activations of all layers, the output layer last; each (units, samples), float64.
        h: outputs of the hidden layers, gains applied; each (units, samples).
        t: targets, shape (outputs, samples).
        labels: shape (samples,).
    """

    def __init__(
        self, network: Network, rows: Split, error: ErrorFunction, gains: Sequence[Tensor] | None = None
    ) -> None:
        self.network = network
        self.error = error
        self.gains = [g.clone().to(network.device) for g in (ones(network) if gains is None else gains)]
        self.t = rows.targets.to(network.device, torch.float64).T.contiguous()
        self.labels = rows.labels.to(network.device)
        self.z = [network.pre_activation(0, rows.inputs.to(network.device, torch.float64).T)]
        self.h = [self._outputs(0)]
        self._largest: list[Tensor | None] = [None] * network.depth
        self._above(0)

    @property
    def samples(self) -> int:
        """Rows seen."""
        return self.t.shape[1]

    def total(self) -> float:
        """Return E(1): the error of the network as it is, summed over the rows."""
        return float(self.error.total(self.z[-1], self.t))

    def swings(self, layer: int, units: Tensor, constants: Tensor) -> Tensor:
        """Return a bound on |o - c| over the samples: the largest |o| plus |c|; NaN where an o is.

        Args:
            layer: of the units.
            units: indices, shape (n,).
            constants: c, shape (n,).
        """
        largest = self._largest[layer]
        if largest is None:
            low, high = self.h[layer].aminmax(dim=1)
            largest = self._largest[layer] = torch.maximum(low.abs(), high.abs())
        return largest[units] + constants.abs()

    def remove(self, network: Network, layer: int, unit: int) -> None:
        """Put one unit at gain 0 in a network whose later biases may have been folded into; run what follows again."""
        self.network = network
        self.gains[layer][unit] = 0.0
        self.h[layer][unit] = 0.0
        self._above(layer)

    def _above(self, layer: int) -> None:
        del self.h[layer + 1 :], self.z[layer + 1 :]
        self._largest[layer + 1 :] = [None] * (self.network.depth - layer - 1)
        self.z.append(self.network.pre_activation(layer + 1, self.h[layer]))
        for m in range(layer + 1, self.network.depth):
            self.h.append(self._outputs(m))
            self.z.append(self.network.pre_activation(m + 1, self.h[m]))

    def _outputs(self, layer: int) -> Tensor:
        h = activation(self.network.activations[layer]).value(self.z[layer])
        return h.mul_(self.gains[layer][:, None])


def ones(network: Network) -> list[Tensor]:
    """Return the gains of the trained network: all 1."""
    return [torch.ones(n, dtype=torch.float64) for n in network.hidden]
