"""Units taken out one after the other in given orders: E of the coalitions that are left on the way."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from study.data.split import Split
from study.impact.reference import plain_error
from study.impact.stages import Stages
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.networks.parts import Parts
from study.removals.base import Replacement


def permutations(units: int, number: int, seed: Sequence[int], antithetic: bool = False) -> Tensor:
    """Return orders of the units, each equally likely, int64, shape (number, units).

    Args:
        units: how many there are.
        number: of orders.
        seed: of the draw: the same seed gives the same orders, more of them the same ones first.
        antithetic: every second order is the one before it backwards.

    >>> one, other = permutations(5, 2, [0], antithetic=True).tolist()
    >>> one == other[::-1]
    True
    """
    draw = np.random.default_rng(list(seed))
    drawn: list[np.ndarray] = []
    for i in range(number):
        drawn.append(drawn[-1][::-1] if antithetic and i % 2 else draw.permutation(units))
    return torch.from_numpy(np.stack(drawn))


def marginals(stages: Stages, parts: Parts, replacement: Replacement, orders: Tensor) -> Tensor:
    """Return what every unit's removal adds to E when all units go in given orders, on cached stages.

    Args:
        stages: the network on the rows; left as they are.
        parts: the units, n of them.
        replacement: what takes a removed unit's place, the same in every coalition.
        orders: of 0 to n - 1, int64, shape (orders, n).

    Returns:
        Float64, on the CPU, shape (orders, n); column i for unit i. A row sums to E(without all) - E.
    """
    found = torch.empty(orders.shape, dtype=torch.float64)
    start = stages.total()
    units = list(parts)
    for row, order in zip(found, orders.tolist(), strict=True):
        left, before = stages.copy(), start
        for i in order:
            m, k = units[i]
            left.remove(m, k, replacement.at(m, k), quick=True)
            after = left.total()
            row[i] = after - before
            before = after
    return found


def plain_marginals(
    network: Network,
    rows: Split,
    error: ErrorFunction,
    gains: Sequence[Tensor],
    parts: Parts,
    replacement: Replacement,
    orders: Tensor,
) -> Tensor:
    """Return the same by one full forward pass a coalition, the units that are out at gain 0.

    Args:
        network: as it is.
        rows: that E sums over.
        error: the error.
        gains: present gains, one vector a hidden layer.
        parts, replacement, orders: as in `marginals`.
    """
    found = torch.empty(orders.shape, dtype=torch.float64)
    for row, order in zip(found, orders.tolist(), strict=True):
        left, changed = network, [g.clone() for g in gains]
        before = plain_error(left, rows, error, changed)
        for i in order:
            m, k = parts.at(i)
            left, changed[m][k] = replacement.at(m, k).into(left, m, k), 0.0
            after = plain_error(left, rows, error, changed)
            row[i] = after - before
            before = after
    return found
