"""A stack of layers, convolutional ones first, evaluated so that what follows a unit can be run again alone."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from study.common.errors import StudyError, shown
from study.networks.activations import activation
from study.networks.architecture import Front, layers_name
from study.networks.convolution import Convolution, Matrix, Operator
from study.networks.error import OUTPUTS
from study.networks.maps import Maps, maps_of
from study.networks.parts import Parts


@dataclass(frozen=True)
class Network:
    """Hidden layers 0..L-1, then the output layer: dense ones, before which there may be convolutional ones.

    A unit is what one gain multiplies: a neuron of a dense layer, a filter of a convolutional one, whose gain is on
    its whole output map. Convolutions have square kernels, stride 1 and no padding; the activation's outputs are
    then averaged over squares of positions that do not overlap. Arrays are laid out as `convolution` says.

    Attributes:
        weights: L+1 tensors, float64; weights[m] has shape (units of layer m, units of layer m-1), in a convolutional
            layer (filters, filters or channels below, k, k), above the last of those (units, filters * positions).
        biases: L+1 vectors, float64, shape (units of layer m,).
        activations: L names, one a hidden layer.
        output: "sigmoid", "softmax" or "linear".
        image: channels, height and width of the inputs; empty without convolutional layers.
        pools: for every convolutional layer how many positions, squared, are averaged; 1 for none.

    >>> net = Network((torch.eye(2), torch.ones(1, 2)), (torch.zeros(2), torch.zeros(1)), ("relu",), "linear")
    >>> net(torch.tensor([[1.0, 2.0]]).double()).item()
    3.0
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    activations: tuple[str, ...]
    output: str
    image: tuple[int, ...] = ()
    pools: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "weights", tuple(w.detach().to(torch.float64) for w in self.weights))
        object.__setattr__(self, "biases", tuple(b.detach().to(torch.float64) for b in self.biases))
        if len(self.weights) < 2:
            raise StudyError("a network needs at least one hidden layer: there is nothing to prune without one")
        if len(self.biases) != len(self.weights) or len(self.activations) != len(self.weights) - 1:
            raise StudyError(
                f"{len(self.weights)} weight matrices need as many biases and one activation less; got "
                f"{len(self.biases)} and {len(self.activations)}"
            )
        self._check_front()
        for m, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if w.ndim != (4 if m < self.front else 2) or b.shape != (w.shape[0],):
                raise StudyError(f"layer {m}: weight {tuple(w.shape)} does not fit bias {tuple(b.shape)}")
            below, each = self.weights[m - 1].shape[0] if m else 0, self.maps(m - 1).positions
            if m and w.shape[1] != below * (1 if m < self.front else each):
                maps = f" with maps of {each} positions" if self.front else ""
                raise StudyError(f"layer {m} takes {w.shape[1]} inputs, but layer {m - 1} has {below} units{maps}")
            if not (torch.isfinite(w).all() and torch.isfinite(b).all()):
                raise StudyError(f"layer {m} has weights or biases that are not finite: did training diverge?")
        for name in self.activations:
            activation(name)
        if not isinstance(self.output, str) or self.output not in OUTPUTS:
            raise StudyError(f"unknown output layer {shown(self.output)}; known: {', '.join(OUTPUTS)}")

    def _check_front(self) -> None:
        if not self.front:
            if self.image:
                raise StudyError(f"image={self.image} goes with convolutional layers; this network has none")
            return
        if self.front > self.depth:
            raise StudyError("above its convolutional layers a network needs a dense layer, the outputs at least")
        if len(self.image) != 3 or min(self.image) < 1:
            raise StudyError(f"image={self.image}: convolutional layers need channels, height and width of the inputs")
        for m, w in enumerate(self.weights[: self.front]):
            if w.ndim != 4 or w.shape[2] != w.shape[3]:
                raise StudyError(f"layer {m}: {tuple(w.shape)} are no square kernels (filters, filters below, k, k)")
        if self.weights[0].shape[1] != self.image[0]:
            raise StudyError(f"layer 0 takes {self.weights[0].shape[1]} channels, but images have {self.image[0]}")
        maps_of(self.image, self.kernels, self.pools, whole=False)

    @property
    def front(self) -> int:
        """Number of convolutional layers."""
        return len(self.pools)

    @property
    def kernels(self) -> tuple[int, ...]:
        """Sizes of the kernels of the convolutional layers."""
        return tuple(w.shape[2] for w in self.weights[: self.front])

    def maps(self, layer: int) -> Maps:
        """Return the maps of a layer's units: one position in a dense layer; -1 for the inputs."""
        if layer >= self.front or not self.front:
            return Maps()
        return Maps(*self.image[1:]) if layer < 0 else maps_of(self.image, self.kernels, self.pools, whole=False)[layer]

    def operator(self, layer: int) -> Operator:
        """Return how the outputs below a layer make its pre-activations."""
        below = self.maps(layer - 1)
        if layer < self.front:
            return Convolution(self.weights[layer], below.height // below.pool, below.width // below.pool)
        return Matrix(self.weights[layer], below.positions)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.weights[0].device

    def to(self, device: torch.device) -> Network:
        """Return the network with its weights on a device."""
        if self.device == device:
            return self
        weights, biases = (tuple(x.to(device) for x in xs) for xs in (self.weights, self.biases))
        return replace(self, weights=weights, biases=biases)

    @property
    def hidden(self) -> tuple[int, ...]:
        """Units of every hidden layer."""
        return tuple(b.shape[0] for b in self.biases[:-1])

    @property
    def units(self) -> Parts:
        """All hidden units, by layer, then index."""
        return Parts.there(torch.ones(n) for n in self.hidden)

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return len(self.activations)

    @property
    def name(self) -> str:
        """The sizes of all layers, as in 400-50-50-10, or with filters (their kernels, their pooling) in
        20x20-6c5p2-16c5p2-120-84-10."""
        front = Front(self.hidden[: self.front], self.kernels, self.pools)
        sizes = (*self.hidden[self.front :], self.biases[-1].shape[0])
        return layers_name((self.features, *sizes), front, self.image)

    @property
    def features(self) -> int:
        """Number of inputs of a sample."""
        return math.prod(self.image) if self.front else self.weights[0].shape[1]

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return sum(w.numel() + b.numel() for w, b in zip(self.weights, self.biases, strict=True))

    def left(self, gains: Sequence[Tensor]) -> tuple[int, int]:
        """Return the parameters and the multiply-adds of a sample's forward pass that units of gain 0 leave."""
        sizes = [len(self.weights[0][0]), *(int(g.count_nonzero()) for g in gains), len(self.biases[-1])]
        weights = [a * b * self.operator(m).by_unit.shape[2] for m, (a, b) in enumerate(pairwise(sizes))]
        multiply_adds = sum(w * self.maps(m).size for m, w in enumerate(weights))
        return sum(weights) + sum(sizes[1:]), multiply_adds

    def below(self, inputs: Tensor) -> Tensor:
        """Return inputs, shape (samples, features), as what the first layer sees.

        Shape (features, samples), or (channels, positions * samples).
        """
        return inputs.T.reshape(self.image[0], len(inputs) * self.maps(-1).size) if self.front else inputs.T

    def pre_activation(self, layer: int, below: Tensor) -> Tensor:
        """Return z of one layer from the outputs below it."""
        return self.operator(layer).forward(below, self.biases[layer])

    def outputs_(self, layer: int, z: Tensor) -> Tensor:
        """Return o of one hidden layer from its pre-activations, which are overwritten."""
        return self.maps(layer).pooled(activation(self.activations[layer]).value_(z))

    def above(self, layer: int, z: Tensor) -> Tensor:
        """Return the output layer's pre-activations from those of a layer, which are overwritten."""
        for m in range(layer, self.depth):
            z = self.pre_activation(m + 1, self.outputs_(m, z))
        return z

    def __call__(self, inputs: Tensor, gains: Sequence[Tensor] | None = None) -> Tensor:
        """Return the outputs, shape (samples, outputs): the plain forward pass that every fast path must equal.

        Args:
            inputs: shape (samples, features); an array or a data frame will do.
            gains: one vector a hidden layer, shape (units,); all ones where None.
        """
        from study.networks.error import ErrorFunction

        return ErrorFunction(self.output).outputs_(self.logits(inputs, gains)).T

    def logits(self, inputs: Tensor, gains: Sequence[Tensor] | None = None) -> Tensor:
        """Return the output layer's pre-activations, shape (outputs, samples); see `__call__`."""
        if not isinstance(inputs, Tensor):
            from study.data import table

            inputs = table("inputs", inputs)
        if inputs.ndim != 2 or inputs.shape[1] != self.features:
            raise StudyError(f"network {self.name} takes inputs (samples, {self.features}), got {tuple(inputs.shape)}")
        h = self.below(inputs.to(torch.float64))
        for m in range(self.depth):
            h = self.outputs_(m, self.pre_activation(m, h))
            if gains is not None:
                h = h * gains[m][:, None]
        return self.pre_activation(self.depth, h)

    def absorb(self, layer: int, unit: int, value: float) -> Network:
        """Return the network with `value` times the unit's outgoing weights added to the next layer's bias.

        Together with gain 0 this replaces the unit's output, at all positions, by the constant `value` (mean removal).
        """
        biases = list(self.biases)
        biases[layer + 1] = biases[layer + 1] + value * self.operator(layer + 1).by_unit[:, unit].sum(1)
        return self.resized(self.weights, biases)

    def reconstruct(self, layer: int, unit: int, coefficients: Tensor) -> Network:
        """Return the network with coefficients[j] times the unit's outgoing weights added to those of every unit j.

        Together with `absorb` and gain 0 this puts a linear function of its layer in the unit's place (compensation).

        Args:
            layer: of the unit.
            unit: its index.
            coefficients: shape (units of the layer,); 0 for the unit itself.
        """
        weights, operator = list(self.weights), self.operator(layer + 1)
        outgoing = operator.by_unit
        weights[layer + 1] = operator.of(outgoing + outgoing[:, unit, None] * coefficients.to(self.device)[:, None])
        return self.resized(weights, self.biases)

    def resized(self, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Network:
        """Return the network with other matrices, which the caller took from these: no check is made again.

        A prune makes thousands of them, and the checks would cost as much as the removals.
        """
        made = object.__new__(Network)
        made.__dict__.update(self.__dict__, weights=tuple(weights), biases=tuple(biases))
        return made

    def compact(self, gains: Sequence[Tensor]) -> Network:
        """Return the smaller network without the units of gain 0; other gains go into the outgoing weights.

        Every hidden layer keeps at least one unit's room: a layer without units left passes on only the bias of the
        next layer, which an empty matrix does just as well.
        """
        weights, biases = list(self.weights), list(self.biases)
        for m, gain in enumerate(gains):
            keep = gain != 0
            weights[m], biases[m] = weights[m][keep], biases[m][keep]
            operator = replace(self.operator(m + 1), weights=weights[m + 1])
            weights[m + 1] = operator.of(operator.by_unit[:, keep] * gain[keep, None])
        return self.resized(weights, biases)

    def expanded(self, gains: Sequence[Tensor], small: Network) -> Network:
        """Return this network with the parameters of its compact form: units keep their indices. Inverse of `compact`.

        Whatever led into or out of a removed unit is 0: it has no influence, with or without its gain.

        Args:
            gains: one vector a hidden layer, shape (units,); 1, or 0 where a unit was removed.
            small: of the sizes of `compact(gains)`, as after training it.

        Raises:
            StudyError: when the sizes differ.

        >>> net = Network((torch.eye(2), torch.ones(1, 2)), (torch.zeros(2), torch.zeros(1)), ("relu",), "linear")
        >>> gains = [torch.tensor([0.0, 1.0])]
        >>> net.expanded(gains, net.compact(gains)).weights[1].tolist()
        [[0.0, 1.0]]
        """
        left = tuple(int(g.count_nonzero()) for g in gains)
        if small.hidden != left:
            raise StudyError(f"{small.name} has hidden layers of {small.hidden} units; the gains leave {left}")
        weights, biases = [torch.zeros_like(w) for w in self.weights], [torch.zeros_like(b) for b in self.biases]
        below = torch.arange(self.weights[0].shape[1])
        for m, b in enumerate(small.biases):
            here = gains[m].nonzero()[:, 0] if m < self.depth else torch.arange(len(b))
            operator = self.operator(m)
            by_unit = torch.zeros_like(operator.by_unit)
            by_unit[here[:, None], below] = small.operator(m).by_unit
            weights[m], biases[m][here] = operator.of(by_unit), b
            below = here
        return self.resized(weights, biases)

    def digest(self) -> str:
        """Return the SHA-256 of architecture and parameters."""
        sha = hashlib.sha256(f"{self.name} {self.activations} {self.output}".encode())
        for tensor in (*self.weights, *self.biases):
            sha.update(tensor.contiguous().numpy().tobytes())
        return sha.hexdigest()
