"""What the first- and second-order methods share: the terms of the expansion, the order of removal, and the switches.

The published formulas are the defaults. Each switch is one way in which the authors' code of 2016 differed from them
(names V1 to V4b as in the report's section on it); any of them can be set alone. A switch changes what is computed,
and says so in the estimate or in the score; nothing else moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from study.common.errors import StudyError
from study.impact.derivatives import backpropagated, first
from study.methods.base import Method, View

POSSIBLE = {
    "passed_back": ("gradient", "weight_gradient"),
    "slope_of": ("output", "input"),
    "order": ("ascending", "descending"),
    "cap": ("none", "median"),
}

DENSE_ONLY = ("passed_back", "slope_of")


@dataclass(frozen=True)
class Taylor(Method):
    """Base of the Taylor methods.

    Attributes:
        passed_back: what an edge i <- j passes back to unit j: "gradient", dE/dz_i w_ij; or (V1) "weight_gradient",
            dE/dz_i o_j, the gradient of its own weight.
        slope_of: what stands for dE/do_j in the estimate: "output", itself; or (V3a) "input", dE/dz_j = dE/do_j s'_j.
        order: "ascending", the smallest estimate goes first; or (V4a) "descending", the largest.
        cap: "none"; or (V4b) "median": when units are ranked again, only those whose |estimate| is at most the
            (upper) median of all that remain may go.
    """

    passed_back: str = "gradient"
    slope_of: str = "output"
    order: str = "ascending"
    cap: str = "none"

    def __post_init__(self) -> None:
        for name, possible in POSSIBLE.items():
            if getattr(self, name) not in possible:
                raise StudyError(f"{name}={getattr(self, name)!r}; possible: {', '.join(possible)}")

    def filters_refused(self) -> str | None:
        """Return why filters cannot be scored: two of the switches say nothing of them."""
        changed = [f"{name}={getattr(self, name)}" for name in DENSE_ONLY if getattr(self, name) != POSSIBLE[name][0]]
        return f"{', '.join(changed)} is what the authors' code did, of dense layers only" if changed else None

    def first_order(self, view: View, slopes: Sequence[Tensor]) -> Tensor:
        """Return the first-order term of the remaining units, shape (n,): -E'(1) as published.

        Args:
            view: what is ranked.
            slopes: what `derivatives.slopes` returns for it.
        """
        return -view.of_units([self._first_order(view, m, dz) for m, dz in enumerate(slopes)]) * view.scale

    def _first_order(self, view: View, layer: int, dz: Tensor) -> Tensor:
        if self.passed_back == "gradient" and self.slope_of == "output":
            return view.stages.network.operator(layer + 1).directional(dz, view.change(layer))
        slope = backpropagated(view.stages, layer, dz, self.passed_back)
        if self.slope_of == "input":
            slope = slope * first(view.stages, layer)
        return torch.linalg.vecdot(view.change(layer), slope)

    def score(self, estimate: Tensor, view: View) -> Tensor:
        """Return what orders the removal, smallest first, from the estimates of the remaining units.

        A unit that the cap holds back scores infinity.
        """
        score = estimate if self.order == "ascending" else -estimate
        if self.cap == "none" or not view.ranked_again:
            return score
        size = estimate.abs()
        median = size.sort().values[len(size) // 2]
        return torch.where(size <= median, score, torch.inf)


@dataclass(frozen=True)
class AsImplemented(Taylor):
    """The shared switches as the authors' code of 2016 had them all. It compared bare numbers: only equal ones tie."""

    tie: ClassVar[float] = 0.0
    passed_back: str = "weight_gradient"
    slope_of: str = "input"
    order: str = "descending"
    cap: str = "median"
