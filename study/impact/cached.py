"""The exact oracle on cached activations: only what follows a unit is run again.

Putting unit k of layer l at gain a changes the next layer's pre-activation by a rank-one term,

    z_{l+1}(a) = z_{l+1} + (a - 1) w_k (o_k - c_k)',      w_k its outgoing weights, c_k what replaces it,

and nothing else below. A unit of the last hidden layer therefore costs samples x outputs, an earlier one the
layers that follow. Candidates are evaluated in blocks that stay in cache; sums are float64. Equal to
`reference.plain_errors` to 1e-12 max(E(0), E(1)), or what the outputs' own rounding leaves of it (tests/impact).

Taking a term out of a sum leaves the sum's rounding behind, 1e-16 of the term. Where |w_k (o_k - c_k)| exceeds `FAR`,
which needs exploding weights or outputs, the next layer is summed anew without the unit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.impact import eager, fused
from study.impact.candidates import Candidates
from study.impact.stages import Stages

FAR = 1e2
"""Largest change of a pre-activation that is taken out of the sum, in the units of the pre-activation."""


def unit_errors(stages: Stages, layer: Tensor, unit: Tensor, constants: Sequence[Tensor], gain: float = 0.0) -> Tensor:
    """Return E with one unit at a time at `gain`; arguments and result as `reference.plain_errors`."""
    errors = torch.empty(len(layer), dtype=torch.float64)
    for m in range(stages.network.depth):
        of_layer = (layer == m).nonzero()[:, 0]
        if not len(of_layer):
            continue
        k, h = unit[of_layer], stages.h[m]
        columns = stages.network.weights[m + 1][:, k].T * (gain - 1)
        found = candidate_errors(stages, m, columns, k, constants[m][k])
        for i in (columns.abs().amax(1) * stages.swings(m, k, constants[m][k]) > FAR).nonzero()[:, 0].tolist():
            here, constant = slice(i, i + 1), constants[m][k[i]]
            others = h.index_copy(0, k[here].to(h.device), (h[k[here]] * gain + (1 - gain) * constant))
            base = stages.network.pre_activation(m + 1, others)
            found[here] = candidate_errors(stages, m, columns[here] * 0, k[here], constant[None], base)
        errors[of_layer] = found.cpu()
    return errors


def candidate_errors(
    stages: Stages, layer: int, columns: Tensor, which: Tensor, constants: Tensor, base: Tensor | None = None
) -> Tensor:
    """Return E after the next layer's pre-activation changed by columns[b] (o_which[b] - constants[b])'.

    Args:
        stages: the network on the rows.
        layer: l, of the units that change.
        columns: shape (candidates, units of layer l + 1).
        which: unit of layer l that candidate b changes, int64, shape (candidates,).
        constants: shape (candidates,).
        base: pre-activations of layer l + 1 that the change is added to, as they are where None.

    Returns:
        E, float64, shape (candidates,), on the stages' device.
    """
    alive = [g.nonzero()[:, 0] for g in stages.gains] + [torch.arange(len(stages.t), device=stages.t.device)]
    base = stages.z[layer + 1] if base is None else base
    if layer + 1 < stages.network.depth and len(alive[layer + 1]) < len(base):  # removed units cost nothing
        base, columns = base[alive[layer + 1]], columns[:, alive[layer + 1]]
    layers = [
        (stages.network.weights[m][alive[m]][:, alive[m - 1]], stages.network.biases[m][alive[m]])
        for m in range(layer + 2, stages.network.depth + 1)
    ]
    candidates = Candidates(
        base=base,
        columns=columns,
        h=stages.h[layer],
        which=which,
        constants=constants,
        swings=stages.swings(layer, which, constants),
        t=stages.t,
        layers=layers,
        activations=stages.network.activations[layer + 1 :],
        error=stages.error,
    )
    return (fused if fused.takes(candidates) else eager).errors(candidates)
