"""Prune and retrain (Han, Pool, Tran & Dally 2015): cut below a multiple of a layer's deviation, train the survivors.

Nothing is taken back: survivors keep their weights. They are trained by the network's own recipe at a share of its
learning rate, dropout scaled by the root of the share of connections that is left. Units that nothing leads into, or
out of, are dropped. How many weights of each layer go follows from their magnitudes, whatever the criterion; which ones
is the criterion's choice, and for magnitude it is the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.common.errors import StudyError, number, whole
from study.protocols.base import Cut, Drop, Evaluate, Event, Protocol, Ranking, Remaining, Score, Train
from study.training.recipe import Recipe


@dataclass(frozen=True)
class PruneRetrain(Protocol):
    """Rounds of cut and retraining.

    Attributes:
        left: share of all weights that stays in the end, reached in equal steps of its logarithm; the multiple of the
            deviation, one for all layers, follows from it. 1/12 is 12x.
        deviations: s, in its place: in every round the weights go that are below s standard deviations of what is left
            of their layer.
        rounds: how many.
        epochs: passes over the training rows after each cut; 0 trains nothing.
        rate: share of the recipe's learning rate.

    >>> [round(PruneRetrain(left=1 / 16, rounds=4).cut(k).left, 4) for k in range(1, 5)]
    [0.5, 0.25, 0.125, 0.0625]
    """

    weights_only: ClassVar[bool] = True

    left: float = 1 / 12
    deviations: float | None = None
    rounds: int = 1
    epochs: int = 10
    rate: float = 0.1

    def __post_init__(self) -> None:
        if self.deviations is not None and self.left != PruneRetrain.left:
            raise StudyError(
                f"protocol.deviations={self.deviations} goes without protocol.left={self.left}: one follows from the "
                "other"
            )
        if self.deviations is not None and not 0 < number("protocol.deviations", self.deviations) < math.inf:
            raise StudyError(f"protocol.deviations={self.deviations}: a multiple above 0 is needed")
        if not 0 < number("protocol.left", self.left) < 1:
            raise StudyError(f"protocol.left={self.left}; possible: a share of the weights, above 0 and below 1")
        whole("protocol.rounds", self.rounds, 1)
        whole("protocol.epochs", self.epochs)
        if not 0 < number("protocol.rate", self.rate) <= 1:
            raise StudyError(f"protocol.rate={self.rate}; possible: a share of the learning rate above 0, 1 at most")

    @property
    def retraces(self) -> bool:
        """Whether it needs the network's own training."""
        return self.epochs > 0

    def check(self, recipe: Recipe, iterations: int) -> None:  # noqa: ARG002
        """Refuse a recipe without epochs."""
        if self.epochs and recipe.optimizer == "lbfgs":
            raise StudyError("protocol=prune_retrain goes with training.optimizer=adam or sgd: lbfgs has no epochs")

    def cut(self, done: int) -> Cut:
        """Return the cut of a round, counted from 1."""
        if self.deviations is not None:
            return Cut(deviations=self.deviations)
        return Cut(self.left ** (done / self.rounds), threshold="deviation")

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:  # noqa: ARG002
        """Yield the events; a round is an evaluation right after the cut, and one after the training."""
        yield Score()
        yield Evaluate(0)
        for done in range(1, self.rounds + 1):
            yield self.cut(done)
            yield Drop()
            yield Evaluate(done, measured=False)
            if self.epochs:
                yield Train(epochs=self.epochs, rate=float(self.rate), kept=True)
            if done < self.rounds and ranking.due(done):
                yield Score()
            if self.epochs:
                yield Evaluate(done, phase="train")
