"""Lottery tickets (Frankle & Carbin 2019): train, cut the smallest scores, take back early weights, train again.

A round cuts a share of the weights that are left, by layer, the output layer by half of it; what is left goes back to
the weights that the network had at the start of its own training (or a little later: Frankle et al. 2020) and trains
to the end of the recipe, with the same batches. What is evaluated after a training is a ticket.

A control runs the same rounds, to the bit, up to the last one's mask, and trains with it, or in its place, what it is a
control of. Trained networks are kept in the cache, so that a killed cell goes on at its last round, and a control of a
ticket that has been trained trains nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.common.errors import StudyError, choice, number, whole
from study.protocols.base import (
    THRESHOLDS,
    Control,
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

CONTROLS = ("none", "reinit", "random", "degree", "continued", "one_shot")


@dataclass(frozen=True)
class LotteryTicket(Protocol):
    """Rounds of cut, rewinding and training.

    Attributes:
        share: of the weights left in a layer that go in a round, above 0 and below 1.
        output: the same of the output layer, which is cut apart; 0 leaves it whole (open_lth).
        rounds: how many; of a control, that of the mask.
        rewind: iteration (epoch, where the recipe counts in epochs) of the network's own training whose weights are
            taken back; 0 is as drawn.
        threshold: "layer" or "global" (see `protocols.base.Cut`).
        control: "none": the tickets themselves; "reinit": their masks with weights drawn anew; "random": masks with as
            many weights in every layer, on the rewound weights; "degree": and with as many at every unit and input;
            "continued": masks of networks that were trained on between the rounds without going back, as tickets;
            "one_shot": the mask of one cut of the trained network.

    >>> [round(LotteryTicket().cut(k).left, 3) for k in (1, 7, 15)]
    [0.8, 0.21, 0.035]
    """

    weights_only: ClassVar[bool] = True

    share: float = 0.2
    output: float = 0.1
    rounds: int = 16
    rewind: int = 0
    threshold: str = "layer"
    control: str = "none"

    def __post_init__(self) -> None:
        if not 0 < number("protocol.share", self.share) < 1:
            raise StudyError(f"protocol.share={self.share}; possible: a share of the weights left, above 0 and below 1")
        if not 0 <= number("protocol.output", self.output) < 1:
            raise StudyError(f"protocol.output={self.output}; possible: a share of the output layer's weights, below 1")
        whole("protocol.rounds", self.rounds, 1)
        whole("protocol.rewind", self.rewind)
        choice("protocol.threshold", self.threshold, THRESHOLDS[:2])
        choice("protocol.control", self.control, CONTROLS)

    @property
    def retraces(self) -> bool:
        """Whether it needs the network's own training."""
        return True

    def check(self, recipe: Recipe, iterations: int) -> None:  # noqa: ARG002
        """Refuse a rewinding that the training has not."""
        recipe.check_moment("protocol.rewind", self.rewind)

    def cut(self, done: int) -> Cut:
        """Return the cut of a round, counted from 1: exact, however many rounds there were before."""
        return Cut((1 - self.share) ** done, output=(1 - self.output) ** done, threshold=self.threshold)

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:  # noqa: ARG002
        """Yield the events; of a ticket a round is an evaluation right after the cut, and one after the training."""
        yield Score()
        yield Evaluate(0)
        if self.control == "one_shot":
            yield self.cut(self.rounds)
            yield from self._trained()
            yield Evaluate(self.rounds, phase="train")
            return
        if self.control != "none":
            yield from self.masking(ranking)
            yield from self._controlled()
            return
        for done in range(1, self.rounds + 1):
            yield self.cut(done)
            yield Evaluate(done, measured=False)
            yield from self._trained()
            if done < self.rounds and ranking.due(done):
                yield Score()
            yield Evaluate(done, phase="train")

    def masking(self, ranking: Ranking) -> Iterator[Event]:
        """Yield what makes the last round's mask, from the trained and scored network on."""
        for done in range(1, self.rounds):
            yield self.cut(done)
            if self.control == "continued":
                yield Train(since=self.rewind, kept=True)
            else:
                yield from self._trained()
            if ranking.due(done):
                yield Score()
        yield self.cut(self.rounds)

    def _trained(self) -> Iterator[Event]:
        yield Rewind(self.rewind)
        yield Train(since=self.rewind, kept=True)

    def _controlled(self) -> Iterator[Event]:
        """Yield what is trained with the last mask, or in its place."""
        if self.control == "reinit":
            yield Control("reinit")
            yield Train(since=0, kept=True)
        else:
            if self.control != "continued":
                yield Control(self.control)
            yield from self._trained()
        yield Evaluate(self.rounds, phase="train")
