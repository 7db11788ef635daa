"""E as a quadratic in the gains: what it says of removing several units, and how much of that is interaction.

    E(S removed) - E = -sum_S g + 1/2 sum_{j in S} H_jj + sum_{j < k in S} H_jk + third order on

with g and H of `gain_derivatives`. A diagonal Hessian has the first two sums only. A method that scores again after
every removal has the third, too, without ever computing it: the first derivative of what is left has moved,

    dE/dalpha_j without S = g_j - sum_{k in S} H_jk + second order on,

and carries the interactions into the next estimate. `waypoint` holds that beside the derivative measured there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from study.errors import StudyError
from study.impact.gain_hessian import gain_derivatives
from study.impact.stages import Stages


@dataclass(frozen=True)
class Parts:
    """The change of E that the quadratic expects of removing some units together, in its parts, in the error's units.

    Attributes:
        first_order: -sum_S g.
        diagonal: half of sum_S H_jj: what each unit's own curvature adds.
        off_diagonal: half of the sum of H_jk over j != k in S: what the units do to each other.

    >>> Parts(-1.0, 3.0, 0.5).total
    2.5
    """

    first_order: float
    diagonal: float
    off_diagonal: float

    @property
    def total(self) -> float:
        """The change that is expected."""
        return self.first_order + self.diagonal + self.off_diagonal


@dataclass(frozen=True)
class Quadratic:
    """Gradient and Hessian of E in the gains of some units, at gain 1 of all.

    Attributes:
        layer: hidden layers of the units, int64, shape (n,).
        unit: their indices, int64, shape (n,).
        slope: g, shape (n,), in the error's units.
        hessian: H, shape (n, n), in the error's units.

    >>> units = torch.tensor([0, 0]), torch.tensor([0, 1])
    >>> E = Quadratic(*units, torch.tensor([1.0, 0.0]), torch.tensor([[4.0, -2.0], [-2.0, 2.0]]))
    >>> E.slopes_without([(0, 0)]).tolist(), E.parts([(0, 0), (0, 1)])
    ([-3.0, 2.0], Parts(first_order=-1.0, diagonal=3.0, off_diagonal=-2.0))
    >>> round(E.off_diagonal_share, 6), E.first_order_share
    (0.4, 0.25)
    >>> E.curvature_share(span=6.0)
    0.5
    """

    layer: Tensor
    unit: Tensor
    slope: Tensor
    hessian: Tensor

    @classmethod
    def of(cls, stages: Stages, layer: Tensor, unit: Tensor, constants: Sequence[Tensor]) -> Quadratic:
        """Return that of a network; arguments as `gain_derivatives`."""
        slope, hessian = gain_derivatives(stages, layer, unit, constants)
        return cls(layer, unit, slope.cpu(), hessian.cpu())

    def places(self, units: Iterable[tuple[int, int]]) -> Tensor:
        """Return where units (layer, index) are, int64, shape (number of units,).

        Raises:
            StudyError: for a unit that is not there.
        """
        known = {pair: i for i, pair in enumerate(zip(self.layer.tolist(), self.unit.tolist(), strict=True))}
        units = [(int(m), int(k)) for m, k in units]
        for m, k in units:
            if (m, k) not in known:
                raise StudyError(f"unit {k} of hidden layer {m} is none of the {len(known)} units of this quadratic")
        return torch.tensor([known[pair] for pair in units], dtype=torch.int64)

    def slopes_without(self, removed: Iterable[tuple[int, int]]) -> Tensor:
        """Return dE/dalpha of all units after some (layer, index) are removed, shape (n,)."""
        return self.slope - self.hessian[:, self.places(removed)].sum(1)

    def parts(self, removed: Iterable[tuple[int, int]]) -> Parts:
        """Return what removing units (layer, index) together does to E."""
        s = self.places(removed)
        diagonal = float(self.hessian.diagonal()[s].sum()) / 2
        return Parts(-float(self.slope[s].sum()), diagonal, float(self.hessian[s][:, s].sum()) / 2 - diagonal)

    @property
    def off_diagonal_share(self) -> float:
        """Sum of |H_jk| over j != k, of the sum over all j and k.

        0 where units do not interact, 1 - 1/n where all entries are of one size; NaN where H is 0.
        """
        sizes = self.hessian.abs()
        return float((sizes.sum() - sizes.trace()) / sizes.sum())

    @property
    def first_order_share(self) -> float:
        """Sum of |g_j|, of the sum of |g_j| and |H_jj| / 2: near 0 at a stationary point; NaN where both are 0."""
        first = self.slope.abs().sum()
        return float(first / (first + self.hessian.diagonal().abs().sum() / 2))

    def curvature_share(self, span: float) -> float:
        """Return half of the sum of |H_jj| over what is at stake, E with no hidden unit less E: both cheap to have.

        Where outputs are saturated E is a plateau around gain 1: H is next to nothing beside the span, and the
        quadratic does not know the cliffs at its edges, however near to stationary the network is.

        Args:
            span: in the error's units.
        """
        return float(self.hessian.diagonal().abs().sum()) / 2 / span
