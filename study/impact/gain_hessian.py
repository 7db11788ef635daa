"""Gradient and Hessian of E in the gains of all remaining units, exact, in closed form.

E(alpha) is E with every unit's output o_k replaced by alpha_k o_k + (1 - alpha_k) c_k, all alpha_k at 1; c_k is what
takes its place: 0, or its mean output under mean removal, held as it is (what a removal does to the means of later
units is left out; it is 0 at a stationary point). With the change d_k = o_k - c_k and the tangent
v_a = dz/dalpha_a of the pre-activations z,

    unit a of layer l:   v_a,l+1 = w_a d_a (w_a its outgoing weights),   v_a,m+1 = W_m+1 (s'(z_m) v_a,m) above,

the chain rule gives the gradient g_a = sum_n d_a w_a' dE_n/dz_l+1. Differentiated once more, for a in a layer not above
that of b, all of it summed over the samples n,

    H_ab = v_a' (d2E/dz2) v_b                               at the outputs,
         + sum_j dE/do_j s''(z_j) v_a,j v_b,j               over the units j of all hidden layers above both,
         + dE/do_b s'(z_b) v_a,b                            where a feeds b: the slope of b's own change.

With one hidden layer the first line is all, H_ab = sum_n d_a d_b w_a' (d2E_n/dz2) w_b: the Gauss-Newton term
and the errors' own curvature together. The second line is the curvature that later activations add (0 for ReLU, almost
everywhere), the third is first order. Sums over a layer's units are over the positions of filters' maps, too. The
diagonal is E'' of each unit alone (`derivatives.exact_curvature`).

Pearlmutter (1994) has products of H with one vector at a time; here all K tangents are wanted, and are carried upward
together by blocks of samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.impact.derivatives import backpropagated, first, second, slopes
from study.impact.stages import BLOCKS, Stages
from study.networks.parts import Parts
from study.removals.base import Replacement

STRIP = 64
"""Rows of H that are summed at a time: only what lies right of the diagonal is computed."""


def gain_slopes(stages: Stages, parts: Parts, replacement: Replacement) -> Tensor:
    """Return dE/dalpha of units, float64, shape (n,); arguments as `gain_derivatives`."""
    index, ends = _places(stages, parts)
    found = torch.zeros(ends[-1], dtype=torch.float64, device=stages.t.device)
    _add_slopes(found, stages, slopes(stages), _changes(stages, replacement), ends)
    return found[index]


def gain_derivatives(stages: Stages, parts: Parts, replacement: Replacement) -> tuple[Tensor, Tensor]:
    """Return gradient and Hessian of E in the gains of units that are there, at gain 1 of all.

    Args:
        stages: the network on the rows that E sums over.
        parts: the units, n of them.
        replacement: what takes a unit's place as its gain falls.

    Returns:
        g, shape (n,), and H, shape (n, n), symmetric; float64, in the error's units, on the stages' device. Removing
        the units S changes E by -sum_S g + 1/2 sum_SxS H, to second order.
    """
    index, ends = _places(stages, parts)
    device, total = stages.t.device, ends[-1]
    slope = torch.zeros(total, dtype=torch.float64, device=device)
    upper = torch.zeros(total, total, dtype=torch.float64, device=device)
    network = stages.network
    widest = max(*(len(w) for w in network.weights[max(1, network.front) :]), 1) * max(total, 1)
    for m in range(1, network.front):  # so many tangents are there: those of the units below
        widest = max(widest, len(network.weights[m]) * network.maps(m).size * ends[m])
    for _, part in stages.blocks(
        BLOCKS[device.type] // widest
    ):  # three to four arrays of that size are there at a time
        dz, changes = slopes(part), _changes(part, replacement)
        _add_slopes(slope, part, dz, changes, ends)
        _add_curvature(upper, part, dz, changes, ends)
    hessian = upper.triu() + upper.triu(1).T
    return slope[index], hessian[index[:, None], index]


def _places(stages: Stages, parts: Parts) -> tuple[Tensor, list[int]]:
    """Return where units are among all rows of the stages, and where each hidden layer begins; the last is the end."""
    ends = torch.tensor([0, *map(len, stages.units)]).cumsum(0)
    index = torch.empty(len(parts), dtype=torch.int64)
    for m in range(stages.network.depth):
        here = parts.layer == m
        index[here] = ends[m] + stages.rows(m, parts.index[here])
    return index.to(stages.t.device), ends.tolist()


def _changes(stages: Stages, replacement: Replacement) -> list[Tensor]:
    there = zip(replacement.layers, stages.units, stages.h, strict=True)
    return [instead[units].among(units).change(h, h) for instead, units, h in there]


def _add_slopes(
    slope: Tensor, stages: Stages, dz: Sequence[Tensor], changes: Sequence[Tensor], ends: Sequence[int]
) -> None:
    for m, change in enumerate(changes):
        slope[ends[m] : ends[m + 1]] += stages.network.operator(m + 1).directional(dz[m], change)


def _add_curvature(
    upper: Tensor, stages: Stages, dz: Sequence[Tensor], changes: Sequence[Tensor], ends: Sequence[int]
) -> None:
    """Add a block's part of H to what lies on and right of the diagonal.

    `tangents` are those of all units of the layers below, at one layer: shape (its units, samples, units below); in a
    layer of filters positions times samples take the place of samples.
    """
    network, depth = stages.network, stages.network.depth
    tangents = upper.new_zeros(0)
    for m in range(depth):
        start, end, operator = ends[m], ends[m + 1], network.operator(m + 1)
        above = upper.new_empty(*stages.z[m + 1].shape, end)
        if start:
            moved = tangents.mul_(first(stages, m)[:, :, None]).flatten(1)
            moved = network.maps(m).pooled(moved).unflatten(1, (-1, start))
            given = backpropagated(stages, m, dz[m])
            upper[:start, start:end] += (given[:, None, :] @ moved)[:, 0].T
            above[:, :, :start] = operator.forward(moved.flatten(1)).unflatten(1, (-1, start))
        if m < network.front:
            alone = operator.effects(torch.arange(end - start, device=upper.device), changes[m])
            above[:, :, start:] = alone.permute(1, 2, 0)
        else:
            torch.mul(operator.weights[:, None, :], changes[m].T, out=above[:, :, start:])
        tangents = above
        if m + 1 < depth:
            bend = backpropagated(stages, m + 1, dz[m + 1])
            bend = network.maps(m + 1).unpooled(bend).mul_(second(stages, m + 1))
            if bend.any():
                _add_gram(upper, tangents.flatten(0, 1), bend.flatten())
    diagonal, cross = stages.error.parts(stages.z[-1], stages.t)
    _add_gram(upper, tangents.flatten(0, 1), diagonal.flatten())
    if cross is not None:  # v' (d2E/dz2) v = sum d v^2 + m (m a - 2 b'v), m = o'v; see `ErrorFunction.parts`
        o, b, a = cross
        mean = (o[:, :, None] * tangents).sum(0)
        other = (b[:, :, None] * tangents).sum(0)
        upper += mean.T @ (a[:, None] * mean - other) - other.T @ mean


def _add_gram(upper: Tensor, rows: Tensor, weights: Tensor) -> None:
    """Add sum_r weights_r rows_r rows_r', r over rows of shape (R, K), right of the diagonal, to the first K units."""
    k = rows.shape[1]
    for s in range(0, k, STRIP):
        strip = rows[:, s : s + STRIP] * weights[:, None]
        upper[s : min(s + STRIP, k), s:k] += strip.T @ rows[:, s:]
