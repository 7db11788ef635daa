"""The oracle where a unit is a filter: what follows it is run again, from its own map alone.

A filter at gain a changes the next layer's pre-activations by (a - 1) times what its own map, less what replaces it,
makes of them: a convolution with its kernels alone, or its columns of the matrix that its map is flattened for. That is
no term of rank one, so the fast paths cannot take it; the layers that follow are run as in a forward pass, by blocks of
samples. Below the filter nothing is run again.
"""

from __future__ import annotations

import torch
from torch import Tensor

from study.impact.stages import Stages, by_blocks
from study.removals.base import Instead


def errors(
    stages: Stages,
    layer: int,
    rows: Tensor,
    instead: Instead,
    gains: Tensor,
    far: float,
) -> Tensor:
    """Return E with one filter at a time at some gains.

    Args:
        stages: the network on the rows.
        layer: of the filters.
        rows: where they are, int64, shape (n,).
        instead: what takes the place of each, among the units that are left.
        gains: shape (g,).
        far: largest change of a pre-activation that is taken out of its sum; beyond, the layer is summed anew without
            the filter.

    Returns:
        E, float64, shape (n, g), on the stages' device.
    """
    network, operator = stages.network, stages.network.operator(layer + 1)
    found = torch.zeros(len(rows), len(gains), dtype=torch.float64, device=stages.t.device)
    for _, part in by_blocks(stages, layer):
        h, above = part.h[layer], part.z[layer + 1]
        for b, row in enumerate(rows.tolist()):
            there = instead[b : b + 1].outputs(h)[0]
            delta = operator.effects(rows[b : b + 1], (h[row] - there)[None])[0]
            without = None
            if delta.numel() and float(delta.abs().max()) * float((gains - 1).abs().max()) > far:
                other = h.clone()
                other[row] = there
                without = network.pre_activation(layer + 1, other)
            for g, gain in enumerate(gains.tolist()):
                base, factor = (above, gain - 1) if without is None else (without, gain)
                z = network.above(layer + 1, torch.add(base, delta, alpha=factor))
                found[b, g] += stages.error.total_(z, part.t)
    return found
