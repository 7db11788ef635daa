"""Error surfaces: E(gain) of one unit at any number of gains, from few evaluations.

Behind smooth activations E(gain) is analytic, so its interpolant at Chebyshev's points converges geometrically
(L. N. Trefethen, Approximation Theory and Approximation Practice, 2013, theorem 8.2). The points cos(pi j / n) of n
are among those of 2n: n is doubled, with n new evaluations, until the last eighth of the Chebyshev coefficients is
below `TOLERANCE` of the largest E and E itself agrees at points off the grid. A sigmoid of slope S has its poles
pi/S off the axis, so that a polynomial cannot have resolved it before n is some multiple of S; nor is it asked
before. Where n would exceed the number of gains asked for (a kinked activation, a very steep unit), E is computed at
each gain.
"""

from __future__ import annotations

import torch
from numpy.polynomial.chebyshev import chebval
from scipy.fft import dct
from torch import Tensor

from study.impact import filters
from study.impact.cached import FAR, candidate_errors
from study.impact.stages import Stages
from study.networks.parts import Part
from study.removals.base import Instead

TOLERANCE = 1e-14
SMALLEST = 16
CHECKS = 4
"""Points off the grid where the interpolant must agree with E, to 10 tolerances."""
SMOOTH = ("sigmoid", "tanh", "softplus", "linear")


def surface(stages: Stages, part: Part, instead: Instead, gains: Tensor) -> Tensor:
    """Return the error surface E(gain) of one unit.

    Args:
        stages: the network on the rows.
        part: the unit.
        instead: what takes the unit's place at gain 0.
        gains: shape (g,).

    Returns:
        E, float64, shape (g,), to 1e-12 of the largest.
    """
    low, high = float(gains.min()), float(gains.max())
    swing = _swing(stages, part, instead)
    n = SMALLEST
    while n < swing * (high - low) / 4:
        n *= 2
    smooth = all(name in SMOOTH for name in stages.network.activations[part.layer + 1 :])
    if not smooth or n >= len(gains):
        return plain_surface(stages, part, instead, gains)

    def errors(points: Tensor) -> Tensor:
        at = low + (points + 1) * ((high - low) / 2)
        return plain_surface(stages, part, instead, at)

    at = errors(_points(n, 1))
    off = torch.cos(torch.arange(1, CHECKS + 1, dtype=torch.float64) * 2.399963)  # golden angle: never on the grid
    truth = errors(off)
    while True:
        series = dct(at.numpy(), type=1) / n
        series[[0, -1]] /= 2
        largest = float(at.abs().max())
        tail = abs(series[-n // 8 :]).max()
        missed = abs(chebval(off.numpy(), series) - truth.numpy()).max()
        if tail <= TOLERANCE * largest and missed <= 10 * TOLERANCE * largest:
            return torch.from_numpy(chebval(((gains - low) * (2 / (high - low)) - 1).numpy(), series))
        if 2 * n >= len(gains):
            return plain_surface(stages, part, instead, gains)
        finer = torch.empty(2 * n + 1, dtype=torch.float64)
        finer[::2], finer[1::2] = at, errors(_points(2 * n, 2))
        at, n = finer, 2 * n


def _points(n: int, step: int) -> Tensor:
    """Return Chebyshev's points cos(pi j / n): all for step 1, only those that n/2 lacks (odd j) for step 2."""
    return torch.cos(torch.arange(step - 1, n + 1, step, dtype=torch.float64) * (torch.pi / n))


def plain_surface(stages: Stages, part: Part, instead: Instead, gains: Tensor) -> Tensor:
    """Return the same, E computed at every gain; arguments and result as `surface`."""
    layer, unit = part
    row = stages.rows(layer, torch.tensor([unit]))
    if layer < stages.network.front:
        return filters.errors(stages, layer, row, instead.among(stages.units[layer]), gains, FAR)[0].cpu()
    column, change = stages.network.weights[layer + 1][:, int(row)], _change(stages, part, instead)
    base, factor = None, gains - 1
    if float(_largest(column) * _largest(change)) > FAR:  # see `cached`: summed anew, the unit at gain 0
        h = stages.h[layer].clone()
        h[row] = instead.constants if instead.coefficients is None else h[row] - change
        base, factor = stages.network.pre_activation(layer + 1, h), gains
    columns = factor.to(column.device)[:, None] * column
    constants = instead.constants.to(column.device).expand(len(gains)).contiguous()
    if instead.coefficients is not None:
        first = torch.zeros(len(gains), dtype=torch.int64)
        return candidate_errors(stages, layer, columns, first, constants * 0, base, change[None]).cpu()
    return candidate_errors(stages, layer, columns, row.expand(len(gains)).contiguous(), constants, base).cpu()


def _swing(stages: Stages, part: Part, instead: Instead) -> float:
    """Return a bound on how far the unit moves a pre-activation of the next layer, per unit of gain."""
    layer, unit = part
    row, change = stages.rows(layer, torch.tensor([unit])), _change(stages, part, instead)
    if layer >= stages.network.front:
        return float(_largest(stages.network.weights[layer + 1][:, int(row)]) * _largest(change))
    return float(_largest(stages.network.operator(layer + 1).effects(row, change[None])))


def _largest(x: Tensor) -> Tensor:
    return torch.linalg.vector_norm(x, ord=torch.inf) if x.numel() else x.new_zeros(())


def _change(stages: Stages, part: Part, instead: Instead) -> Tensor:
    """Return what a unit's removal takes from its output, shape of a row of the stages' h."""
    layer, unit = part
    row, h = stages.rows(layer, torch.tensor([unit])), stages.h[layer]
    return instead.among(stages.units[layer]).change(h[row], h)[0]
