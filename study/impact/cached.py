"""The exact oracle on cached activations: only what follows a unit is run again.

Putting unit k of layer l at gain a changes the next layer's pre-activation by a rank-one term,

    z_{l+1}(a) = z_{l+1} + (a - 1) w_k (o_k - c_k)',      w_k its outgoing weights, c_k what replaces it,

and nothing else below. A unit of the last hidden layer therefore costs samples x outputs, an earlier one the
layers that follow. Candidates are evaluated in blocks that stay in cache; sums are float64. Equal to
`reference.plain_errors` to 1e-12 max(E(0), E(1)), or what the outputs' own rounding leaves of it (tests/impact).

Taking a term out of a sum leaves the sum's rounding behind, 1e-16 of the term. Where |w_k (o_k - c_k)| exceeds `FAR`,
which needs exploding weights or outputs, the next layer is summed anew without the unit.

A filter's change is not of rank one: those of convolutional layers go the way of `filters`.
"""

from __future__ import annotations

import torch
from torch import Tensor

from study.impact import eager, filters, fused
from study.impact.candidates import Candidates
from study.impact.stages import Stages
from study.networks.parts import Parts
from study.removals.base import Instead, Replacement

FAR = 1e2
"""Largest change of a pre-activation that is taken out of the sum, in the units of the pre-activation."""


def unit_errors(stages: Stages, parts: Parts, replacement: Replacement, gain: float = 0.0) -> Tensor:
    """Return E with one unit at a time at `gain`; arguments and result as `reference.plain_errors`.

    Where other units take part in what takes a unit's place, o_k - c_k - sum_j a_kj o_j stands for o_k - c_k: still a
    change of rank one.
    """
    errors = torch.empty(len(parts), dtype=torch.float64)
    for m in range(stages.network.depth):
        of_layer = (parts.layer == m).nonzero()[:, 0]
        if not len(of_layer):
            continue
        units = parts.index[of_layer]
        rows, instead = stages.rows(m, units), replacement.layers[m][units].among(stages.units[m])
        if m < stages.network.front:
            found = filters.errors(stages, m, rows, instead, torch.tensor([gain], dtype=torch.float64), FAR)[:, 0]
        else:
            found = _dense_errors(stages, m, rows, instead, gain)
        errors[of_layer] = found.cpu()
    return errors


def _dense_errors(stages: Stages, layer: int, rows: Tensor, instead: Instead, gain: float) -> Tensor:
    """Return E with one unit of a dense layer at a time at `gain`, shape (n,), on the stages' device."""
    h, constants = stages.h[layer], instead.constants
    columns = stages.network.weights[layer + 1][:, rows].T * (gain - 1)
    changing, at = None, rows
    if instead.coefficients is not None:
        changing, at = h[rows] - instead.coefficients @ h, torch.arange(len(rows))
    found = candidate_errors(stages, layer, columns, at, constants, h=changing)
    largest = columns.abs().amax(1) if columns.numel() else torch.zeros_like(constants)
    for i in (largest * _swings(stages, layer, at, constants, changing) > FAR).nonzero()[:, 0].tolist():
        here, changed = slice(i, i + 1), h.clone()
        changed[rows[i]] = changed[rows[i]] * gain + (1 - gain) * instead[here].outputs(h)[0]
        base = stages.network.pre_activation(layer + 1, changed)
        found[here] = candidate_errors(stages, layer, columns[here] * 0, rows[here], constants[here], base)
    return found


def candidate_errors(
    stages: Stages,
    layer: int,
    columns: Tensor,
    rows: Tensor,
    constants: Tensor,
    base: Tensor | None = None,
    h: Tensor | None = None,
) -> Tensor:
    """Return E after the next layer's pre-activation changed by columns[b] (o_rows[b] - constants[b])'.

    Args:
        stages: the network on the rows.
        layer: l, of the units that change.
        columns: shape (candidates, units of layer l + 1).
        rows: where the unit of layer l that candidate b changes is, int64, on the CPU, shape (candidates,).
        constants: shape (candidates,).
        base: pre-activations of layer l + 1 that the change is added to, as they are where None.
        h: o, shape (any number of rows, samples); the outputs of layer l where None.

    Returns:
        E, float64, shape (candidates,), on the stages' device.
    """
    network = stages.network
    candidates = Candidates(
        base=stages.z[layer + 1] if base is None else base,
        columns=columns,
        h=stages.h[layer] if h is None else h,
        rows=rows,
        constants=constants,
        swings=_swings(stages, layer, rows, constants, h),
        t=stages.t,
        layers=list(zip(network.weights[layer + 2 :], network.biases[layer + 2 :], strict=True)),
        activations=network.activations[layer + 1 :],
        error=stages.error,
    )
    return (fused if fused.takes(candidates) else eager).errors(candidates)


def _swings(stages: Stages, layer: int, rows: Tensor, constants: Tensor, h: Tensor | None) -> Tensor:
    return stages.swings(layer, rows, constants) if h is None else h.abs().amax(dim=1)[rows] + constants.abs()
