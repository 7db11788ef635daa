"""A stack of dense layers, evaluated in stages so that what follows a unit can be run again alone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from study.errors import StudyError
from study.networks.activations import activation
from study.networks.error import OUTPUTS


def architecture(sizes: Sequence[int]) -> str:
    """Return the sizes of layers, from the first on, as one name.

    >>> architecture((400, 50, 50, 10))
    '400-50-50-10'
    """
    return "-".join(map(str, sizes))


@dataclass(frozen=True)
class Network:
    """A multi-layer perceptron: hidden layers 0..L-1, then the output layer.

    Attributes:
        weights: L+1 matrices, float64; weights[m] has shape (units of layer m, units of layer m-1).
        biases: L+1 vectors, float64, shape (units of layer m,).
        activations: L names, one a hidden layer.
        output: "sigmoid", "softmax" or "linear".

    >>> net = Network((torch.eye(2), torch.ones(1, 2)), (torch.zeros(2), torch.zeros(1)), ("relu",), "linear")
    >>> net(torch.tensor([[1.0, 2.0]]).double()).item()
    3.0
    """

    weights: tuple[Tensor, ...]
    biases: tuple[Tensor, ...]
    activations: tuple[str, ...]
    output: str

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
        for m, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            if w.ndim != 2 or b.shape != (w.shape[0],):
                raise StudyError(f"layer {m}: weight {tuple(w.shape)} does not fit bias {tuple(b.shape)}")
            if m and w.shape[1] != self.weights[m - 1].shape[0]:
                raise StudyError(
                    f"layer {m} takes {w.shape[1]} inputs, but layer {m - 1} has {self.weights[m - 1].shape[0]} units"
                )
            if not (torch.isfinite(w).all() and torch.isfinite(b).all()):
                raise StudyError(f"layer {m} has weights or biases that are not finite: did training diverge?")
        for name in self.activations:
            activation(name)
        if self.output not in OUTPUTS:
            raise StudyError(f"unknown output layer {self.output!r}; known: {', '.join(OUTPUTS)}")

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
    def units(self) -> tuple[Tensor, Tensor]:
        """Hidden layer and index of all hidden units, int64, shape (units,) each, on the CPU."""
        layer = torch.arange(self.depth).repeat_interleave(torch.tensor(self.hidden))
        return layer, torch.cat([torch.arange(n) for n in self.hidden])

    @property
    def depth(self) -> int:
        """Number of hidden layers."""
        return len(self.activations)

    @property
    def name(self) -> str:
        """The sizes of all layers, as in 400-50-50-10."""
        return architecture((self.weights[0].shape[1], *self.hidden, self.biases[-1].shape[0]))

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return sum(w.numel() + b.numel() for w, b in zip(self.weights, self.biases, strict=True))

    def left(self, gains: Sequence[Tensor]) -> tuple[int, int]:
        """Return the parameters and the multiply-adds of a sample's forward pass that units of gain 0 leave."""
        sizes = [self.weights[0].shape[1], *(int(g.count_nonzero()) for g in gains), self.biases[-1].shape[0]]
        multiply_adds = sum(a * b for a, b in pairwise(sizes))
        return multiply_adds + sum(sizes[1:]), multiply_adds

    def pre_activation(self, layer: int, below: Tensor) -> Tensor:
        """Return z of one layer from the outputs below it; (units below, samples) -> (units, samples)."""
        return torch.addmm(self.biases[layer][:, None], self.weights[layer], below)

    def __call__(self, inputs: Tensor, gains: Sequence[Tensor] | None = None) -> Tensor:
        """Return the outputs, shape (samples, outputs): the plain forward pass that every fast path must equal.

        Args:
            inputs: shape (samples, features).
            gains: one vector a hidden layer, shape (units,); all ones where None.
        """
        from study.networks.error import ErrorFunction

        return ErrorFunction(self.output).outputs_(self.logits(inputs, gains)).T

    def logits(self, inputs: Tensor, gains: Sequence[Tensor] | None = None) -> Tensor:
        """Return the output layer's pre-activations, shape (outputs, samples)."""
        h = inputs.to(torch.float64).T
        for m, name in enumerate(self.activations):
            h = activation(name).value_(self.pre_activation(m, h))
            if gains is not None:
                h = h * gains[m][:, None]
        return self.pre_activation(self.depth, h)

    def fold(self, layer: int, unit: int, value: float) -> Network:
        """Return the network with `value` times the unit's outgoing weights added to the next layer's bias.

        Together with gain 0 this replaces the unit's output by the constant `value` (mean removal).
        """
        biases = list(self.biases)
        biases[layer + 1] = biases[layer + 1] + value * self.weights[layer + 1][:, unit]
        return self.resized(self.weights, biases)

    def spread(self, layer: int, unit: int, coefficients: Tensor) -> Network:
        """Return the network with coefficients[j] times the unit's outgoing weights added to those of every unit j.

        Together with `fold` and gain 0 this puts a linear function of its layer in the unit's place (compensation).

        Args:
            layer: of the unit.
            unit: its index.
            coefficients: shape (units of the layer,); 0 for the unit itself.
        """
        weights = list(self.weights)
        outgoing = weights[layer + 1]
        weights[layer + 1] = outgoing + outgoing[:, unit, None] * coefficients.to(outgoing.device)
        return self.resized(weights, self.biases)

    def resized(self, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Network:
        """Return the network with other matrices, which the caller took from these: no check is made again.

        A prune makes thousands of them, and the checks would cost as much as the removals.
        """
        made = object.__new__(Network)
        made.__dict__.update(
            weights=tuple(weights), biases=tuple(biases), activations=self.activations, output=self.output
        )
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
            weights[m + 1] = weights[m + 1][:, keep] * gain[keep]
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
        for m, (w, b) in enumerate(zip(small.weights, small.biases, strict=True)):
            here = gains[m].nonzero()[:, 0] if m < self.depth else torch.arange(len(b))
            weights[m][here[:, None], below] = w
            biases[m][here] = b
            below = here
        return self.resized(weights, biases)

    def digest(self) -> str:
        """Return the SHA-256 of architecture and parameters."""
        sha = hashlib.sha256(f"{self.name} {self.activations} {self.output}".encode())
        for tensor in (*self.weights, *self.biases):
            sha.update(tensor.contiguous().numpy().tobytes())
        return sha.hexdigest()
