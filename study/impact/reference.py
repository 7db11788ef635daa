"""The plain oracle: one full forward pass a unit. Every fast path must equal it.

impact_k = E(gain_k := 0) - E(gain_k = 1), all else as it is (paper, section "brute force").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from study.data.base import Split
from study.networks.error import ErrorFunction
from study.networks.network import Network


def plain_error(network: Network, rows: Split, error: ErrorFunction, gains: Sequence[Tensor]) -> float:
    """Return E of one full forward pass."""
    return float(error.total(network.logits(rows.inputs, gains), rows.targets.to(torch.float64).T))


def plain_errors(
    network: Network,
    rows: Split,
    error: ErrorFunction,
    gains: Sequence[Tensor],
    layer: Tensor,
    unit: Tensor,
    constants: Sequence[Tensor],
    gain: float = 0.0,
    coefficients: Sequence[Tensor] | None = None,
) -> Tensor:
    """Return E with one unit at a time at `gain`, each by a full forward pass.

    Args:
        network: the network, as it is.
        rows: the rows that E sums over.
        error: the error.
        gains: present gains, one vector a hidden layer.
        layer: layers of the units, int64, shape (n,).
        unit: their indices, int64, shape (n,).
        constants: what a removed unit puts out instead, one vector a hidden layer: 0 (zero removal) or means.
        gain: of the unit: its output becomes gain o + (1 - gain) constant.
        coefficients: of the other units' outputs, which are added to the constant under compensation: row k for unit k,
            one matrix a hidden layer, shape (units, units).

    Returns:
        E, float64, shape (n,).
    """
    errors = torch.empty(len(layer), dtype=torch.float64)
    for i, (m, k) in enumerate(zip(layer.tolist(), unit.tolist(), strict=True)):
        changed = [g.clone() for g in gains]
        changed[m][k] = gain
        folded = network.fold(m, k, float((1 - gain) * constants[m][k])) if constants[m][k] else network
        if coefficients is not None:
            folded = folded.spread(m, k, (1 - gain) * coefficients[m][k])
        errors[i] = plain_error(replace(folded), rows, error, changed)
    return errors
