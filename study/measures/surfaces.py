"""Error surfaces E(gain) of the units that go."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import torch

from study.common.errors import StudyError, number, whole
from study.impact.surfaces import surface
from study.measures.base import Found, Measure
from study.pruning.runner import Step
from study.records import Column


@dataclass(frozen=True)
class Surfaces(Measure):
    """The surface of the unit that goes next.

    Attributes:
        every: before removals 1, 1 + n, 1 + 2n, ...
        gain: largest gain.
        step: distance of the gains.
    """

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"surfaces": {}}
    of_weights: ClassVar[bool] = False
    every: int = 10
    gain: float = 10.0
    step: float = 0.1

    def __post_init__(self) -> None:
        whole("surfaces_every", self.every, 1)
        number("surface_step", self.step), number("surface_gain", self.gain)
        if not (0 < self.step < math.inf and 1 <= self.gain < math.inf):
            raise StudyError("error surfaces: surface_step > 0 and surface_gain >= 1 are needed")

    def covers(self, other: Measure) -> bool:
        """Whether the surfaces of the other are among those of this."""
        if not isinstance(other, Surfaces) or other.every % self.every:
            return False
        return (self.gain, self.step) == (other.gain, other.step)

    def joined(self, other: Measure) -> Measure | None:
        """Return that of the removals of both; None where the gains differ."""
        if not isinstance(other, Surfaces):
            return None
        both = replace(self, every=math.gcd(self.every, other.every))
        return both if both.covers(other) else None

    def at(self, step: Step, tie: float) -> Found:  # noqa: ARG002
        """Return the surface, where it is due."""
        chosen = step.next
        if chosen is None or step.event % self.every:
            return {}
        gains = torch.arange(round(self.gain / self.step) + 1, dtype=torch.float64) * self.step
        errors = surface(step.state.stages()["pruning"], chosen.part, chosen.instead, gains)
        place = {"event": step.event, "layer": chosen.part.layer, "unit": chosen.part.index}
        return {"surfaces": {**place, "gain": gains.numpy(), "error": errors.numpy()}}
