"""Sizes of networks: convolutional layers in front of dense ones, and names that say all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from study.common.errors import StudyError
from study.networks.maps import image_of, maps_of


@dataclass(frozen=True)
class Front:
    """The convolutional layers of a network, from the input on; none by default.

    Attributes:
        filters: units of every layer.
        kernels: width and height of their kernels.
        pools: of how many positions, squared, the outputs are averaged; 1 for none.

    >>> len(Front((6, 16), (5, 5), (2, 2))), len(Front())
    (2, 0)
    """

    filters: tuple[int, ...] = ()
    kernels: tuple[int, ...] = ()
    pools: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not len(self.filters) == len(self.kernels) == len(self.pools):
            raise StudyError(
                f"filters={list(self.filters)}, kernels={list(self.kernels)} and pools={list(self.pools)}: one number "
                "each is needed for every convolutional layer"
            )
        if any(n < 1 for n in (*self.filters, *self.kernels, *self.pools)):
            raise StudyError(f"filters, kernels and pools must be 1 or more; got {self}")

    def __len__(self) -> int:
        return len(self.filters)


def layers_name(sizes: Sequence[int], front: Front | None = None, image: Sequence[int] = ()) -> str:
    """Return the sizes of all layers as one name.

    Args:
        sizes: inputs, hidden dense layers and outputs.
        front: the convolutional layers; 6c5p2 are 6 filters of 5x5, averaged over 2x2.
        image: channels, height and width of the inputs, where there are some; one channel goes without saying.

    >>> layers_name((400, 50, 50, 10))
    '400-50-50-10'
    >>> layers_name((400, 120, 84, 10), Front((6, 16), (5, 5), (2, 1)), (1, 20, 20))
    '20x20-6c5p2-16c5-120-84-10'
    """
    if not front:
        return "-".join(map(str, sizes))
    start = "x".join(map(str, image[1:] if image[0] == 1 else image))
    layers = zip(front.filters, front.kernels, front.pools, strict=True)
    filters = [f"{n}c{k}" + (f"p{p}" if p > 1 else "") for n, k, p in layers]
    return "-".join([start, *filters, *map(str, sizes[1:])])


@dataclass(frozen=True)
class Architecture:
    """The layers of a network but for its inputs and outputs, whose number the data give.

    Attributes:
        hidden: units of every hidden dense layer, from the input on.
        activation: of all hidden layers.
        output: "sigmoid", "softmax" or "linear".
        front: the convolutional layers before the dense ones.
    """

    hidden: tuple[int, ...]
    activation: str
    output: str
    front: Front = Front()

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of every hidden layer."""
        return (self.activation,) * (len(self.front) + len(self.hidden))

    def fitted(self, features: int, outputs: int) -> str:
        """Return the name of a network for data, whose rows are square images where it has convolutional layers.

        >>> Architecture((60,), "tanh", "softmax", Front((6,), (3,), (2,))).fitted(64, 10)
        '8x8-6c3p2-60-10'

        Raises:
            StudyError: when they do not fit.
        """
        sizes = (features, *self.hidden, outputs)
        if not self.front:
            return layers_name(sizes)
        image = image_of(features)
        maps_of(image, self.front.kernels, self.front.pools)
        return layers_name(sizes, self.front, image)
