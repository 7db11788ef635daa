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
    """Cached forward pass of a network with gains on some rows.

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
        self.gains = [g.clone() for g in gains] if gains is not None else ones(network)
        self.t = rows.targets.to(torch.float64).T.contiguous()
        self.labels = rows.labels
        self.z = [network.pre_activation(0, rows.inputs.to(torch.float64).T)]
        self.h = [self._outputs(0)]
        self._above(0)

    @property
    def samples(self) -> int:
        """Rows seen."""
        return self.t.shape[1]

    def total(self) -> float:
        """Return E(1): the error of the network as it is, summed over the rows."""
        return float(self.error.total(self.z[-1], self.t))

    def remove(self, network: Network, layer: int, unit: int) -> None:
        """Put one unit at gain 0 in a network whose later biases may have been folded into; run what follows again."""
        self.network = network
        self.gains[layer][unit] = 0.0
        self.h[layer][unit] = 0.0
        self._above(layer)

    def _above(self, layer: int) -> None:
        del self.h[layer + 1 :], self.z[layer + 1 :]
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
