"""Removed units put back, one at a time: what each is worth to the network that was left without it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.data.split import Split
from study.impact.reference import plain_errors
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.networks.parts import Parts
from study.removals.base import Instead, Replacement


def reinserted_errors(
    network: Network,
    rows: Split,
    error: ErrorFunction,
    gains: Sequence[Tensor],
    parts: Parts,
    instead: Instead,
) -> Tensor:
    """Return E with one removed unit at a time back at gain 1, each by a full forward pass.

    Args:
        network: the pruned network, with what took the removed units' places in its biases.
        rows: the rows that E sums over.
        error: the error.
        gains: one vector a hidden layer, 0 for the removed units.
        parts: the units to put back, n of them.
        instead: what took the place of each of them.

    Returns:
        E, float64, shape (n,). The impact of a unit there is E without it minus this.
    """
    nothing = Replacement.zero([len(g) for g in gains])  # a unit at gain 1 leaves no room for another
    errors = []
    for i, (m, k) in enumerate(parts):
        here = slice(i, i + 1)
        without = instead[here].into(network, m, k, share=-1.0)
        errors.append(plain_errors(without, rows, error, gains, parts[here], nothing, gain=1.0))
    return torch.cat(errors)
