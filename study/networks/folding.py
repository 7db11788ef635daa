"""A person's layers, folded into a network: what changes nothing is left out, normalisations go into linear layers.

What a layer does in evaluation mode counts, not its type. Every layer without weights is tried on random numbers: the
identity (dropout of any kind, a flatten of rows) is left out, a known function is the layer's activation. A batch
normalisation is a scale and a shift of every feature: those go into the linear layer below it, or, behind an
activation, into the one above. A unit's output is then its activation's, before that scale and shift.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import log_softmax, logsigmoid
from torch.nn.modules.batchnorm import _BatchNorm

from study.common.errors import StudyError
from study.networks.activations import ACTIVATIONS
from study.networks.reading import ROWS, Affine, distance, linear_map, normalisation

MODULES: dict[type[nn.Module], str] = {
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
    nn.ReLU: "relu",
    nn.Softplus: "softplus",
    nn.Identity: "linear",
}
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    **{name: ACTIVATIONS[name].value for name in ("linear", *ACTIVATIONS)},
    "softmax": lambda z: z.softmax(1),
    "log_softmax": lambda z: log_softmax(z, 1),
    "log_sigmoid": logsigmoid,
}
"""What a layer without weights may do: an activation, or an output layer; the identity comes first."""
NAMES: dict[type[nn.Module], str] = {
    **MODULES,
    nn.Softmax: "softmax",
    nn.LogSoftmax: "log_softmax",
    nn.LogSigmoid: "log_sigmoid",
}
OUTPUT_OF = {"log_softmax": "softmax", "log_sigmoid": "sigmoid"}
"""The output layer of a module that ends in logarithms: E is of the probabilities."""
LARGE = 1e4
"""How much larger the second numbers are on which a function is tried: one that clips at some bound is another one."""
NOT_NEGATIVE = ("relu", "sigmoid", "softplus")


class Stack:
    """What the layers so far come to.

    Attributes:
        weights, biases: of the linear and convolutional layers, as a `Network` has them.
        activations: of all but the last of them.
        pools: of the convolutional ones; -n where maps are averaged to n x n positions, whatever their size.
        rounded: layers whose average pooling rounds up.
        image: that an Unflatten at the start makes of a row; else empty.
        last: what follows the last layer; None for nothing.
        waiting: scale and shift of the last layer's outputs (of the inputs, at the start) that go into the next layer.
        flat: maps are flattened.
    """

    def __init__(self, first: nn.Linear | nn.Conv2d | None) -> None:
        """Begin with the first layer that has weights, which tells what the inputs are."""
        like = torch.zeros(0, 0, device="cpu") if first is None else first.weight
        self.device, self.dtype, self.inputs = like.device, like.dtype, like.shape[1]
        self.images = isinstance(first, nn.Conv2d)
        self.weights: list[Tensor] = []
        self.biases: list[Tensor] = []
        self.activations: list[str] = []
        self.pools: list[int] = []
        self.rounded: list[int] = []
        self.image: tuple[int, ...] = ()
        self.last: str | None = None
        self.waiting: Affine | None = None
        self.flat = False

    @property
    def on_maps(self) -> bool:
        """Whether what comes next sees maps."""
        return self.images and len(self.pools) == len(self.weights) and not self.flat

    @property
    def units(self) -> int:
        """Units of the last layer; inputs or channels at the start."""
        return len(self.weights[-1]) if self.weights else self.inputs

    @property
    def output(self) -> str:
        """The output layer.

        Raises:
            StudyError: where a scale and a shift follow it.
        """
        if self.waiting is not None:
            raise StudyError("a batch normalisation behind the output layer cannot be pruned here; leave it out")
        return self.last or "linear"

    def add(self, layer: nn.Module) -> None:
        """Add the next layer.

        Raises:
            StudyError: for one that cannot stand here, naming it.
        """
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            self._link(layer)
        elif isinstance(layer, _BatchNorm):
            self._normalise(layer)
        elif isinstance(layer, nn.AvgPool2d) and self.on_maps and self.weights:
            self._pool(layer)
        elif isinstance(layer, nn.AdaptiveAvgPool2d) and self.on_maps and self.weights:
            self._adapt(layer)
        elif isinstance(layer, nn.Flatten) and self.on_maps:
            self._flatten(layer)
        elif isinstance(layer, nn.Unflatten) and self.on_maps and not (self.weights or self.image):
            self._unflatten(layer)
        else:
            self._function(layer)

    def _link(self, layer: nn.Linear | nn.Conv2d) -> None:
        if isinstance(layer, nn.Conv2d):
            if not self.on_maps:
                raise _cannot(layer)
            _check_plain(layer)
        weight, bias = linear_map(layer)
        if self.weights:
            self.activations.append(self.last or "linear")
        if self.waiting is not None:
            weight, bias = _behind(*self.waiting, weight, bias)
        self.weights.append(weight)
        self.biases.append(bias)
        if isinstance(layer, nn.Conv2d):
            self.pools.append(1)
        self.last = self.waiting = None

    def _normalise(self, layer: _BatchNorm) -> None:
        scale, shift = normalisation(layer, self.on_maps)
        flattened = self.flat and len(self.pools) == len(self.weights)
        if len(scale) % self.units if flattened and self.units else len(scale) != self.units:
            raise StudyError(f"a {type(layer).__name__} of {len(scale)} features does not fit {self.units} units below")
        if self.weights and self.last is self.waiting is None and len(scale) == self.units:
            each = (-1,) + (1,) * (self.weights[-1].ndim - 1)
            self.weights[-1] = self.weights[-1] * scale.reshape(each)
            self.biases[-1] = self.biases[-1] * scale + shift
            return
        if self.waiting is not None:
            before, moved = (x.repeat_interleave(len(scale) // len(x)) for x in self.waiting)
            scale, shift = scale * before, scale * moved + shift
        self.waiting = scale, shift

    def _pool(self, layer: nn.AvgPool2d) -> None:
        size, stride = (x if isinstance(x, tuple) else (x, x) for x in (layer.kernel_size, layer.stride))
        plain = size == stride and size[0] == size[1] and layer.padding in (0, (0, 0)) and not layer.divisor_override
        if not plain:
            raise StudyError(f"{layer} cannot be pruned here: square, its stride its size and no padding are needed")
        if self.pools[-1] < 0:
            raise _cannot(layer)
        self.pools[-1] *= int(size[0])  # averages of averages are averages of larger squares
        if layer.ceil_mode:
            self.rounded.append(len(self.pools) - 1)

    def _adapt(self, layer: nn.AdaptiveAvgPool2d) -> None:
        size = layer.output_size if isinstance(layer.output_size, tuple) else (layer.output_size,) * 2
        if size[0] != size[1] or not isinstance(size[0], int) or self.pools[-1] != 1:
            raise StudyError(f"{layer} cannot be pruned here: one size, and no pooling before it, are needed")
        self.pools[-1] = -size[0]

    def _flatten(self, layer: nn.Flatten) -> None:
        if layer.start_dim not in (1, -3) or layer.end_dim not in (-1, 3):
            raise StudyError(f"{layer} cannot be pruned here: Flatten() as it is by default is needed")
        self.flat = True

    def _unflatten(self, layer: nn.Unflatten) -> None:
        size = tuple(layer.unflattened_size)
        if layer.dim not in (1, -1) or len(size) != 3 or not all(isinstance(n, int) and n > 0 for n in size):
            raise StudyError(f"{layer} cannot be pruned here: Unflatten(1, (channels, height, width)) is needed")
        self.image = size

    def _function(self, layer: nn.Module) -> None:
        name = self._tried(layer)
        if name == "linear" or (name == "relu" and self.last in NOT_NEGATIVE and self.waiting is None):
            return
        pooled = self.on_maps and bool(self.pools) and self.pools[-1] != 1
        if name is None or not self.weights or self.last or self.waiting is not None or pooled:
            raise _cannot(layer)
        self.last = name

    def _tried(self, layer: nn.Module) -> str | None:
        """Return what a layer without weights does to outputs like those below it; None for nothing known.

        Raises:
            StudyError: where it is another function than its type says.
        """
        size = (max(1, self.units), *((3, 3) if self.on_maps else ()))
        generator = torch.Generator("cpu").manual_seed(0)
        small = 4 * torch.randn(ROWS, *size, generator=generator, dtype=torch.float64, device="cpu")
        like = next(layer.parameters(), None)
        dtype = torch.float64 if like is None and self.device.type != "mps" else getattr(like, "dtype", torch.float32)
        try:
            parts = [(z, layer(z.to(self.device, dtype))) for z in (small, LARGE * small)]
        except Exception:  # whatever a person's own forward raises on rows of its own kind of input
            return None
        for name, function in FUNCTIONS.items():
            if all(distance(found, function(z), dtype) is None for z, found in parts):
                return name
        named = next((name for kind, name in NAMES.items() if isinstance(layer, kind)), None)
        if named is not None:
            off = max(distance(found, FUNCTIONS[named](z), dtype) or 0.0 for z, found in parts)
            raise StudyError(
                f"cannot prune a {type(layer).__name__} here: the outputs of {layer} differ by up to {off:.2g} from "
                f"those of a {named.replace('_', ' ')}" + (" over each row" if "softmax" in named else "")
            )
        return None


def _behind(scale: Tensor, shift: Tensor, weight: Tensor, bias: Tensor) -> Affine:
    """Return weight and bias of a layer that takes in a scale and a shift of what is below it."""
    if weight.shape[1] % len(scale):
        raise StudyError(f"a batch normalisation of {len(scale)} features is followed by {weight.shape[1]} inputs")
    by_unit = weight.reshape(len(weight), len(scale), -1)
    bias = bias + (by_unit.sum(2) * shift).sum(1)
    return (by_unit * scale[:, None]).reshape(weight.shape), bias


def _check_plain(layer: nn.Conv2d) -> None:
    """Refuse a convolution that is none of stride 1, without padding, dilation and groups.

    Raises:
        StudyError: naming what it has.
    """
    usual = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    for name, value in usual.items():
        found = getattr(layer, name)
        if found not in (value, "valid"):
            raise StudyError(f"a Conv2d with {name}={found} cannot be pruned here; {name}={value} is needed")


def _cannot(layer: nn.Module) -> StudyError:
    known = ", ".join(m.__name__ for m in MODULES)
    return StudyError(
        f"cannot prune a {type(layer).__name__} here: a stack of Linear layers is needed, each followed by at most one "
        f"of {known} (Softmax, LogSoftmax or LogSigmoid at the end); before them there may be Conv2d layers, each with "
        "one of these and then AvgPool2d, and a Flatten. Dropout of any kind and BatchNorm may stand between"
    )
