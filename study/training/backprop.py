"""Back-propagation through a stack of layers whose parameters lie in one vector.

Written by hand because it pays, and because recorded networks hang on its bits. A masked step of 784-300-100-10 (batch
60, Adam, float32, one thread) took 1.30 ms against 1.54 ms by autograd on the same vector in the quietest of three
measurements, 2.5 and 2.75 ms against 3.0 and 3.1 ms in the others: 1.19, 1.17 and 1.08 times faster; of 64-100-50-10,
1.35 to 1.63 times (`python -m study.speed step`: five rounds of 100 steps in turn; two cores, of which other work took
both, load 3.1 to 3.6). The tests hold it to autograd.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from study.networks import ErrorFunction, Network
from study.networks.activations import activation

Drop = Callable[[Tensor], Tensor]
"""Returns what the outputs of the next hidden layer are multiplied by, an array like them."""


class Parameters:
    """All weights and biases of a network as one vector, beside the vector of their gradients.

    One vector makes a step of an optimiser a handful of operations, whatever the depth.

    Attributes:
        vector: shape (parameters,); an optimiser changes it in place.
        weights, biases: views into `vector`, as in `Network`.
        error: half squared error, cross-entropy under a softmax; for what is minimised see `minimised` and `slope`.
        decay, l1: lambda and mu; what is minimised is the error's mean over samples + lambda/2 sum w^2 + mu sum |w|
            over all weights.
    """

    def __init__(
        self,
        network: Network,
        dtype: torch.dtype = torch.float64,
        input_scale: float = 1.0,
        decay: float = 0.0,
        l1: float = 0.0,
    ) -> None:
        self.template = network
        self.scale = input_scale
        self.decay, self.l1 = decay, l1
        self.error = ErrorFunction(network.output, "cross_entropy" if network.output == "softmax" else "half_squared")
        self._kinds = [activation(name) for name in network.activations]
        self.vector = torch.empty(network.parameters, dtype=dtype)
        self.gradient = torch.zeros_like(self.vector)
        self.weights, self.biases = self._views(self.vector)
        self._weight_gradients, self._bias_gradients = self._views(self.gradient)
        for m, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            self.weights[m].copy_(w * input_scale if m == 0 else w)
            self.biases[m].copy_(b)
        self._operators = [replace(network.operator(m), weights=w) for m, w in enumerate(self.weights)]
        self._maps = [network.maps(m) for m in range(network.depth)]

    def _views(self, vector: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        weights, biases, start = [], [], 0
        for w, b in zip(self.template.weights, self.template.biases, strict=True):
            weights.append(vector[start : start + w.numel()].view(w.shape))
            biases.append(vector[start + w.numel() : start + w.numel() + b.numel()])
            start += w.numel() + b.numel()
        return weights, biases

    def minimised(self, z: Tensor, t: Tensor) -> Tensor:
        """Return E of output pre-activations z, shape (outputs, samples), as it is minimised.

        The plain formulas here and in `slope` are those of `ErrorFunction` in a rounding that never changes: a trained
        network depends on the last bit of every step, and its key promises the same bits.
        """
        if self.error.error == "cross_entropy":
            return -(torch.log_softmax(z, dim=-2) * t).sum((-2, -1))
        return self.error.total(z, t)

    def slope(self, z: Tensor, t: Tensor) -> Tensor:
        """Return dE/dz, shape (outputs, samples), of what is minimised."""
        if self.error.error == "cross_entropy":
            return self.error.outputs(z) * t.sum(0) - t
        return self.error.gradient(z, t)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the output layer's pre-activations, shape (outputs, samples), of inputs (samples, features)."""
        h = self.template.below(inputs)
        for m, kind in enumerate(self._kinds):
            h = self._maps[m].pooled(kind.value_(self._operators[m].forward(h, self.biases[m])))
        return self._operators[-1].forward(h, self.biases[-1])

    def backward(self, inputs: Tensor, targets: Tensor, drop: Drop | None = None) -> Tensor:
        """Set `gradient` to that of what is minimised and return the output pre-activations.

        delta_m = (W_(m+1)' delta_(m+1)) s'(z_m), dE/dW_m = delta_m o_(m-1)' (Rumelhart, Hinton & Williams 1986); where
        filters are, W' is the transposed convolution, and what pooling averaged is shared out.

        Args:
            inputs: shape (samples, features), already divided by the input scale.
            targets: shape (samples, outputs).
            drop: gives the factors of dropout, asked once a hidden layer from below; None for none.
        """
        below, layers = [self.template.below(inputs)], []
        factors: list[Tensor] = []
        for m, kind in enumerate(self._kinds):
            z = self._operators[m].forward(below[-1], self.biases[m])
            a = kind.value_(z) if kind.from_output else kind.value(z)
            h = self._maps[m].pooled(a)
            if drop is not None:
                factors.append(drop(h))
                h = h * factors[m]
            below.append(h)
            layers.append((z, a))
        z_out = self._operators[-1].forward(below[-1], self.biases[-1])
        delta = self.slope(z_out, targets.T).div_(len(inputs))
        for m in range(len(self.weights) - 1, -1, -1):
            self._operators[m].gradient(delta, below[m], out=self._weight_gradients[m])
            torch.sum(delta, 1, out=self._bias_gradients[m])
            if m:
                slope = self._kinds[m - 1].first(*layers[m - 1])
                delta = self._operators[m].transposed(delta)
                if drop is not None:
                    delta = delta * factors[m - 1]
                delta = self._maps[m - 1].unpooled(delta).mul_(slope)
        for gradient, w in zip(self._weight_gradients, self.weights, strict=True):
            if self.decay:
                gradient.add_(w, alpha=self.decay)
            if self.l1:
                gradient.add_(torch.sign(w), alpha=self.l1)
        return z_out

    def penalty(self) -> float:
        """Return lambda/2 sum w^2 + mu sum |w|."""
        squares = self.decay / 2 * sum(float(w.square().sum()) for w in self.weights) if self.decay else 0.0
        return squares + (self.l1 * sum(float(w.abs().sum()) for w in self.weights) if self.l1 else 0.0)

    def network(self, vector: Tensor | None = None) -> Network:
        """Return the network with the present parameters, in float64 and for raw inputs.

        Args:
            vector: other parameters, as `vector` was at another time; None for the present ones.
        """
        views = self._views(self.vector if vector is None else vector)
        weights, biases = ([x.to(torch.float64, copy=True) for x in xs] for xs in views)
        weights[0] /= self.scale
        return replace(self.template, weights=tuple(weights), biases=tuple(biases))
