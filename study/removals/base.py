"""What takes a removed unit's place: a constant, and where a removal says so, a share of the layer's other outputs.

Unit k of a hidden layer is replaced by an affine function of its layer,

    o_k  becomes  c_k + sum_j a_kj o_j,

which the next layer cannot tell from a unit that is there: c_k times its outgoing weights goes into the next biases,
a_kj times these into the outgoing weights of unit j. The unit itself is then at gain 0. With c = a = 0 this is zero
removal (Wolfe et al. 2017).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from study.networks.network import Network


@dataclass(frozen=True)
class Instead:
    """What takes the place of n units of one layer.

    Attributes:
        constants: c, float64, shape (n,).
        coefficients: a, shape (n, units of the layer); None where the other units take no part.

    >>> one = Instead(torch.tensor([0.5]), torch.tensor([[0.0, 2.0]]))
    >>> one.outputs(torch.tensor([[1.0, 1.0], [3.0, 4.0]])).tolist()
    [[6.5, 8.5]]
    """

    constants: Tensor
    coefficients: Tensor | None = None

    def __getitem__(self, these: Tensor | slice) -> Instead:
        """Return that of some of the units."""
        a = self.coefficients
        return Instead(self.constants[these], None if a is None else a[these])

    def among(self, units: Tensor) -> Instead:
        """Return the same where the layer's outputs are those of some units only, in that order."""
        return self if self.coefficients is None else Instead(self.constants, self.coefficients[:, units])

    def outputs(self, h: Tensor) -> Tensor:
        """Return what the units put out instead, shape (n, samples), from the layer's outputs, (units, samples)."""
        constants = self.constants[:, None].expand(-1, h.shape[1])
        return constants if self.coefficients is None else constants + self.coefficients @ h

    def change(self, own: Tensor, h: Tensor) -> Tensor:
        """Return o - c - a o: what the removal of each unit takes away, shape (n, samples).

        Args:
            own: outputs of the n units, shape (n, samples).
            h: of all units of the layer, shape (units, samples).
        """
        gone = own - self.constants[:, None] if self.constants.any() else own
        return gone if self.coefficients is None else gone - self.coefficients @ h

    def into(self, network: Network, layer: int, unit: int, share: float = 1.0) -> Network:
        """Return the network with a share of what takes one unit's place put into what follows; the gain is not set.

        Args:
            network: whose layer the coefficients count through.
            layer: of the unit.
            unit: its index; this is then of one unit, n = 1.
            share: 1 - gain; -1 takes out what was put in before.
        """
        if float(self.constants):
            network = network.absorb(layer, unit, float(share * self.constants))
        if self.coefficients is not None:
            network = network.reconstruct(layer, unit, share * self.coefficients[0])
        return network


@dataclass(frozen=True)
class Replacement:
    """What takes the place of every unit of a network, by the units' indices in the trained network.

    Attributes:
        layers: one a hidden layer; of units that are gone, 0.
    """

    layers: tuple[Instead, ...]

    @classmethod
    def of(cls, removal: Removal, hidden: Sequence[int], units: Sequence[Tensor], h: Sequence[Tensor]) -> Replacement:
        """Return that of a removal.

        Args:
            removal: what says it of a layer.
            hidden: units of every hidden layer of the trained network.
            units: for every hidden layer the indices of the units that are left, int64.
            h: their outputs on the rows ranked on, one (units left, samples) a hidden layer.
        """
        layers = []
        for n, left, outputs in zip(hidden, units, h, strict=True):
            found = removal.instead(outputs)
            constants = outputs.new_zeros(n)
            constants[left] = found.constants
            coefficients = None
            if found.coefficients is not None:
                coefficients = outputs.new_zeros(n, n)
                coefficients[left[:, None], left] = found.coefficients
            layers.append(Instead(constants, coefficients))
        return cls(tuple(layers))

    @classmethod
    def zero(cls, hidden: Sequence[int], device: torch.device | str = "cpu") -> Replacement:
        """Return that of zero removal: nothing takes a unit's place."""
        return cls(tuple(Instead(torch.zeros(n, dtype=torch.float64, device=device)) for n in hidden))

    @property
    def constant(self) -> bool:
        """Whether only constants take a unit's place."""
        return all(of_layer.coefficients is None for of_layer in self.layers)

    def at(self, layer: int, unit: int) -> Instead:
        """Return that of one unit, by its index."""
        return self.layers[layer][unit : unit + 1]


@dataclass(frozen=True)
class Removal(ABC):
    """A way to take units out; a subclass lives in the module of its name.

    Attributes:
        independent: whether one unit's removal leaves the weights of the others as they are.
        order_free: whether what a set of removals costs does not depend on their order.
    """

    independent: ClassVar[bool] = True
    order_free: ClassVar[bool] = False

    @abstractmethod
    def instead(self, h: Tensor) -> Instead:
        """Return what takes the place of each unit of a layer, if it alone went.

        Args:
            h: the layer's outputs on the rows ranked on, float64, shape (units, samples).

        Returns:
            c, shape (units,), and where the other units take part a, shape (units, units), 0 on the diagonal.
        """
