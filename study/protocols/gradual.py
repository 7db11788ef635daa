"""Gradual pruning (Zhu & Gupta 2017): weights are cut again and again within one training, on a schedule of sparsity.

The training is the network's own, from its drawn weights to the recipe's end: batches, learning rates and the
optimiser's state go on across the cuts. Event 0 is the network that the same recipe makes without any cut.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.common.errors import StudyError, choice, number, whole
from study.protocols.base import END, Cut, Evaluate, Event, Protocol, Ranking, Remaining, Rewind, Score, Train
from study.training.recipe import Recipe

SHAPES = {"cubic": 3.0, "linear": 1.0, "one_shot": 0.0}
"""Power of the schedule of each shape; 0 is one cut, in the end."""


@dataclass(frozen=True)
class Gradual(Protocol):
    """Cuts at stated iterations; every layer keeps the same share.

    Attributes:
        sparsity: share of the weights that are gone in the end, above 0 and below 1.
        initial: the same after the first cut.
        begin: iteration of the first cut.
        every: iterations between two cuts.
        cuts: how many there are after the first one.
        shape: "cubic" (the paper's), "linear", or "one_shot": all at once, at the time of the last cut.

    >>> plan = Gradual(sparsity=0.8, begin=100, every=50, cuts=4)
    >>> [(at, round(s, 4)) for at, s in plan.schedule()]
    [(100, 0.0), (150, 0.4625), (200, 0.7), (250, 0.7875), (300, 0.8)]
    """

    weights_only: ClassVar[bool] = True

    sparsity: float = 0.9
    initial: float = 0.0
    begin: int = 1000
    every: int = 100
    cuts: int = 50
    shape: str = "cubic"

    def __post_init__(self) -> None:
        if not 0 < number("protocol.sparsity", self.sparsity) < 1:
            raise StudyError(f"protocol.sparsity={self.sparsity}; possible: a share of the weights above 0 and below 1")
        if not 0 <= number("protocol.initial", self.initial) < self.sparsity:
            raise StudyError(f"protocol.initial={self.initial}; possible: 0 or more, below protocol.sparsity")
        for name in ("begin", "every", "cuts"):
            whole(f"protocol.{name}", getattr(self, name), 1)
        choice("protocol.shape", self.shape, tuple(SHAPES))

    @property
    def last(self) -> int:
        """Iteration of the last cut."""
        return self.begin + self.every * self.cuts

    @property
    def retraces(self) -> bool:
        """Whether it needs the network's own training."""
        return True

    def check(self, recipe: Recipe, iterations: int) -> None:
        """Refuse a schedule that is longer than the training."""
        if recipe.optimizer == "lbfgs" or recipe.polish:
            raise StudyError("protocol=gradual goes with training.optimizer=adam or sgd and training.polish=0")
        if recipe.target_accuracy is not None:
            raise StudyError(
                f"training.target_accuracy={recipe.target_accuracy} ends training at no iteration that is known "
                "before: protocol=gradual goes with training.target_accuracy=null"
            )
        if self.last > iterations:
            raise StudyError(
                f"the last cut, at protocol.begin + protocol.every * protocol.cuts = {self.last}, comes after the end "
                f"of training, {iterations} iterations (training.{recipe.unit}={recipe.length})"
            )

    def schedule(self) -> list[tuple[int, float]]:
        """Return iteration and sparsity of every cut: s = s_f + (s_i - s_f) (1 - (t - t0)/(n dt))^3."""
        power = SHAPES[self.shape]
        if not power:
            return [(self.last, self.sparsity)]
        steps = [1 - k / self.cuts for k in range(self.cuts + 1)]
        shares = [self.sparsity + (self.initial - self.sparsity) * left**power for left in steps]
        return [(self.begin + k * self.every, s) for k, s in enumerate(shares)]

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:  # noqa: ARG002
        """Yield the events; each cut is measured right before, and evaluated right after it."""
        yield Score()
        yield Evaluate(0)
        yield Rewind(0)
        for k, (at, sparsity) in enumerate(self.schedule()):
            yield Train(until=at)
            if ranking.due(k):
                yield Score()
            yield Evaluate(k + 1, phase="train")
            yield Cut(1 - sparsity)
            yield Evaluate(k + 1, measured=False)
        yield Train(until=END)
        yield Evaluate(k + 2, phase="train", measured=False)
