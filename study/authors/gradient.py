"""The gradient check (V1): what the authors' code passed back to hidden weights against finite differences of E."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from study.data import Split
from study.impact import Stages
from study.impact.derivatives import backpropagated, first, slopes
from study.networks import ErrorFunction, Network

STEP = 1e-5
"""Of the central differences, in the weight's units."""


@dataclass(frozen=True)
class Check:
    """One hidden layer's weights, over some rows.

    Attributes:
        layer: hidden layer, from 0.
        weights: how many weights E was differenced for.
        chain_rule: cosine between back-propagation by the chain rule and the finite differences.
        implemented: cosine between what the authors' code passed back and the finite differences.
    """

    layer: int
    weights: int
    chain_rule: float
    implemented: float


def gradient_check(network: Network, rows: Split, weights: int = 200, seed: int = 0) -> Iterator[Check]:
    """Yield the check of every hidden layer.

    Args:
        network: with outputs that act element by element.
        rows: that E sums over.
        weights: of every layer that E is differenced for, drawn at random; fewer where there are fewer.
        seed: of the draw.
    """
    error = ErrorFunction(network.output)
    generator = torch.Generator().manual_seed(seed)
    for layer in range(network.depth):
        shape = network.weights[layer].shape
        chosen = torch.randperm(shape[0] * shape[1], generator=generator)[:weights]
        differences = torch.tensor(
            [_difference(network, rows, error, layer, int(i)) for i in chosen], dtype=torch.float64
        )
        found = [
            hidden_gradient(network, rows, layer, kind).flatten()[chosen] for kind in ("gradient", "weight_gradient")
        ]
        cosines = [float(torch.nn.functional.cosine_similarity(g, differences, dim=0)) for g in found]
        yield Check(layer, len(chosen), *cosines)


def hidden_gradient(network: Network, rows: Split, layer: int, passed_back: str) -> Tensor:
    """Return dE/dW of a hidden layer, shape of its weights; `passed_back` as in `derivatives.backpropagated`."""
    stages = Stages(network, rows, ErrorFunction(network.output))
    dz = backpropagated(stages, layer, slopes(stages, passed_back)[layer], passed_back) * first(stages, layer)
    below = stages.h[layer - 1] if layer else rows.inputs.T
    return dz @ below.T


def _difference(network: Network, rows: Split, error: ErrorFunction, layer: int, index: int) -> float:
    totals = []
    for step in (STEP, -STEP):
        weights = [w.clone() for w in network.weights]
        weights[layer].view(-1)[index] += step
        moved = replace(network, weights=tuple(weights))
        totals.append(float(error.total(moved.logits(rows.inputs), rows.targets.T)))
    return (totals[0] - totals[1]) / (2 * STEP)
