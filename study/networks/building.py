"""Building networks from sizes or by name, freshly initialised."""

from __future__ import annotations

import math
import numbers
import re
from collections.abc import Sequence
from itertools import pairwise

import torch

from study.common.errors import StudyError, whole
from study.networks.architecture import Architecture, Front
from study.networks.maps import image_of, maps_of
from study.networks.network import Network

LENET_5 = Front((6, 16), (5, 5), (2, 2)), (120, 84)
LENET_5_SMALL = Front((6, 16), (3, 2), (2, 1)), (60, 42)

NAMED: dict[str, tuple[Front, tuple[int, ...]]] = {"lenet5": LENET_5, "lenet5_small": LENET_5_SMALL}
"""Networks with filters by name: LeNet-5's layers, for images of 20x20 or 28x28, and smaller ones, for 8x8."""


def layers_of(name: str) -> tuple[Front, tuple[int, ...]]:
    """Return the convolutional layers and the hidden dense sizes of a network by name.

    >>> layers_of("mlp_50_50")[1], layers_of("lenet5")[1]
    ((50, 50), (120, 84))

    Raises:
        StudyError: when the name does not state them.
    """
    return NAMED[name] if name in NAMED else (Front(), sizes_of(name))


def sizes_of(name: str) -> tuple[int, ...]:
    """Return the hidden sizes that a network's name states.

    >>> sizes_of("mlp_50_50")
    (50, 50)
    >>> sizes_of("lenet_300_100")
    (300, 100)

    Raises:
        StudyError: when the name does not state them.
    """
    match = re.fullmatch(r"(?:mlp|lenet)((?:_[1-9]\d*)+)", name)
    if not match:
        raise StudyError(
            f"unknown network {name!r}; a name states the hidden sizes, as in mlp_100 or mlp_50_50, or is one of "
            f"{', '.join(NAMED)}"
        )
    return tuple(int(n) for n in match.group(1)[1:].split("_"))


def mlp(
    features: int,
    hidden: Sequence[int],
    outputs: int,
    *,
    activation: str = "sigmoid",
    output: str = "sigmoid",
    seed: int = 0,
    gain: float = 1.0,
) -> Network:
    """Return a freshly initialised network (Glorot & Bengio 2010, uniform; biases 0).

    Args:
        features: number of inputs.
        hidden: units of every hidden layer, from the input on.
        outputs: number of outputs.
        activation: of all hidden layers.
        output: "sigmoid", "softmax" or "linear".
        seed: of the initialisation; the same seed gives the same bits.
        gain: factor on the range of the uniform distribution.
    """
    _check_units((features, *hidden, outputs), f"{features}-{list(hidden)}-{outputs}")
    shapes = [(above, below) for below, above in pairwise((features, *hidden, outputs))]
    return Network(*_drawn(shapes, seed, gain), (activation,) * len(hidden), output)


def lenet(
    image: tuple[int, int, int],
    front: Front,
    hidden: Sequence[int],
    outputs: int,
    *,
    activation: str = "tanh",
    output: str = "softmax",
    seed: int = 0,
    gain: float = 1.0,
) -> Network:
    """Return a freshly initialised network of convolutional and dense layers, as LeNet-5 (LeCun et al. 1998) is one.

    Glorot & Bengio 2010, uniform, biases 0; a kernel's fan-in is what an output sees, its fan-out how often it is seen
    in every filter above (kernel area times filters). Of LeNet-5 without what it has besides: trained coefficients of
    the averages, a table of which maps feed which filter, radial outputs.

    Args:
        image: channels, height and width of the inputs.
        front: the convolutional layers.
        hidden: units of the dense hidden layers above them; may be empty.
        outputs: number of outputs.
        activation: of all hidden layers.
        output: "sigmoid", "softmax" or "linear".
        seed: of the initialisation; the same seed gives the same bits.
        gain: factor on the range of the uniform distribution.

    >>> lenet((1, 20, 20), *LENET_5, 10).name
    '20x20-6c5p2-16c5p2-120-84-10'

    Raises:
        StudyError: when kernels or pooling do not fit the image.
    """
    if not front:
        raise StudyError("a network with filters needs at least one convolutional layer; `mlp` makes one without")
    _check_units((*hidden, outputs), f"{list(hidden)}-{outputs}")
    maps = maps_of(tuple(image), front.kernels, front.pools)
    channels = pairwise((image[0], *front.filters))
    kernels = [(above, below, k, k) for (below, above), k in zip(channels, front.kernels, strict=True)]
    dense = pairwise((front.filters[-1] * maps[-1].positions, *hidden, outputs))
    drawn = _drawn([*kernels, *((above, below) for below, above in dense)], seed, gain)
    return Network(*drawn, (activation,) * (len(front) + len(hidden)), output, tuple(image), front.pools)


def fresh(of: Architecture, features: int, outputs: int, seed: int) -> Network:
    """Return `lenet` for rows of square images where there are convolutional layers, else `mlp`.

    Args:
        of: the layers.
        features: number of inputs.
        outputs: number of outputs.
        seed: of the initialisation.
    """
    if of.front:
        image = image_of(features)
        return lenet(image, of.front, of.hidden, outputs, activation=of.activation, output=of.output, seed=seed)
    return mlp(features, of.hidden, outputs, activation=of.activation, output=of.output, seed=seed)


def _check_units(sizes: Sequence[object], told: str) -> None:
    if any(not isinstance(n, numbers.Integral) or n < 1 for n in sizes):
        raise StudyError(f"every layer needs at least one unit; got {told}")


def _drawn(
    shapes: Sequence[tuple[int, ...]], seed: int, gain: float
) -> tuple[tuple[torch.Tensor, ...], tuple[torch.Tensor, ...]]:
    """Return weights of some shapes and biases of 0."""
    generator = torch.Generator().manual_seed(whole("seed", seed))
    weights = []
    for shape in shapes:
        bound = gain * (6 / (math.prod(shape[2:]) * (shape[0] + shape[1]))) ** 0.5
        weights.append((torch.rand(*shape, generator=generator, dtype=torch.float64) * 2 - 1) * bound)
    return tuple(weights), tuple(torch.zeros(shape[0], dtype=torch.float64) for shape in shapes)
