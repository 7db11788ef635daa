"""Second order as published (Wolfe et al. 2017): slope and half the curvature, by a diagonal recursion.

    estimate_k = sum over samples of [ -o_k dE_n/do_k + 1/2 o_k^2 d2E_n/do_k^2 ]

with d2E/do^2 of `impact.derivatives.diagonal_curvatures`: exact for the last hidden layer where outputs act element by
element, without cross terms elsewhere (`taylor2_exact` has them). Of a filter the cross terms between the positions of
its map are left out, too: sum over positions o^2 d2E/do^2. The paper mentions thresholds on large values without
detail; `threshold` covers it, on magnitudes, since a threshold on signed values could not change the smallest one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.errors import StudyError
from study.impact.derivatives import diagonal_curvatures, slopes
from study.methods._taylor import Taylor
from study.methods.base import Scores, View

THRESHOLDS: dict[str, Callable[[Tensor], Tensor]] = {"mean": torch.mean, "median": torch.median}


@dataclass(frozen=True)
class Taylor2(Taylor):
    """Second-order Taylor estimate with the paper's diagonal recursion; further switches as in `Taylor`.

    Attributes:
        threshold: "none", or "mean" | "median": scores whose magnitude exceeds the mean (median) magnitude of the
            remaining units are set to it. The estimate is left as it is.
        output_curvature: "exact", s'^2 + (o - t) s'' at sigmoid outputs; or (V3b) "truncated", s'' alone.
    """

    threshold: str = "none"
    output_curvature: str = "exact"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.threshold not in ("none", *THRESHOLDS):
            raise StudyError(f"taylor2: threshold={self.threshold!r}; possible: none, {', '.join(THRESHOLDS)}")
        if self.output_curvature not in ("exact", "truncated"):
            raise StudyError(f"taylor2: output_curvature={self.output_curvature!r}; possible: exact, truncated")

    def scores(self, view: View) -> Scores:
        """Return the estimates; costs a forward, a backward and a curvature pass."""
        dz = slopes(view.stages, self.passed_back)
        ddz = diagonal_curvatures(view.stages, dz, self.passed_back, self.slope_of, self.output_curvature)
        first = self.first_order(view, dz)
        operators = [view.stages.network.operator(m + 1).squared for m in range(len(ddz))]
        second = [operator.directional(ddz[m], view.change(m) ** 2) for m, operator in enumerate(operators)]
        half = 0.5 * view.of_units(second) * view.scale
        estimate = first + half
        score = self.score(self.thresholded(estimate), view)
        return Scores(score, estimate, first, half, forward_passes=3)

    def thresholded(self, estimate: Tensor) -> Tensor:
        """Return the estimates with large magnitudes cut off.

        >>> Taylor2(threshold="mean").thresholded(torch.tensor([1.0, -9.0, 2.0])).tolist()
        [1.0, 4.0, 2.0]
        """
        if self.threshold == "none":
            return estimate
        limit = THRESHOLDS[self.threshold](estimate.abs())
        return torch.where(estimate.abs() > limit, limit, estimate)
