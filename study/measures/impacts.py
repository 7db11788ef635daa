"""True impacts: what the criterion says of the units that are left, beside the truth."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from study.measures.base import Found, Measure
from study.pruning.runner import Step
from study.records import Column


@dataclass(frozen=True)
class Impacts(Measure):
    """Estimates, scores and true impacts of all units left.

    Attributes:
        every: at every so many steps, and wherever the criterion measures them anyway.
    """

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"impacts": {}}
    every: int = 1

    def covers(self, other: Measure) -> bool:
        """Whether the steps of the other are among those of this."""
        return isinstance(other, Impacts) and other.every % self.every == 0

    def joined(self, other: Measure) -> Measure | None:
        """Return that of the steps of both."""
        return replace(self, every=math.gcd(self.every, other.every)) if isinstance(other, Impacts) else None

    def due(self, step: Step) -> bool:
        """Whether the truth is measured at a step."""
        if step.scores is None or not step.measured:
            return False
        return step.state.impacts_known or step.event % self.every == 0

    def at(self, step: Step, tie: float) -> Found:  # noqa: ARG002
        """Return the rows of the units left."""
        if step.scores is None or not self.due(step):
            return {}
        columns = {
            "estimate": step.scores.estimate,
            "first_order": step.scores.first_order,
            "curvature": step.scores.curvature,
            "score": step.scores.score,
            "impact": step.state.impacts(),
        }
        values = {name: np.nan if of_units is None else of_units.numpy() for name, of_units in columns.items()}
        return {"impacts": {"event": step.event, **step.parts.columns(), **values}}
