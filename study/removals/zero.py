"""Zero removal (Wolfe et al. 2017): nothing takes the unit's place; its output is 0."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from study.removals.base import Instead, Removal


@dataclass(frozen=True)
class Zero(Removal):
    """o_k becomes 0."""

    order_free: ClassVar[bool] = True

    def instead(self, h: Tensor) -> Instead:
        """Return zeros."""
        return Instead(h.new_zeros(len(h)))
