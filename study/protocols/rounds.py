"""Iterative pruning in rounds: score, remove a share of what is left, train, and again (Han et al. 2015).

With `rewind` the survivors first take back the weights that they had in an early epoch, and train from there to the end
of the network's own recipe, with the same batches: the rounds of Frankle & Carbin (2019) and, from an epoch above 0, of
Frankle et al. (2020), here with whole units. Without it they train on from where they are, for a few epochs at a small
constant rate.

Every trained network is kept in the cache, so that a killed cell goes on at its last round.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from study.common.errors import StudyError, number, whole
from study.protocols.base import Evaluate, Event, Protocol, Ranking, Remaining, Remove, Rewind, Score, Train
from study.training.recipe import Recipe


@dataclass(frozen=True)
class Rounds(Protocol):
    """Rounds of removal and training, until nothing is left.

    Attributes:
        share: of the units left that go in a round, above 0 and below 1; at least one goes.
        rewind: epoch (iteration, under `training.iterations`) of the network's own training whose weights the survivors
            take back, 0 being as drawn; or "none".
        epochs: passes over the training rows in a round where nothing is rewound, at least 1.

    >>> [1 if n < 5 else round(Rounds().share * n) for n in (100, 80, 64, 4)]
    [20, 16, 13, 1]
    """

    share: float = 0.2
    rewind: int | str = "none"
    epochs: int = 5

    def __post_init__(self) -> None:
        if not 0 < number("protocol.share", self.share) < 1:
            raise StudyError(f"protocol.share={self.share}; possible: a share of the units above 0 and below 1")
        whole("protocol.epochs", self.epochs, 1)
        if self.rewind == "none":
            return
        if isinstance(self.rewind, str):
            raise StudyError(f"protocol.rewind={self.rewind}; possible: none, or an epoch of the network's training")
        whole("protocol.rewind", self.rewind)
        if self.epochs != Rounds.epochs:
            raise StudyError(
                f"protocol.epochs={self.epochs} goes with protocol.rewind=none: rewound networks train to the end of "
                "their own recipe"
            )

    @property
    def retraces(self) -> bool:
        """Whether it needs the network's own training."""
        return isinstance(self.rewind, int)

    def check(self, recipe: Recipe, iterations: int) -> None:  # noqa: ARG002
        """Refuse a rewinding that the training has not."""
        if isinstance(self.rewind, int):
            recipe.check_moment("protocol.rewind", self.rewind)

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:
        """Yield the events; a round is a removal event, and after all but the last one a training event."""
        if state.left:
            yield Score()
        yield Evaluate(round=0)
        done = 0
        while state.left:
            done += 1
            yield Remove(max(1, math.floor(self.share * state.left + 0.5)))
            yield Evaluate(done, measured=False)
            if not state.left:
                return
            if isinstance(self.rewind, int):
                yield Rewind(self.rewind)
                yield Train(since=self.rewind, kept=True)
            else:
                yield Train(epochs=self.epochs, kept=True)
            if ranking.due(done):
                yield Score()
            yield Evaluate(done, phase="train")
