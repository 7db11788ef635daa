"""Output layers and errors: E from the output layer's pre-activations, with the derivatives that the criteria need.

Layout everywhere: outputs first, samples last, shape (..., outputs, samples); any leading axes are candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from study.errors import StudyError

OUTPUTS = ("sigmoid", "softmax", "linear")
ERRORS = ("half_squared", "cross_entropy")


@dataclass(frozen=True)
class ErrorFunction:
    """E = sum over samples of an error of the outputs (paper: 1/2 sum (o - t)^2, summed, not averaged).

    Attributes:
        output: "sigmoid", "linear" (element by element) or "softmax".
        error: "half_squared" or, under a softmax, "cross_entropy" (-sum t log o).

    >>> E = ErrorFunction("linear", "half_squared")
    >>> E.total(torch.tensor([[1.0, 3.0]]), torch.tensor([[1.0, 1.0]])).item()
    2.0
    """

    output: str
    error: str = "half_squared"

    def __post_init__(self) -> None:
        if self.output not in OUTPUTS:
            raise StudyError(f"unknown output layer {self.output!r}; known: {', '.join(OUTPUTS)}")
        if self.error not in ERRORS:
            raise StudyError(f"unknown error {self.error!r}; known: {', '.join(ERRORS)}")
        if self.error == "cross_entropy" and self.output != "softmax":
            raise StudyError(f"error=cross_entropy needs a softmax output layer; this one is {self.output}")

    def outputs(self, z: Tensor) -> Tensor:
        """Return o, shape of z (..., outputs, samples)."""
        return self.outputs_(z.clone())

    def outputs_(self, z: Tensor) -> Tensor:
        """The same in place: z is overwritten."""
        if self.output == "sigmoid":
            return z.sigmoid_()
        if self.output == "softmax":
            z.sub_(z.amax(dim=-2, keepdim=True)).exp_()
            return z.div_(z.sum(dim=-2, keepdim=True))
        return z

    def total(self, z: Tensor, t: Tensor) -> Tensor:
        """Return E summed over outputs and samples, shape (...)."""
        return self.total_(z.clone(), t)

    def total_(self, z: Tensor, t: Tensor) -> Tensor:
        """The same, with z (..., outputs, samples) overwritten; t (outputs, samples)."""
        if self.error == "cross_entropy":
            return -(torch.log_softmax(z, dim=-2) * t).sum((-2, -1))
        flat = self.outputs_(z).sub_(t).flatten(-2)
        return torch.linalg.vecdot(flat, flat).mul_(0.5)

    def gradient(self, z: Tensor, t: Tensor) -> Tensor:
        """Return dE/dz, shape (outputs, samples)."""
        o = self.outputs(z)
        if self.error == "cross_entropy":
            return o * t.sum(0) - t
        e = o - t
        if self.output == "sigmoid":
            return e * o * (1 - o)
        if self.output == "softmax":
            return o * (e - (o * e).sum(0))
        return e

    def diagonal(self, z: Tensor, t: Tensor) -> Tensor:
        """Return d2E/dz_i^2 for every output i, shape (outputs, samples); exact, cross terms (i, j) left out."""
        o = self.outputs(z)
        if self.error == "cross_entropy":
            return o * (1 - o) * t.sum(0)
        e = o - t
        if self.output == "sigmoid":
            first = o * (1 - o)
            return first**2 + e * first * (1 - 2 * o)
        if self.output == "softmax":
            s, q = (o * e).sum(0), (o * o).sum(0)
            return o * (1 - o) * (e - s) + o**2 * ((1 - o) - (e + o) + s + q)
        return torch.ones_like(z)

    def quadratic(self, z: Tensor, t: Tensor, v: Tensor) -> Tensor:
        """Return v' (d2E/dz2) v per sample, all cross terms between outputs included.

        With o-dot = J v and o-double-dot the second derivative of o along v, E'' = sum o-dot^2 + (o - t) o-double-dot.

        Args:
            z: shape (outputs, samples).
            t: shape (outputs, samples).
            v: directions, shape (..., outputs, samples).

        Returns:
            Shape (..., samples).
        """
        if self.output != "softmax":
            return (self.diagonal(z, t) * v * v).sum(-2)
        o = self.outputs(z)
        m = (o * v).sum(-2, keepdim=True)
        if self.error == "cross_entropy":
            return ((o * v * v).sum(-2) - m.squeeze(-2) ** 2) * t.sum(0)
        do = o * (v - m)
        ddo = do * (v - m) - o * (do * v).sum(-2, keepdim=True)
        return (do * do + (o - t) * ddo).sum(-2)


def correct(z: Tensor, labels: Tensor, output: str) -> Tensor:
    """Return which samples are classified correctly, bool, shape (samples,).

    The largest output wins (the first of equals); a single output is class 1 where it is at least one half.

    Args:
        z: the output layer's pre-activations, shape (outputs, samples).
        labels: int64, shape (samples,).
        output: "sigmoid", "softmax" or "linear".
    """
    if z.shape[0] == 1:
        half = 0.5 if output == "linear" else 0.0  # sigmoid(0) is one half
        return (z[0] >= half).long() == labels
    return z.argmax(dim=0) == labels
