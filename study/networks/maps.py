"""Maps of convolutional layers: their sizes, from the image on, and how they are pooled."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from math import isqrt

from torch import Tensor

from study.common.errors import StudyError


@dataclass(frozen=True)
class Maps:
    """The maps of one layer's units, and how their outputs are pooled: averages of `pool` x `pool` positions.

    Averages (as LeCun et al. 1998 subsample) are linear: a gain of the unit commutes with them, and E stays as smooth
    in it as the activation is. Rows and columns that are left over at the end of a map are in no average.

    >>> import torch
    >>> Maps(2, 2, 2).pooled(torch.tensor([[1.0, 2.0, 3.0, 6.0]])).tolist()
    [[3.0]]
    >>> Maps(2, 3, 2).pooled(torch.tensor([[1.0, 2.0, 100.0, 3.0, 6.0, 100.0]])).tolist()
    [[3.0]]
    """

    height: int = 1
    width: int = 1
    pool: int = 1

    @property
    def size(self) -> int:
        """Positions of the pre-activations."""
        return self.height * self.width

    @property
    def positions(self) -> int:
        """Positions of the outputs, after pooling."""
        return (self.height // self.pool) * (self.width // self.pool)

    @property
    def leftover(self) -> tuple[int, int]:
        """Rows and columns that no average holds: of torch's AvgPool2d, which rounds down."""
        return self.height % self.pool, self.width % self.pool

    def pooled(self, x: Tensor) -> Tensor:
        """Return averages; (units, size * samples) -> (units, positions * samples)."""
        if self.pool == 1:
            return x
        p, samples = self.pool, x.shape[1] // self.size
        if any(self.leftover):
            x = x.reshape(len(x), self.height, self.width, samples)[:, : self.height // p * p, : self.width // p * p]
        tiles = x.reshape(len(x), self.height // p, p, self.width // p, p, samples)
        parts = [tiles[:, :, i, :, j] for i in range(p) for j in range(p)]
        total = parts[0].clone()
        for part in parts[1:]:
            total += part
        return total.mul_(1 / p**2).reshape(len(x), -1) if len(x) else x.new_zeros(0, self.positions * tiles.shape[-1])

    def unpooled(self, x: Tensor, power: int = 1) -> Tensor:
        """Return what each position had of an average, its transpose; (units, positions * samples) -> (units, size *
        samples). The factors 1 / pool^2 are raised to a power (2: of a diagonal of second derivatives)."""
        if self.pool == 1:
            return x
        p, samples = self.pool, x.shape[1] // self.positions
        tiles = x.reshape(len(x), self.height // p, 1, self.width // p, 1, samples) / p ** (2 * power)
        tiles = tiles.expand(-1, -1, p, -1, p, -1)
        if not any(self.leftover):
            return tiles.reshape(len(x), self.size * samples)
        maps = x.new_zeros(len(x), self.height, self.width, samples)
        inside = maps[:, : self.height // p * p, : self.width // p * p]
        inside.copy_(tiles.reshape(inside.shape))
        return maps.reshape(len(x), self.size * samples)


@cache
def maps_of(
    image: tuple[int, ...], kernels: tuple[int, ...], pools: tuple[int, ...], whole: bool = True
) -> tuple[Maps, ...]:
    """Return the maps of every convolutional layer.

    Args:
        image: channels, height and width of the inputs.
        kernels, pools: of the layers.
        whole: pooling has to divide its maps, as in all networks that the study makes; where False, rows and columns
            may be left over.

    >>> [m.positions for m in maps_of((1, 20, 20), (5, 5), (2, 2))]
    [64, 4]
    >>> [m.positions for m in maps_of((1, 28, 28), (3, 3), (2, 2), whole=False)]
    [169, 25]

    Raises:
        StudyError: when a kernel is larger than the maps below it, or pooling does not divide its own.
    """
    found = []
    _, height, width = image
    for m, (kernel, pool) in enumerate(zip(kernels, pools, strict=True)):
        if kernel > min(height, width):
            raise StudyError(f"layer {m}: kernels of {kernel}x{kernel} do not fit maps of {height}x{width}")
        height, width = height - kernel + 1, width - kernel + 1
        if not 1 <= pool <= min(height, width):
            raise StudyError(f"layer {m}: pooling by {pool} does not fit its maps of {height}x{width}")
        if whole and (height % pool or width % pool):
            raise StudyError(
                f"layer {m}: pooling by {pool} does not divide its maps of {height}x{width}; take another pool or "
                f"another kernel (of {kernel} now)"
            )
        found.append(Maps(height, width, pool))
        height, width = height // pool, width // pool
    return tuple(found)


def image_of(features: int) -> tuple[int, int, int]:
    """Return the shape of the images that rows of so many numbers are: one channel, a square.

    >>> image_of(64)
    (1, 8, 8)

    Raises:
        StudyError: when they are no square.
    """
    side = isqrt(features)
    if side * side != features:
        raise StudyError(f"filters need images; {features} features are no square image of one channel")
    return 1, side, side
