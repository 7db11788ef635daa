"""The plain oracle: one full forward pass a unit. Every fast path must equal it.

impact_k = E(gain_k := 0) - E(gain_k = 1), all else as it is (paper, section "brute force").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from study.data.split import Split
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.networks.parts import Parts
from study.removals.base import Replacement


def plain_error(network: Network, rows: Split, error: ErrorFunction, gains: Sequence[Tensor]) -> float:
    """Return E of one full forward pass."""
    return float(error.total(network.logits(rows.inputs, gains), rows.targets.to(torch.float64).T))


def plain_errors(
    network: Network,
    rows: Split,
    error: ErrorFunction,
    gains: Sequence[Tensor],
    parts: Parts,
    replacement: Replacement,
    gain: float = 0.0,
) -> Tensor:
    """Return E with one unit at a time at `gain`, each by a full forward pass.

    Args:
        network: the network, as it is.
        rows: the rows that E sums over.
        error: the error.
        gains: present gains, one vector a hidden layer.
        parts: the units, n of them.
        replacement: what takes a removed unit's place.
        gain: of the unit: its output becomes gain o + (1 - gain) of what takes its place.

    Returns:
        E, float64, shape (n,).
    """
    errors = torch.empty(len(parts), dtype=torch.float64)
    for i, (m, k) in enumerate(parts):
        changed = [g.clone() for g in gains]
        changed[m][k] = gain
        errors[i] = plain_error(replacement.at(m, k).into(network, m, k, share=1 - gain), rows, error, changed)
    return errors


def plain_weight_errors(network: Network, rows: Split, error: ErrorFunction, weights: Parts) -> Tensor:
    """Return E with one weight at a time at 0, each by a full forward pass.

    Args:
        network: the network, as it is.
        rows: the rows that E sums over.
        error: the error.
        weights: n of them: the layer that each goes into (0 to the number of hidden layers, the output layer) and its
            index in that layer's array of weights, flattened.

    Returns:
        E, float64, shape (n,).
    """
    errors = torch.empty(len(weights), dtype=torch.float64)
    for i, (m, k) in enumerate(weights):
        arrays = [w.clone() if layer == m else w for layer, w in enumerate(network.weights)]
        arrays[m].view(-1)[k] = 0.0
        without = replace(network, weights=tuple(arrays))
        errors[i] = error.total(without.logits(rows.inputs), rows.targets.to(torch.float64).T)
    return errors
