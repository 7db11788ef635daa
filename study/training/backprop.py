"""Back-propagation through a stack of dense layers whose parameters lie in one vector."""

from __future__ import annotations

import torch
from torch import Tensor

from study.networks import ErrorFunction, Network
from study.networks.activations import activation


class Parameters:
    """All weights and biases of a network as one vector, beside the vector of their gradients.

    One vector makes a step of an optimiser a handful of operations, whatever the depth.

    Attributes:
        vector: shape (parameters,); an optimiser changes it in place.
        weights, biases: views into `vector`, as in `Network`.
        error: half squared error, cross-entropy under a softmax.
        decay: lambda; what is minimised is the error's mean over samples + lambda/2 sum w^2 over all weights.
    """

    def __init__(
        self, network: Network, dtype: torch.dtype = torch.float64, input_scale: float = 1.0, decay: float = 0.0
    ) -> None:
        self.template = network
        self.scale = input_scale
        self.decay = decay
        self.error = ErrorFunction(network.output, "cross_entropy" if network.output == "softmax" else "half_squared")
        self._kinds = [activation(name) for name in network.activations]
        self.vector = torch.empty(network.parameters, dtype=dtype)
        self.gradient = torch.zeros_like(self.vector)
        self.weights, self.biases = self._views(self.vector)
        self._weight_gradients, self._bias_gradients = self._views(self.gradient)
        for m, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
            self.weights[m].copy_(w * input_scale if m == 0 else w)
            self.biases[m].copy_(b)

    def _views(self, vector: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        weights, biases, start = [], [], 0
        for w, b in zip(self.template.weights, self.template.biases, strict=True):
            weights.append(vector[start : start + w.numel()].view(w.shape))
            biases.append(vector[start + w.numel() : start + w.numel() + b.numel()])
            start += w.numel() + b.numel()
        return weights, biases

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the output layer's pre-activations, shape (outputs, samples), of inputs (samples, features)."""
        h = inputs.T
        for m, kind in enumerate(self._kinds):
            h = kind.value_(torch.addmm(self.biases[m][:, None], self.weights[m], h))
        return torch.addmm(self.biases[-1][:, None], self.weights[-1], h)

    def backward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Set `gradient` to that of what is minimised and return the output pre-activations.

        delta_m = (W_(m+1)' delta_(m+1)) s'(z_m), dE/dW_m = delta_m o_(m-1)' (Rumelhart, Hinton & Williams 1986).

        Args:
            inputs: shape (samples, features), already divided by the input scale.
            targets: shape (samples, outputs).
        """
        below, before = [inputs.T], []
        for m, kind in enumerate(self._kinds):
            z = torch.addmm(self.biases[m][:, None], self.weights[m], below[-1])
            below.append(kind.value_(z) if kind.from_output else kind.value(z))
            before.append(z)
        z_out = torch.addmm(self.biases[-1][:, None], self.weights[-1], below[-1])
        delta = self.error.gradient(z_out, targets.T).div_(len(inputs))
        for m in range(len(self.weights) - 1, -1, -1):
            torch.mm(delta, below[m].T, out=self._weight_gradients[m])
            torch.sum(delta, 1, out=self._bias_gradients[m])
            if m:
                slope = self._kinds[m - 1].first(before[m - 1], below[m])
                delta = torch.mm(self.weights[m].T, delta).mul_(slope)
        if self.decay:
            for gradient, w in zip(self._weight_gradients, self.weights, strict=True):
                gradient.add_(w, alpha=self.decay)
        return z_out

    def penalty(self) -> float:
        """Return lambda/2 sum w^2."""
        return self.decay / 2 * sum(float(w.square().sum()) for w in self.weights) if self.decay else 0.0

    def network(self) -> Network:
        """Return the network with the present parameters, in float64 and for raw inputs."""
        weights = [w.to(torch.float64, copy=True) for w in self.weights]
        weights[0] /= self.scale
        return Network(
            tuple(weights),
            tuple(b.to(torch.float64, copy=True) for b in self.biases),
            self.template.activations,
            self.template.output,
        )
