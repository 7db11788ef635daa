"""Early one-time pruning: one cut of a network that has hardly been trained, then its training goes on.

It stands in for Zhang et al. 2021 (who find the moment by a spectral gap, without published code): the moment is a
parameter here, to be swept. At 0 the drawn weights are cut (Lee et al. 2019 cut there by |w dE/dw|, `taylor1_abs`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.common.errors import StudyError, choice, number, whole
from study.protocols.base import (
    THRESHOLDS,
    Cut,
    Evaluate,
    Event,
    Protocol,
    Ranking,
    Remaining,
    Rewind,
    Score,
    Train,
)
from study.training.recipe import Recipe


@dataclass(frozen=True)
class Early(Protocol):
    """One cut.

    Attributes:
        moment: iteration (epoch, where the recipe counts in epochs) of the network's own training after which weights
            go; 0 is before it.
        left: share of the weights that stays.
        threshold: "layer" or "global" (see `protocols.base.Cut`).
    """

    weights_only: ClassVar[bool] = True

    moment: int = 0
    left: float = 0.07
    threshold: str = "layer"

    def __post_init__(self) -> None:
        whole("protocol.moment", self.moment)
        if not 0 < number("protocol.left", self.left) < 1:
            raise StudyError(f"protocol.left={self.left}; possible: a share of the weights, above 0 and below 1")
        choice("protocol.threshold", self.threshold, THRESHOLDS[:2])

    @property
    def retraces(self) -> bool:
        """Whether it needs the network's own training."""
        return True

    def check(self, recipe: Recipe, iterations: int) -> None:  # noqa: ARG002
        """Refuse a moment that the training has not."""
        recipe.check_moment("protocol.moment", self.moment)

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:  # noqa: ARG002
        """Yield the events: the trained network, the young one before and after the cut, and what it grows into."""
        yield Score()
        yield Evaluate(0)
        yield Rewind(self.moment)
        yield Score()
        yield Evaluate(1, phase="train")
        yield Cut(self.left, threshold=self.threshold)
        yield Evaluate(1, measured=False)
        yield Train(since=self.moment, kept=True)
        yield Evaluate(2, phase="train", measured=False)
