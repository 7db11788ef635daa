"""The exact oracle on cached activations: only what follows a unit is run again.

Putting unit k of layer l at gain a changes the next layer's pre-activation by a rank-one term,

    z_{l+1}(a) = z_{l+1} + (a - 1) w_k (o_k - c_k)',      w_k its outgoing weights, c_k what replaces it,

and nothing else below. A unit of the last hidden layer therefore costs samples x outputs, an earlier one the
layers that follow. Candidates are evaluated in blocks that stay in cache; sums are float64. Equal to
`reference.plain_errors` to 1e-12 max(E(0), E(1)) (tests/impact), as long as |w_k o_k| stays below about 1e3: the
rank-one term rounds by 1e-16 of that, which bounded units never reach in practice and unbounded ones only with
exploding weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.impact.stages import Stages
from study.networks.activations import activation

BLOCK = 1 << 16
"""Numbers in the largest intermediate of a block: 512 KiB of float64, about a core's second-level cache."""


def unit_errors(stages: Stages, layer: Tensor, unit: Tensor, constants: Sequence[Tensor], gain: float = 0.0) -> Tensor:
    """Return E with one unit at a time at `gain`; arguments and result as `reference.plain_errors`."""
    errors = torch.empty(len(layer), dtype=torch.float64)
    for m in range(stages.network.depth):
        of_layer = (layer == m).nonzero()[:, 0]
        if not len(of_layer):
            continue
        k = unit[of_layer]
        columns = stages.network.weights[m + 1][:, k].T
        changes = (stages.h[m][k] - constants[m][k][:, None]).mul_(gain - 1)
        errors[of_layer] = candidate_errors(stages, m, columns, changes)
    return errors


def surface(stages: Stages, layer: int, unit: int, constant: float, gains: Tensor) -> Tensor:
    """Return the error surface E(gain) of one unit.

    Args:
        stages: the network on the rows.
        layer: of the unit.
        unit: its index.
        constant: what replaces the unit at gain 0.
        gains: shape (g,).

    Returns:
        E, float64, shape (g,).
    """
    column = stages.network.weights[layer + 1][:, unit]
    change = stages.h[layer][unit] - constant
    return candidate_errors(stages, layer, (gains - 1)[:, None] * column, change[None])


def candidate_errors(stages: Stages, layer: int, columns: Tensor, changes: Tensor) -> Tensor:
    """Return E after the next layer's pre-activation changed by columns[b] changes[b]', for every candidate b.

    Args:
        stages: the network on the rows.
        layer: of the units that change.
        columns: shape (candidates, units of the next layer).
        changes: shape (candidates, samples), or (1, samples) where all candidates share it.

    Returns:
        E, float64, shape (candidates,).
    """
    alive = [g.nonzero()[:, 0] for g in stages.gains] + [torch.arange(stages.t.shape[0])]
    last = layer + 1 == stages.network.depth
    base, columns = stages.z[layer + 1], columns
    if not last:  # removed units of the next layer cost nothing
        base, columns = base[alive[layer + 1]], columns[:, alive[layer + 1]]
    weights = [
        (stages.network.weights[m][alive[m]][:, alive[m - 1]], stages.network.biases[m][alive[m]])
        for m in range(layer + 2, stages.network.depth + 1)
    ]
    names = stages.network.activations[layer + 1 :]
    widest = max(base.shape[0], stages.t.shape[0], *(len(b) for _, b in weights), 1)
    chunk = max(1, min(stages.samples, BLOCK // widest))
    block = max(1, BLOCK // (widest * chunk))
    errors = torch.zeros(len(columns), dtype=torch.float64)
    for s in range(0, stages.samples, chunk):
        here = slice(s, s + chunk)
        z, t, d = base[:, here].contiguous(), stages.t[:, here].contiguous(), changes[:, here]
        for b in range(0, len(columns), block):
            these = slice(b, b + block)
            change = d[these] if len(d) > 1 else d
            if last:
                out = torch.addcmul(z, columns[these][:, :, None], change[:, None, :])
            else:
                h = torch.addcmul(z[:, None, :], columns[these].T[:, :, None], change[None])
                shape = h.shape[1:]
                for (w, bias), name in zip(weights, names, strict=True):
                    h = torch.addmm(bias[:, None], w, activation(name).value_(h).flatten(1)).unflatten(1, shape)
                out = h.transpose(0, 1).contiguous()
            errors[these] += stages.error.total_(out, t)
    return errors
