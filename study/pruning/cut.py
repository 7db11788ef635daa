"""Which parts go at once: down to a share of each layer, or of all layers together, the smallest scores first."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.networks.parts import Parts
from study.protocols.base import Cut

Groups = list[tuple[Tensor, int]]
"""Places of the parts that are cut together, ascending, and how many of them go."""


def going(scores: Tensor, parts: Parts, cut: Cut, sizes: Sequence[int], values: Tensor) -> Tensor:
    """Return which parts go, bool, shape (n,).

    The number is exact, half a part rounded to the even. Of equal scores at the threshold the one of the lower layer
    goes first, then of the lower index. (Google's lottery tickets let all of them go.)

    Args:
        scores: of the parts that are left, shape (n,); the smallest goes first.
        parts: these parts.
        cut: how many.
        sizes: parts of every layer in the trained network; the output layer's last, where it has any.
        values: the weights themselves, shape (n,): thresholds in deviations are of them, whatever the scores.

    >>> parts = Parts.of([(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)])
    >>> scores = torch.tensor([0.3, 0.1, 0.1, 0.4, 0.2, 0.9])
    >>> [going(scores, parts, Cut(0.5, threshold=t), (4, 2), scores).tolist() for t in ("layer", "global")]
    [[False, True, True, False, True, False], [False, True, True, False, True, False]]
    """
    gone = torch.zeros(len(parts), dtype=torch.bool)
    order = ascending(scores, parts)
    for here, count in _groups(parts, cut, sizes, values):
        member = torch.zeros(len(parts), dtype=torch.bool)
        member[here] = True
        gone[order[member[order]][:count]] = True
    return gone


def smallest(scores: Tensor, parts: Parts, count: int) -> Tensor:
    """Return which parts go where so many go of all layers together, bool; args and ties as in `going`."""
    gone = torch.zeros(len(parts), dtype=torch.bool)
    gone[ascending(scores, parts)[:count]] = True
    return gone


def ascending(scores: Tensor, parts: Parts) -> Tensor:
    """Return the places of the parts by score, then layer, then index, int64, shape (n,)."""
    order = parts.index.argsort(stable=True)
    order = order[parts.layer[order].argsort(stable=True)]
    return order[scores[order].argsort(stable=True)]


def _groups(parts: Parts, cut: Cut, sizes: Sequence[int], values: Tensor) -> Groups:
    """Return the parts that are cut together, and how many of them go."""
    last, layers = len(sizes) - 1, range(len(sizes))
    of_layer = {m: (parts.layer == m).nonzero()[:, 0] for m in layers}
    alone = [m for m in layers if cut.threshold == "layer" or (m == last and cut.output is not None)]
    together = [m for m in layers if m not in alone]
    if cut.deviations is not None:
        return [(here, int((_deviations(here, values) < cut.deviations).sum())) for here in of_layer.values()]
    found = [(of_layer[m], _surplus(cut.of(m, last) * sizes[m], len(of_layer[m]))) for m in alone]
    if not together:
        return found
    here = torch.cat([of_layer[m] for m in together])
    count = _surplus(float(cut.left or 0.0) * sum(sizes[m] for m in together), len(here))
    if cut.threshold == "global":
        return [*found, (here.sort().values, count)]
    apart = torch.cat([_deviations(of_layer[m], values) for m in together])
    goes = torch.zeros(len(parts), dtype=torch.bool)
    goes[here[apart.argsort(stable=True)[:count]]] = True  # by magnitude: how many of each layer
    return [*found, *((of_layer[m], int(goes[of_layer[m]].sum())) for m in together)]


def _surplus(wanted: float, there: int) -> int:
    return max(0, there - round(wanted))


def _deviations(here: Tensor, values: Tensor) -> Tensor:
    """Return the magnitudes of a layer's weights in standard deviations of those that are left."""
    w = values[here]
    deviation = w.std(correction=0) if len(w) else w.new_tensor(0.0)
    return w.abs() / deviation if deviation > 0 else w.abs()
