"""Controls of a mask: as many weights, others.

The random mask that keeps the number of links of every unit and input tells what a mask knows beside where its links
are: on images most links of a ticket come from pixels that are ever on, and a mask that ignores this is a weak rival.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

TRADES = 20
"""Trades a row: what is mixed no longer changes its statistics from about five on (Strona et al. 2014)."""


def layer_wise(masks: Sequence[Tensor], seed: int) -> tuple[Tensor, ...]:
    """Return masks with as many weights in every layer, any set of them equally likely.

    Args:
        masks: bool, one a layer.
        seed: of the draw.

    >>> [int(mask.sum()) for mask in layer_wise([torch.tensor([[True, False, False]])], seed=0)]
    [1]
    """
    draw = torch.Generator().manual_seed(seed)
    return tuple(
        mask.flatten()[torch.randperm(mask.numel(), generator=draw)].view(mask.shape).contiguous() for mask in masks
    )


def degree_preserving(masks: Sequence[Tensor], seed: int) -> tuple[Tensor, ...]:
    """Return masks in which as many weights lead into every unit, and out of every unit and input, as before.

    Each layer's is drawn by trades between two rows, which give each other as many of what the other lacks: the
    Curveball algorithm, whose end is uniform over all such masks (Strona, Nappo, Boccacci, Fattorini & San-Miguel-Ayanz
    2014; Carstens 2015). A filter's kernels are traded whole columns of (channel, place) at a time.

    Args:
        masks: bool, one a layer.
        seed: of the draw.

    >>> mask = torch.eye(3, dtype=torch.bool)
    >>> drawn = degree_preserving([mask], seed=0)[0]
    >>> drawn.sum(0).tolist(), drawn.sum(1).tolist()
    ([1, 1, 1], [1, 1, 1])
    """
    draw = np.random.default_rng(seed)
    return tuple(torch.from_numpy(_traded(mask.flatten(1).numpy(), draw)).view(mask.shape) for mask in masks)


def _traded(mask: NDArray[np.bool_], draw: np.random.Generator) -> NDArray[np.bool_]:
    mask = mask.copy()
    if len(mask) < 2:
        return mask
    for _ in range(TRADES * len(mask)):
        a, b = draw.choice(len(mask), 2, replace=False)
        alone = (mask[a] != mask[b]).nonzero()[0]
        mine = mask[a, alone]
        mask[a, alone] = draw.permutation(mine)
        mask[b, alone] = ~mask[a, alone]
    return mask
