"""Along an order of removal: the first derivatives that are measured beside those that the quadratic foretells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from study.errors import whole
from study.impact.gain_hessian import gain_slopes
from study.impact.quadratic import Parts, Quadratic
from study.impact.stages import Stages


@dataclass(frozen=True)
class Waypoint:
    """A network on its way down, seen from the quadratic at its start.

    Attributes:
        removed: number of units removed.
        layer, unit: those that are left, int64, shape (n,).
        start: their dE/dalpha before any removal, shape (n,).
        measured: their dE/dalpha in what is left, shape (n,).
        foretold: the start's, less H_jk of every unit k removed, shape (n,).
        change: E here less E at the start.
        parts: the same as the quadratic foretells it.
    """

    removed: int
    layer: Tensor
    unit: Tensor
    start: Tensor
    measured: Tensor
    foretold: Tensor
    change: float
    parts: Parts

    @property
    def explained(self) -> float:
        """Share of what the removals did to the first derivatives that the Hessian foretells.

        1 - |measured - foretold|^2 / |measured - start|^2: 1 where all of it, 0 where it is no better than derivatives
        that stay as they were, negative where it is worse; NaN where they did not move.
        """
        missed, moved = (float(torch.sum((self.measured - x) ** 2)) for x in (self.foretold, self.start))
        return 1 - missed / moved if moved else float("nan")


def waypoints(
    stages: Stages, order: Sequence[tuple[int, int]], constants: Sequence[Tensor], every: int = 1
) -> Iterator[Waypoint]:
    """Yield what is measured and what is foretold after 0, n, 2n, ... of some removals.

    Args:
        stages: the network before the first; left as they are.
        order: units (layer, index), the first to go first.
        constants: what a removed unit puts out, one vector a hidden layer, from the start on.
        every: n.

    Raises:
        StudyError: when `every` is no whole number above 0, or a unit of the order is not there.
    """
    whole("every", every, 1)
    units = [(m, k) for m, of_layer in enumerate(stages.units) for k in sorted(of_layer.tolist())]
    layer, unit = (torch.tensor(c, dtype=torch.int64) for c in zip(*units, strict=True))
    quadratic = Quadratic.of(stages, layer, unit, constants)
    quadratic.places(order)
    there, start = stages.copy(), stages.total()
    left = torch.ones(len(units), dtype=torch.bool)
    for removed in range(len(order) + 1):
        if removed:
            m, k = order[removed - 1]
            there.remove(m, k, float(constants[m][k]))
            left[quadratic.places([(m, k)])] = False
        if removed % every == 0:
            gone = order[:removed]
            yield Waypoint(
                removed,
                layer[left],
                unit[left],
                quadratic.slope[left],
                gain_slopes(there, layer[left], unit[left], constants).cpu(),
                quadratic.slopes_without(gone)[left],
                there.total() - start,
                quadratic.parts(gone),
            )
