"""Compensation: the other units of a layer take over what can be had of a removed unit by least squares.

The next layer sees h_k, the outputs of unit k, times its outgoing weights w_k. Without the unit the best that its
layer can offer instead, over the rows ranked on, is the regression of h_k on the other units j and a constant,

    a_k, c_k = argmin  1/N sum_n (h_kn - sum_j a_j h_jn - c)^2 + lambda ||a||^2,

whatever w_k is: outgoing weights w_j + a_kj w_k and a bias b + c_k w_k then miss the next layer's pre-activations by
w_k (h_k - a_k h - c_k) and by no less. With C the covariance of the layer's outputs and P = (C + lambda)^-1,

    a_kj = -P_kj / P_kk,     c_k = mean(h_k) - sum_j a_kj mean(h_j),

which is Optimal Brain Surgeon (Hassibi & Stork 1993) for a whole unit at once (as Stahlberger & Riedmiller 1996 take
it), with the error that layer-wise OBS (Dong, Chen & Pan 2017) and ThiNet (Luo, Wu & Lin 2017) put in the place of E:
the squared change of the next pre-activations, whose Hessian in the outgoing weights is C (bias eliminated) for every
unit above. Undamped, compensating one unit after the other ends where regressing on what is left at once ends.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from study.common.errors import StudyError
from study.removals.base import Instead, Removal

DAMPING = 1e-6
"""lambda over the mean variance of the layer's outputs: what keeps duplicate and constant units apart from 0 / 0."""


@dataclass(frozen=True)
class Compensate(Removal):
    """o_k becomes its regression on the other units of its layer."""

    independent: ClassVar[bool] = False

    def instead(self, h: Tensor) -> Instead:
        """Return constants and coefficients of every unit's regression."""
        a, c = compensation(h)
        return Instead(c, a)


def compensation(h: Tensor, damping: float = DAMPING) -> tuple[Tensor, Tensor]:
    """Return how the other units of a layer replace each of its units.

    Args:
        h: outputs, shape (units, samples).
        damping: lambda as a share of the mean variance of the units, above 0.

    Returns:
        a, shape (units, units), row k for unit k, 0 on the diagonal; and c, shape (units,).

    Raises:
        StudyError: when the damping is no positive number.

    >>> a, c = compensation(torch.tensor([[0.0, 1.0, 2.0], [1.0, 3.0, 5.0]], dtype=torch.float64))
    >>> a.round(decimals=4).tolist(), c.round(decimals=4).tolist()
    ([[0.0, 0.5], [2.0, 0.0]], [-0.5, 1.0])
    """
    check_damping(damping)
    mean = h.mean(dim=1) if h.numel() else h.new_zeros(len(h))
    moved = h - mean[:, None]
    largest = float(moved.abs().max()) if h.numel() else 0.0
    if largest == 0.0:
        return h.new_zeros(len(h), len(h)), mean
    moved /= largest  # squares of large outputs stay numbers
    covariance = moved @ moved.T / h.shape[1]
    diagonal = covariance.diagonal()
    diagonal += damping * float(diagonal.mean())
    precision = torch.cholesky_inverse(torch.linalg.cholesky(covariance))
    a = -precision / precision.diagonal()[:, None]
    a.fill_diagonal_(0.0)
    return a, mean - a @ mean


def plain_compensation(h: Tensor, unit: int, damping: float = DAMPING) -> tuple[Tensor, Tensor]:
    """Return the same for one unit by a least-squares solver: a, shape (units,), and c, shape ()."""
    check_damping(damping)
    n, samples = h.shape
    others = torch.arange(n) != unit
    weight = (damping * float(h.var(dim=1, correction=0).mean()) * samples) ** 0.5
    design = torch.cat([h[others].T, h.new_ones(samples, 1)], dim=1)
    ridge = torch.cat([weight * torch.eye(n - 1, dtype=h.dtype), h.new_zeros(n - 1, 1)], dim=1)
    wanted = torch.cat([h[unit], h.new_zeros(n - 1)])
    found = torch.linalg.lstsq(torch.cat([design, ridge]), wanted[:, None], driver="gelsd").solution[:, 0]
    a = h.new_zeros(n)
    a[others] = found[:-1]
    return a, found[-1]


def check_damping(damping: float) -> None:
    """Refuse a damping that is not a positive number.

    Raises:
        StudyError: naming it.
    """
    if not 0 < damping < math.inf:
        raise StudyError(f"damping={damping}: a number above 0 is needed, as {DAMPING:g}")
