"""A network seen on some rows: every layer's pre-activations and outputs, kept while units go one by one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from study.data.split import Split
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.removals import removal
from study.removals.base import Instead, Replacement

BLOCKS = {"cpu": 1 << 19, "cuda": 1 << 25}
"""Numbers in the largest array of a block of samples, 4 or 256 MiB."""


class Stages:
    """Cached forward pass, on the network's device, of what is left of a network.

    Removed units are gone from every array, so that whatever is computed from them costs what is left. Units keep
    their index in the trained network as their name; `rows` finds where they are now.

    Attributes:
        network: what is left; later biases may have been folded into.
        hidden: units of every hidden layer of the trained network.
        units: for every hidden layer the index of the unit in each row, int64, on the CPU.
        error: E of the output layer's pre-activations.
        z: pre-activations of all layers, the output layer last; each (units left, samples), float64. Of filters
            (units left, positions * samples), as `networks.convolution` says: before pooling.
        h: outputs of the hidden layers; each (units left, samples), or (units left, positions * samples) after pooling.
        t: targets, shape (outputs, samples).
        labels: shape (samples,).
    """

    def __init__(
        self, network: Network, rows: Split, error: ErrorFunction, gains: Sequence[Tensor] | None = None
    ) -> None:
        gains = ones(network) if gains is None else [g.cpu() for g in gains]
        self.hidden = network.hidden
        self.units = [g.nonzero()[:, 0] for g in gains]
        self.network = network.compact(gains)
        self.error = error
        self.t = rows.targets.to(network.device, torch.float64).T.contiguous()
        self.labels = rows.labels.to(network.device)
        self.z = [self.network.pre_activation(0, self.network.below(rows.inputs.to(network.device, torch.float64)))]
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

    def rows(self, layer: int, units: Tensor) -> Tensor:
        """Return the rows of the arrays that hold units of a hidden layer, int64, shape of `units`."""
        place = torch.full((self.hidden[layer],), -1)
        place[self.units[layer]] = torch.arange(len(self.units[layer]))
        return place[units]

    def copy(self) -> Stages:
        """Return stages of the same network that can be pruned on their own."""
        made = object.__new__(Stages)
        made.__dict__ |= self.__dict__
        made.units, made._largest = list(self.units), list(self._largest)
        made.z, made.h = [z.clone() for z in self.z], [h.clone() for h in self.h]  # rows are moved in place
        return made

    def part(self, samples: slice) -> Stages:
        """Return the stages of some of the rows, to be looked at: views, but for maps, of which a part is a copy."""
        made = object.__new__(Stages)
        made.__dict__ |= self.__dict__
        made.t, made.labels = self.t[:, samples], self.labels[samples]
        maps = [self.network.maps(m) for m in range(self.network.depth + 1)]
        made.z = [block(z, m.size, samples) for z, m in zip(self.z, maps, strict=True)]
        made.h = [block(h, m.positions, samples) for h, m in zip(self.h, maps[:-1], strict=True)]
        made._largest = [None] * self.network.depth
        return made

    def blocks(self, most: int) -> Iterator[tuple[slice, Stages]]:
        """Yield blocks of at most so many samples, and of one at least: which samples, and their stages."""
        chunk = max(1, most)
        for s in range(0, self.samples, chunk):
            here = slice(s, min(s + chunk, self.samples))
            yield here, self.part(here)

    def at(self, gains: Sequence[Tensor]) -> Stages:
        """Return stages of the units whose gains are not 0, from stages of the whole network: the first layer is kept.

        Args:
            gains: one vector a hidden layer, 1 or 0, on the CPU.
        """
        made = object.__new__(Stages)
        made.__dict__ |= self.__dict__
        made.units = [g.nonzero()[:, 0] for g in gains]
        made.network = self.network.compact([g.to(self.t.device) for g in gains])
        made.z, made.h = [self.z[0][made.units[0]]], [self.h[0][made.units[0]]]
        made._largest = [None] * self.network.depth
        made._above(0)
        return made

    def swings(self, layer: int, rows: Tensor, constants: Tensor) -> Tensor:
        """Return a bound on |o - c| over the samples: the largest |o| plus |c|; NaN where an o is.

        Args:
            layer: of the units.
            rows: where they are, shape (n,).
            constants: c, shape (n,).
        """
        largest = self._largest[layer]
        if largest is None:
            low, high = self.h[layer].aminmax(dim=1)
            largest = self._largest[layer] = torch.maximum(low.abs(), high.abs())
        return largest[rows] + constants.abs()

    def remove(self, layer: int, unit: int, instead: Instead, quick: bool = False) -> None:
        """Take out one unit, something in its place; run what follows again.

        The last row moves into the gap: a copy of one row instead of all behind it.

        Args:
            layer: of the unit.
            unit: its index in the trained network.
            instead: what takes its place, by the indices of the trained network.
            quick: take the unit's term out of the next pre-activations instead of summing them anew, which leaves the
                sum's rounding behind, 1e-16 of the term; not where other units take part.
        """
        row, last = int(self.rows(layer, torch.tensor(unit))), len(self.units[layer]) - 1
        left = torch.arange(last)
        if row < last:
            left[row] = last
        base = None
        if quick and instead.coefficients is None:
            operator = self.network.operator(layer + 1)
            change = self.h[layer][row : row + 1] - instead.constants[:, None]
            if layer < self.network.front:
                base = self.z[layer + 1].sub_(operator.effects(torch.tensor([row]), change)[0])
            else:
                base = self.z[layer + 1].addcmul_(operator.weights[:, row, None], change, value=-1)
        network = instead.among(self.units[layer]).into(self.network, layer, row)
        self.network = _without(network, layer, left)
        self.units[layer] = self.units[layer][left]
        for arrays in (self.z, self.h):
            if row < last:
                arrays[layer][row] = arrays[layer][last]
            arrays[layer] = arrays[layer][:last]
        largest = self._largest[layer]
        self._largest[layer] = None if largest is None else largest[left]
        self._above(layer, base)

    def _above(self, layer: int, base: Tensor | None = None) -> None:
        del self.h[layer + 1 :], self.z[layer + 1 :]
        self._largest[layer + 1 :] = [None] * (self.network.depth - layer - 1)
        self.z.append(self.network.pre_activation(layer + 1, self.h[layer]) if base is None else base)
        for m in range(layer + 1, self.network.depth):
            self.h.append(self._outputs(m))
            self.z.append(self.network.pre_activation(m + 1, self.h[m]))

    def _outputs(self, layer: int) -> Tensor:
        return self.network.outputs_(layer, self.z[layer].clone())


def replacement(name: str, stages: Stages) -> Replacement:
    """Return what takes the place of every unit that is left, as a removal has it, on the rows that the stages see."""
    return Replacement.of(removal(name), stages.hidden, stages.units, stages.h)


def by_blocks(stages: Stages, layer: int, each: int = 1) -> Iterator[tuple[slice, Stages]]:
    """Return the stages by blocks of samples, for work on the layers above a hidden layer: the samples, and the stages.

    Args:
        stages: the network on the rows.
        layer: the hidden layer.
        each: units whose arrays are there at a time.
    """
    widest = max(len(z) * stages.network.maps(m).size for m, z in enumerate(stages.z) if m >= layer)
    return stages.blocks(BLOCKS[stages.t.device.type] // max(1, widest * each))


def block(x: Tensor, positions: int, samples: slice) -> Tensor:
    """Return some samples of an array of maps; (units, positions * samples) -> (units, positions * fewer)."""
    if positions == 1:
        return x[:, samples]
    return x.reshape(len(x), positions, x.shape[1] // positions)[:, :, samples].flatten(1)


def _without(network: Network, layer: int, left: Tensor) -> Network:
    weights, biases = list(network.weights), list(network.biases)
    weights[layer], biases[layer] = weights[layer][left], biases[layer][left]
    operator = network.operator(layer + 1)
    weights[layer + 1] = operator.of(operator.by_unit[:, left])
    return network.resized(weights, biases)


def ones(network: Network) -> list[Tensor]:
    """Return the gains of the trained network: all 1."""
    return [torch.ones(n, dtype=torch.float64) for n in network.hidden]
