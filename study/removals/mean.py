"""Mean removal: the unit's mean output on the rows ranked on takes its place, in the next biases."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from study.removals.base import Instead, Removal


@dataclass(frozen=True)
class Mean(Removal):
    """o_k becomes its mean; of a filter, over positions and samples."""

    def instead(self, h: Tensor) -> Instead:
        """Return the means."""
        return Instead(h.mean(dim=1))
