"""Parts of a network that are removed one by one: where each is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


@dataclass(frozen=True, order=True)
class Part:
    """One part; it unpacks as layer and index.

    Attributes:
        layer: its hidden layer, 0 is nearest the input.
        index: its index in the layer of the trained network.
    """

    layer: int
    index: int

    def __iter__(self) -> Iterator[int]:
        return iter((self.layer, self.index))


@dataclass(frozen=True, eq=False)
class Parts:
    """Parts in one order.

    Attributes:
        layer: the hidden layer of each, int64, shape (n,), on the CPU.
        index: its index in the layer of the trained network, int64, shape (n,), on the CPU.

    >>> parts = Parts.of([(0, 2), (1, 0)])
    >>> len(parts), parts[1:].at(0), list(parts)[0].index
    (2, Part(layer=1, index=0), 2)
    """

    layer: Tensor
    index: Tensor

    @classmethod
    def of(cls, places: Iterable[Part | tuple[int, int]]) -> Parts:
        """Return the parts at pairs of layer and index."""
        columns = list(zip(*map(tuple, places), strict=True)) or [(), ()]
        return cls(*(torch.tensor(column, dtype=torch.int64) for column in columns))

    @classmethod
    def there(cls, gains: Iterable[Tensor]) -> Parts:
        """Return the parts whose gain is not 0, by layer, then index.

        Args:
            gains: one vector a hidden layer.
        """
        left = [gain.cpu().nonzero()[:, 0] for gain in gains]
        sizes = torch.tensor([len(index) for index in left], dtype=torch.int64)
        return cls(torch.arange(len(left)).repeat_interleave(sizes), torch.cat([sizes[:0], *left]))

    def __len__(self) -> int:
        return len(self.layer)

    def __getitem__(self, these: slice | Tensor) -> Parts:
        """Return some of the parts."""
        return Parts(self.layer[these], self.index[these])

    def __iter__(self) -> Iterator[Part]:
        return map(Part, self.layer.tolist(), self.index.tolist())

    def at(self, i: int) -> Part:
        """Return one part."""
        return Part(int(self.layer[i]), int(self.index[i]))

    def values(self, per_layer: Sequence[Tensor]) -> Tensor:
        """Return the value of each part, float64, shape (n,).

        Args:
            per_layer: one array a layer, which the parts' indices count through.
        """
        found = torch.empty(len(self), dtype=torch.float64)
        for m, values in enumerate(per_layer):
            here = self.layer == m
            found[here] = values.reshape(-1)[self.index[here]].to(torch.float64)
        return found

    def columns(self) -> dict[str, NDArray[np.int64]]:
        """Return layer and index by the names of the columns of every table: `layer` and `unit`."""
        return {"layer": self.layer.numpy(), "unit": self.index.numpy()}
