"""Removed units put back, one at a time: what each is worth to the network that was left without it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.data.base import Split
from study.impact.reference import plain_errors
from study.networks.error import ErrorFunction
from study.networks.network import Network


def reinserted_errors(
    network: Network,
    rows: Split,
    error: ErrorFunction,
    gains: Sequence[Tensor],
    layer: Tensor,
    unit: Tensor,
    constants: Tensor,
) -> Tensor:
    """Return E with one removed unit at a time back at gain 1, each by a full forward pass.

    Args:
        network: the pruned network; under mean removal, with the removed units' constants in its biases.
        rows: the rows that E sums over.
        error: the error.
        gains: one vector a hidden layer, 0 for the removed units.
        layer: layers of the units to put back, int64, shape (n,).
        unit: their indices, int64, shape (n,).
        constants: what stands in the next biases for each of them, float64, shape (n,): 0, or its mean output.

    Returns:
        E, float64, shape (n,). The impact of a unit there is E without it minus this.
    """
    zeros = [torch.zeros_like(g) for g in gains]  # a unit at gain 1 leaves no room for a constant
    errors = []
    for i, (m, k, constant) in enumerate(zip(layer.tolist(), unit.tolist(), constants.tolist(), strict=True)):
        without = network.fold(m, k, -constant) if constant else network
        errors.append(plain_errors(without, rows, error, gains, layer[i : i + 1], unit[i : i + 1], zeros, gain=1.0))
    return torch.cat(errors)
