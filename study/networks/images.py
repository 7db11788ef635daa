"""Which images a person's convolutional layers take, and what their pooling is on them."""

from __future__ import annotations

from collections.abc import Sequence
from math import isqrt

from torch import Tensor

from study.common.errors import StudyError
from study.networks.maps import maps_of


def image_for(weights: Sequence[Tensor], pools: Sequence[int], features: int | None) -> tuple[int, int, int]:
    """Return the square image whose maps, flattened, are the inputs of the first dense layer.

    Args:
        weights: of the layers, as a `Network` has them.
        pools: of the convolutional ones; -n where maps are averaged to n x n positions, whatever their size.
        features: numbers of an image, where they are known.

    Raises:
        StudyError: when there is none.
    """
    front, channels = len(pools), weights[0].shape[1]
    if len(weights) > front and len(weights[front - 1]):
        known = isqrt((features or 0) // channels)
        sides = [known] if channels * known**2 == features else []
        if min(pools) > 0:
            side = isqrt(weights[front].shape[1] // len(weights[front - 1]))
            for w, pool in zip(reversed(weights[:front]), reversed(pools), strict=True):
                side = side * pool + w.shape[2] - 1
            sides.append(side)
        for side in sides:
            image = (channels, side, side)
            if _positions(image, weights[:front], pools) * len(weights[front - 1]) == weights[front].shape[1]:
                return image
    raise StudyError(
        "no square image fits this stack of layers: give from_module(..., image=(channels, height, width))"
    )


def _positions(image: tuple[int, int, int], kernels: Sequence[Tensor], pools: Sequence[int]) -> int:
    sizes = tuple(w.shape[2] for w in kernels)
    if pools[-1] < 0:
        return pools[-1] ** 2
    try:
        return maps_of(image, sizes, pools_on(image, kernels, pools), whole=False)[-1].positions
    except StudyError:  # too small for these kernels
        return 0


def pools_on(image: tuple[int, ...], weights: Sequence[Tensor], pools: Sequence[int]) -> tuple[int, ...]:
    """Return the pooling of convolutional layers on images of a shape (channels, height, width).

    Args:
        image: their shape.
        weights: of the layers, as a `Network` has them.
        pools: as for `image_for`.

    >>> import torch
    >>> pools_on((1, 8, 8), [torch.zeros(2, 1, 3, 3)], [-1])
    (6,)

    Raises:
        StudyError: where squares of one size do not average maps to so many positions.
    """
    found: tuple[int, ...] = ()
    for m, pool in enumerate(pools):
        kernels = tuple(w.shape[2] for w in weights[: m + 1])
        if pool < 0:
            maps = maps_of(tuple(image), kernels, (*found, 1), whole=False)[-1]
            sizes = {divmod(maps.height, -pool), divmod(maps.width, -pool)}
            pool, left = next(iter(sizes))
            if len(sizes) > 1 or left or not pool:
                raise StudyError(
                    f"layer {m}: AdaptiveAvgPool2d({-pools[m]}) cannot be pruned here on maps of "
                    f"{maps.height}x{maps.width}: its averages are not of squares of one size"
                )
        found = (*found, pool)
    return found
