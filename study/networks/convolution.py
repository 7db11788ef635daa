"""Links: how the outputs of one layer make the pre-activations above, by a matrix or by a convolution.

Arrays of a convolutional layer have two dimensions, as those of dense layers have: a row a filter, and in it the
positions of its map row by row, each with all samples: (filters, positions * samples). Means, products and squares
over the second dimension are then sums over positions and samples, and a map that is flattened for a dense layer is
the same numbers in another shape, in torch's own order. A dense layer's map has one position.

Convolutions have stride 1 and no padding (LeCun, Bottou, Bengio & Haffner 1998): every position above sees a whole
kernel, so that a constant map below adds a constant, and a layer's mean can be folded into the next one's bias.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

BLOCK = 1 << 19
"""Numbers of the columns of a convolution that are laid out at a time: 4 MiB of float64."""


@dataclass(frozen=True)
class Matrix:
    """A dense operator.

    Attributes:
        weights: shape (units above, units below * positions).
        positions: of a unit's map below; 1 below which is dense.
    """

    weights: Tensor
    positions: int = 1

    @property
    def by_unit(self) -> Tensor:
        """The weights by the unit that they lead from, shape (units above, units below, positions)."""
        return self.weights.reshape(len(self.weights), self.weights.shape[1] // self.positions, self.positions)

    def of(self, by_unit: Tensor) -> Tensor:
        """Return weights by unit, as `by_unit` has them, in the shape of a network's: the inverse of it."""
        return by_unit.flatten(1)

    @property
    def squared(self) -> Matrix:
        """The operator of the squared weights: what a diagonal of second derivatives is passed back through."""
        return replace(self, weights=self.weights**2)

    def forward(self, below: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return pre-activations, shape (units above, samples), from outputs (units below, positions * samples).

        Without a bias: what a change (tangent) of those makes of a change of these.
        """
        return _affine(self.weights, self._flat(below), bias)

    def transposed(self, above: Tensor) -> Tensor:
        """Return what derivatives by the pre-activations, (units above, samples), are by the outputs below."""
        back = self.weights.T @ above
        return back.reshape(len(back) // self.positions, self.positions * above.shape[1])

    def gradient(self, above: Tensor, below: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the derivative by the weights from that by the pre-activations above and the outputs below."""
        return torch.mm(above, self._flat(below).T, out=out)

    def effects(self, rows: Tensor, changes: Tensor) -> Tensor:
        """Return what changes of single units below do to the pre-activations, each alone.

        Args:
            rows: the units, int64, shape (n,).
            changes: of their outputs, shape (n, positions * samples).

        Returns:
            Shape (n, units above, samples).
        """
        changes = changes.reshape(len(rows), self.positions, changes.shape[1] // self.positions)
        return self.by_unit[:, rows].transpose(0, 1) @ changes

    def directional(self, derivative: Tensor, change: Tensor) -> Tensor:
        """Return the sum over samples and positions of change * (transposed derivative), shape (units below,).

        The sum over samples can be taken first, which needs no array of units x samples.
        """
        by_weight = self.weights * self.gradient(derivative, change)
        return by_weight.sum(0) if self.positions == 1 else replace(self, weights=by_weight).by_unit.sum((0, 2))

    def energy(self, change: Tensor) -> Tensor:
        """Return the summed square of what each unit's change alone does to the pre-activations, (units below,)."""
        if self.positions == 1:
            return torch.linalg.vecdot(self.weights, self.weights, dim=0) * torch.linalg.vecdot(change, change)
        return _energy(self, change)

    def _flat(self, below: Tensor) -> Tensor:
        return below.reshape(self.weights.shape[1], below.shape[1] // self.positions)


@dataclass(frozen=True)
class Convolution:
    """An operator by square kernels, stride 1, without padding; methods as those of `Matrix`, where not said otherwise.

    Attributes:
        weights: shape (filters above, filters below, k, k).
        height, width: of the maps below.

    >>> operator = Convolution(torch.ones(1, 1, 2, 2), 2, 3)
    >>> operator.forward(torch.arange(6.0)[None]).tolist()
    [[8.0, 12.0]]
    """

    weights: Tensor
    height: int
    width: int

    @property
    def by_unit(self) -> Tensor:
        """The weights by the filter that they lead from, shape (filters above, filters below, k * k)."""
        return self.weights.flatten(2)

    def of(self, by_unit: Tensor) -> Tensor:
        """Return weights by unit in the shape of a network's."""
        return by_unit.unflatten(2, self.weights.shape[2:])

    @property
    def squared(self) -> Convolution:
        """The operator of the squared kernels."""
        return replace(self, weights=self.weights**2)

    def forward(self, below: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return pre-activations, shape (filters above, positions above * samples)."""
        kernels, x = self.weights.flatten(1), self._maps(below)
        out = below.new_empty(len(kernels), *self._above, x.shape[-1])
        for here in self._blocks(x):
            z = _affine(kernels, self._columns(x[..., here]), bias)
            out[..., here] = z.reshape(len(kernels), *self._above, here.stop - here.start)
        return out.flatten(1)

    def transposed(self, above: Tensor) -> Tensor:
        """Return derivatives by the outputs below, shape (filters below, positions below * samples)."""
        kernels, (height, width) = self.weights.flatten(1), self._above
        dz = above.reshape(len(above), height, width, above.shape[1] // (height * width))
        below, k = self.weights.shape[1:3]
        back = above.new_zeros(below, self.height, self.width, dz.shape[-1])
        for here in self._blocks(back):
            columns = kernels.T @ dz[..., here].flatten(1)
            columns = columns.reshape(below, k, k, height, width, here.stop - here.start)
            for i in range(k):
                for j in range(k):
                    back[:, i : i + height, j : j + width, here] += columns[:, i, j]
        return back.flatten(1)

    def gradient(self, above: Tensor, below: Tensor, out: Tensor | None = None) -> Tensor:
        """Return the derivative by the kernels."""
        x = self._maps(below)
        dz = above.reshape(len(above), *self._above, x.shape[-1])
        total = torch.zeros_like(self.weights) if out is None else out.zero_()
        for here in self._blocks(x):
            total += (dz[..., here].flatten(1) @ self._columns(x[..., here]).T).reshape(total.shape)
        return total

    def effects(self, rows: Tensor, changes: Tensor) -> Tensor:
        """Return what changes of single filters below do above, shape (n, filters above, positions above * samples)."""
        n, k = len(rows), self.weights.shape[2]
        columns = self._columns(self._maps(changes))
        return self.by_unit[:, rows].transpose(0, 1) @ columns.reshape(n, k * k, columns.shape[1])

    def directional(self, derivative: Tensor, change: Tensor) -> Tensor:
        """Return the sum over samples and positions of change * (transposed derivative), shape (filters below,)."""
        return torch.linalg.vecdot(change, self.transposed(derivative))

    def energy(self, change: Tensor) -> Tensor:
        """Return the summed square of what each filter's change alone does above, shape (filters below,)."""
        return _energy(self, change)

    @property
    def _above(self) -> tuple[int, int]:
        k = self.weights.shape[2]
        return self.height - k + 1, self.width - k + 1

    def _maps(self, below: Tensor) -> Tensor:
        return below.reshape(len(below), self.height, self.width, below.shape[1] // (self.height * self.width))

    def _blocks(self, maps: Tensor) -> Iterator[slice]:
        height, width = self._above
        numbers, samples = height * width * max(1, self.weights[0].numel() if len(self.weights) else 1), maps.shape[-1]
        chunk = max(1, BLOCK // numbers)
        for s in range(0, samples, chunk):
            yield slice(s, min(s + chunk, samples))

    def _columns(self, maps: Tensor) -> Tensor:
        """Return for every position above what its kernels see, shape (maps * k * k, positions above * samples)."""
        k = self.weights.shape[2]
        windows = maps.unfold(1, k, 1).unfold(2, k, 1)  # (maps, height above, width above, samples, k, k)
        columns = windows.permute(0, 4, 5, 1, 2, 3)
        return columns.reshape(len(maps) * k * k, windows.shape[1] * windows.shape[2] * windows.shape[3])


Operator = Matrix | Convolution


def _affine(weights: Tensor, below: Tensor, bias: Tensor | None) -> Tensor:
    return weights @ below if bias is None else torch.addmm(bias[:, None], weights, below)


def _energy(operator: Operator, change: Tensor) -> Tensor:
    rows = torch.arange(len(change), device=change.device)
    each = [operator.effects(rows[k : k + 1], change[k : k + 1]).flatten() for k in range(len(change))]
    return torch.stack([torch.linalg.vecdot(x, x) for x in each]) if each else change.new_zeros(0)
