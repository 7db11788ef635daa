"""A sample of single weights whose impacts stand for those of all: by layer and decile of magnitude.

Samples of one network at two moments are coordinated by permanent random numbers (Ohlsson 1995): every weight keeps one
number, its priority, and each stratum takes those of the smallest. A weight that is drawn once is hence drawn again as
long as it is left, unless its stratum grows: its impact before training has one after training beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from study.common.errors import whole
from study.impact.weights import Pass
from study.networks.parts import Parts

DECILES = 10


@dataclass(frozen=True)
class Sample:
    """Weights that were drawn, without replacement within each stratum.

    Attributes:
        weights: n of them, by layer, then index.
        place: where each is among those that are left, int64, shape (n,).
        stratum: decile of |w| within the layer, 0 to 9; -1 for a weight that no row can feel, int64, shape (n,).
        probability: of each to be drawn, shape (n,): one over it is its weight in a mean over all.
    """

    weights: Parts
    place: Tensor
    stratum: Tensor
    probability: Tensor


def stratified(seen: Pass, weights: Parts, each: int, seed: int) -> Sample:
    """Draw a number of weights from every stratum, all where a stratum has fewer.

    Strata are, within each layer, the deciles of |w|, and the weights that cannot matter: their impact is 0 to the bit,
    since what they come from is 0 in every row. These are apart so that no decile is of dead pixels.

    Args:
        seen: the network on the rows.
        weights: those that are left.
        each: to draw from a stratum.
        seed: of the weights' priorities: one for a trajectory, so that the samples of its events overlap.
    """
    whole("each", each, 1)
    whole("seed", seed)
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    for m in weights.layer.unique().tolist():
        here = (weights.layer == m).nonzero()[:, 0]
        w = seen.stages.network.weights[m].reshape(-1)[weights.index[here]]
        dark = seen.silent(m)[weights.index[here]]
        priority = priorities(seen.stages.network.weights[m].numel(), m, seed)
        live = here[~dark][w[~dark].abs().argsort(stable=True)]
        for k, group in [(-1, here[dark]), *enumerate(live.tensor_split(DECILES))]:
            drawn = group[priority[weights.index[group]].argsort(stable=True)[:each]]
            size = torch.full((len(drawn),), len(drawn) / max(1, len(group)), dtype=torch.float64)
            found.append((drawn, torch.full((len(drawn),), k), size))
    where, stratum, probability = (torch.cat(parts) for parts in zip(*found, strict=True))
    order = where.argsort()
    return Sample(weights[where[order]], where[order], stratum[order], probability[order])


def priorities(size: int, layer: int, seed: int) -> Tensor:
    """Return the permanent random number of every weight of a layer, float64, shape (size,).

    They come from a generator that draws no network: the weights of a seed do not depend on them.
    """
    drawn = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(layer,))).random(size)
    return torch.from_numpy(drawn)
