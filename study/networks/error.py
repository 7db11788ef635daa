"""Output layers and errors: E from the output layer's pre-activations, with the derivatives that the criteria need.

Layout everywhere: outputs first, samples last, shape (..., outputs, samples); any leading axes are candidates.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.errors import StudyError, shown
from study.records.condition import ERRORS

OUTPUTS = ("sigmoid", "softmax", "linear")


@dataclass(frozen=True)
class ErrorFunction:
    """E = sum over samples of an error of the outputs (paper: 1/2 sum (o - t)^2, summed, not averaged).

    Attributes:
        output: "sigmoid", "linear" (element by element) or "softmax".
        error: "half_squared" or, under a softmax, "cross_entropy" (-sum t log o). A cross-entropy and its derivatives
            keep all of their digits where an output is so near 1 that 1 - o would have none.

    >>> E = ErrorFunction("linear", "half_squared")
    >>> E.total(torch.tensor([[1.0, 3.0]]), torch.tensor([[1.0, 1.0]])).item()
    2.0
    """

    output: str
    error: str = "half_squared"

    def __post_init__(self) -> None:
        if not isinstance(self.output, str) or self.output not in OUTPUTS:
            raise StudyError(f"unknown output layer {shown(self.output)}; known: {', '.join(OUTPUTS)}")
        if not isinstance(self.error, str) or self.error not in ERRORS:
            raise StudyError(f"unknown error {shown(self.error)}; known: {', '.join(ERRORS)}")
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
            return _cross_entropy(z.sub_(z.amax(dim=-2, keepdim=True)), t)
        flat = self.outputs_(z).sub_(t).flatten(-2)
        return torch.linalg.vecdot(flat, flat).mul_(0.5)

    def gradient(self, z: Tensor, t: Tensor) -> Tensor:
        """Return dE/dz, shape (outputs, samples)."""
        if self.error == "cross_entropy":
            away, largest = _from_largest(z)
            return away * t.sum(0) + (largest * t.sum(0) - t)
        o = self.outputs(z)
        e = o - t
        if self.output == "sigmoid":
            return e * o * (1 - o)
        if self.output == "softmax":
            return o * (e - (o * e).sum(0))
        return e

    def linear_gradient(self, z: Tensor, t: Tensor) -> Tensor:
        """Return d/dz of the linear error sum_i |t_i - o_i|, shape (outputs, samples); an output on its target gives 0.

        >>> ErrorFunction("linear").linear_gradient(torch.tensor([[3.0], [1.0]]), torch.tensor([[1.0], [1.0]])).tolist()
        [[1.0], [0.0]]
        """
        o = self.outputs(z)
        away = (o - t).sign()
        if self.output == "sigmoid":
            return away * o * (1 - o)
        if self.output == "softmax":
            return o * (away - (o * away).sum(0))
        return away

    def diagonal(self, z: Tensor, t: Tensor, gauss_newton: bool = False) -> Tensor:
        """Return d2E/dz_i^2 for every output i, shape (outputs, samples), cross terms (i, j) left out.

        Exact, but for what `gauss_newton` leaves out; see `parts`.
        """
        diagonal, cross = self.parts(z, t, gauss_newton)
        if cross is None:
            return diagonal
        o, b, a = cross
        return diagonal + o * (o * a - 2 * b)

    def output_second(self, z: Tensor) -> Tensor:
        """Return the second derivative s'' of every output by its own pre-activation, shape of z.

        Raises:
            StudyError: for a softmax, whose outputs depend on all pre-activations.
        """
        if self.output == "softmax":
            raise StudyError("output_curvature=truncated needs outputs that act element by element, not a softmax")
        o = self.outputs(z)
        return o * (1 - o) * (1 - 2 * o) if self.output == "sigmoid" else torch.zeros_like(z)

    def quadratic(self, z: Tensor, t: Tensor, v: Tensor, gauss_newton: bool = False) -> Tensor:
        """Return v' (d2E/dz2) v per sample, all cross terms between outputs included.

        Args:
            z: shape (outputs, samples).
            t: shape (outputs, samples).
            v: directions, shape (outputs, samples, ...).
            gauss_newton: as in `parts`.

        Returns:
            Shape (samples, ...).
        """
        diagonal, cross = self.parts(z, t, gauss_newton)
        more = (...,) + (None,) * (v.ndim - 2)
        found = (diagonal[more] * v * v).sum(0)
        if cross is not None:
            o, b, a = cross
            m = (o[more] * v).sum(0)
            found += m * (m * a[more] - 2 * (b[more] * v).sum(0))
        return found

    def parts(
        self, z: Tensor, t: Tensor, gauss_newton: bool = False
    ) -> tuple[Tensor, tuple[Tensor, Tensor, Tensor] | None]:
        """Return d2E/dz2 in its parts: v' (d2E/dz2) v = sum_i d_i v_i^2 + m (m a - 2 sum_i b_i v_i), m = sum_i o_i v_i.

        Outputs that act element by element have the diagonal d alone. For a softmax,
        o-dot = o (v - m) and o-double-dot = o-dot (v - m) - o sum(o-dot v), so that sum(o-dot^2 + (o - t) o-double-dot)
        is, with s = sum o (o - t) and q = sum o^2,

            d = o^2 + (o - t) o - o s,   b = o^2 + (o - t) o,   a = q + 2 s.

        For the cross-entropy (targets summing to T) it is T (diag(o) - o o'), whose entries cancel where one output is
        near 1. With e one at the largest output, else 0, and o - e in place of o, they do not:

            d = (o - e) T,   b = e T,   a = -T,   m = sum_i (o_i - e_i) v_i.

        Args:
            z: shape (outputs, samples).
            t: shape (outputs, samples).
            gauss_newton: leave out what the half squared error has of the outputs' own second derivatives, o-t times
                s'' (o-double-dot): sum(o-dot^2) is left, d = s'^2; under a softmax d = b = o^2, a = q. Nothing changes
                where outputs are linear, nor for the cross-entropy, which is convex in z.

        Returns:
            d, shape (outputs, samples), and (o, b, a), shapes (outputs, samples) twice and (samples,), or None; o - e
            in place of o for the cross-entropy.
        """
        if self.error == "cross_entropy":
            whole, (away, largest) = t.sum(0), _from_largest(z)
            return away * whole, (away, largest * whole, -whole)
        o = self.outputs(z)
        e = torch.zeros_like(o) if gauss_newton else o - t
        if self.output == "sigmoid":
            first = o * (1 - o)
            return first**2 + e * first * (1 - 2 * o), None
        if self.output == "softmax":
            s, q = (o * e).sum(0), (o * o).sum(0)
            b = o * (o + e)
            return b - o * s, (o, b, q + 2 * s)
        return torch.ones_like(z), None


def _cross_entropy(y: Tensor, t: Tensor) -> Tensor:
    """Return -sum t log o from y = z - max z: sum t (log1p(r) - y), r the sum of e^y over all but one largest output.

    Nothing small is taken from a number near 1, so that an error of 1e-300 is as exact as one of 1.
    """
    powers = y.exp()
    small = powers.frac().sum(-2)  # all that are below 1; the rest is how many are 1
    others = small + ((powers.sum(-2) - small).round() - 1)
    return (t.sum(-2) * others.log1p()).sum(-1) - torch.linalg.vecdot(y.flatten(-2), t.flatten(-2))


def _from_largest(z: Tensor) -> tuple[Tensor, Tensor]:
    """Return o - e and e of a softmax, shapes of z (outputs, samples): e is 1 at the (first) largest output, else 0.

    There o - 1 is minus the sum of the other outputs: exact, however near to 1 o is.
    """
    largest, index = z.max(dim=0, keepdim=True)
    e = torch.zeros_like(z).scatter_(0, index, 1.0)
    away = (z - largest).exp_().sub_(e)
    others = away.sum(0, keepdim=True)
    return torch.where(e == 1, -others, away).div_(1 + others), e


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
    largest = z.amax(dim=0)
    if int((z == largest).sum()) == len(labels):  # no ties: a comparison instead of argmax, which is slow along outputs
        return z.gather(0, labels[None])[0] == largest
    return z.argmax(dim=0) == labels
