"""Second order as published (Wolfe et al. 2017): slope and half the curvature, by a diagonal recursion.

    estimate_k = sum over samples of [ -o_k dE_n/do_k + 1/2 o_k^2 d2E_n/do_k^2 ]

with d2E/do^2 of `impact.derivatives.diagonal_curvatures`: exact for the last hidden layer where outputs act element by
element, without cross terms elsewhere (`taylor2_exact` has them). The paper mentions thresholds on large values without
detail; `threshold` covers it, on magnitudes, since a threshold on signed values could not change the smallest one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from study.errors import StudyError
from study.impact.derivatives import diagonal_curvatures, slopes, through
from study.methods.base import Method, Scores, View
from study.methods.taylor1 import first_order

THRESHOLDS: dict[str, Callable[[Tensor], Tensor]] = {"mean": torch.mean, "median": torch.median}


@dataclass(frozen=True)
class Taylor2(Method):
    """Second-order Taylor estimate with the paper's diagonal recursion.

    Attributes:
        threshold: "none", or "mean" | "median": scores whose magnitude exceeds the mean (median) magnitude of the
            remaining units are set to it. The estimate is left as it is.
    """

    threshold: str = "none"

    def __post_init__(self) -> None:
        if self.threshold not in ("none", *THRESHOLDS):
            raise StudyError(f"taylor2: threshold={self.threshold!r}; possible: none, {', '.join(THRESHOLDS)}")

    def scores(self, view: View) -> Scores:
        """Return the estimates; costs a forward, a backward and a curvature pass."""
        dz = slopes(view.stages)
        first = first_order(view, dz)
        weights, curvatures = view.stages.network.weights[1:], diagonal_curvatures(view.stages, dz)
        second = [
            through(w**2, c, view.change(m) ** 2) for m, (w, c) in enumerate(zip(weights, curvatures, strict=True))
        ]
        half = 0.5 * view.of_units(second) * view.scale
        estimate = first + half
        return Scores(self.thresholded(estimate), estimate, first, half, forward_passes=3)

    def thresholded(self, estimate: Tensor) -> Tensor:
        """Return the scores.

        >>> Taylor2("mean").thresholded(torch.tensor([1.0, -9.0, 2.0])).tolist()
        [1.0, 4.0, 2.0]
        """
        if self.threshold == "none":
            return estimate
        limit = THRESHOLDS[self.threshold](estimate.abs())
        return torch.where(estimate.abs() > limit, limit, estimate)
