"""True impacts of pairs of units: what removing both does, beside what removing each does."""

from __future__ import annotations

import torch
from torch import Tensor

from study.data.split import Split
from study.impact.cached import unit_errors
from study.impact.stages import Stages
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.removals.base import Replacement


def pair_errors(network: Network, rows: Split, error: ErrorFunction, replacement: Replacement) -> tuple[Tensor, Tensor]:
    """Return E with every pair of hidden units removed, exactly.

    One unit of each pair is taken out of a network of its own; the other ones are its candidates, as in a step of brute
    force. K units cost K such steps.

    Args:
        network: the trained network.
        rows: that E sums over.
        error: the error.
        replacement: what takes a removed unit's place, the same for every pair.

    Returns:
        The pairs as positions among all units, ascending by layer, then index, int64, shape (K (K - 1) / 2, 2); and E,
        float64, shape (K (K - 1) / 2,).
    """
    units = network.units
    whole = Stages(network, rows, error)
    errors = []
    for i, (m, k) in enumerate(units[:-1]):
        without = whole.copy()
        without.remove(m, k, replacement.at(m, k))
        errors.append(unit_errors(without, units[i + 1 :], replacement))
    return torch.combinations(torch.arange(len(units))), torch.cat(errors) if errors else torch.zeros(0)
