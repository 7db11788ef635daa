"""Which weights go at once: a share of each layer, or of all layers together, the smallest scores first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.errors import StudyError, choice, number
from study.networks.parts import Parts

SCOPES = ("layer", "global")
"""Whether each layer loses its share, or all layers together theirs."""


@dataclass(frozen=True)
class Cut:
    """How much goes.

    Attributes:
        share: of the weights that are left, 0 to 1.
        threshold: "layer": every layer loses its share (Frankle & Carbin 2019 on LeNet-300-100); "global": the layers
            together lose theirs, by one threshold (open_lth).
        rates: the share of single layers by their index, instead of `share`: half of it for the output layer in
            Frankle & Carbin 2019, 0 for a layer that stays whole. Under "global" those layers are cut apart.

    >>> Cut(0.2, rates={2: 0.1}).of(2)
    0.1
    """

    share: float
    threshold: str = "layer"
    rates: Mapping[int, float] | None = None

    def __post_init__(self) -> None:
        choice("threshold", self.threshold, SCOPES)
        for name, value in (("share", self.share), *(("rates", v) for v in (self.rates or {}).values())):
            if not 0 <= number(name, value) <= 1:
                raise StudyError(f"{name}={value}: a share of the weights that are left is needed, 0 to 1")

    def of(self, layer: int) -> float:
        """Return the share of one layer."""
        return (self.rates or {}).get(layer, self.share)


def going(scores: Tensor, weights: Parts, cut: Cut) -> Tensor:
    """Return which weights go, bool, shape (n,).

    The number is exact, half a weight rounded to the even: of equal scores at the threshold the one of the lower layer
    goes first, then of the lower index. (Google's lottery tickets let all of them go.)

    Args:
        scores: of the weights that are left, shape (n,); the smallest goes first.
        weights: these weights.
        cut: how many.

    Raises:
        StudyError: when a score is not a number.

    >>> weights = Parts.of([(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)])
    >>> scores = torch.tensor([0.3, 0.1, 0.1, 0.4, 0.2, 0.9])
    >>> going(scores, weights, Cut(0.5)).tolist(), going(scores, weights, Cut(0.5, "global")).tolist()
    ([False, True, True, False, True, False], [False, True, True, False, True, False])
    """
    if scores.isnan().any():
        bad = weights.at(int(scores.isnan().nonzero()[0, 0]))
        raise StudyError(f"the method gave weight {bad.index} of layer {bad.layer} a score that is not a number")
    gone = torch.zeros(len(weights), dtype=torch.bool)
    layers = weights.layer.unique().tolist()
    together = [m for m in layers if cut.threshold == "global" and m not in (cut.rates or {})]
    groups = [([m], cut.of(m)) for m in layers if m not in together] + ([(together, cut.share)] if together else [])
    for group, share in groups:
        here = torch.isin(weights.layer, torch.tensor(group)).nonzero()[:, 0]
        here = here[_order(weights.index[here])]
        here = here[_order(weights.layer[here])]
        first = here[_order(scores[here])][: round(share * len(here))]
        gone[first] = True
    return gone


def _order(values: Tensor) -> Tensor:
    return values.argsort(stable=True)
