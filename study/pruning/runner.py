"""What every runner does: a protocol's events, to one network, as a stream of steps.

Algorithm I of the paper (`single_overall`, one-shot) scores once and removes in that order; algorithm II (`iterative`)
scores again after every removal, or after every n-th (`every`). Between two scorings a part keeps its score, unless the
criterion also says what each removal does to the others (`Scores.couplings`).
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from study.methods.base import Method, Scores
from study.networks.network import Network
from study.networks.parts import Parts
from study.protocols.base import Evaluate, Event, Ranking, Remove, Score
from study.pruning.choice import Choice
from study.pruning.state import Evaluation, State
from study.training.course import Fitted
from study.training.further import Further


@dataclass(frozen=True)
class Step:
    """What is seen where a protocol evaluates.

    Attributes:
        event: of the steps, counted from 0, the trained network.
        round: of the protocol.
        phase: what came last: "prune" or "train".
        measured: whether true impacts and whatever else was asked for are measured here.
        removed: the units that went since the step before; of weights, which go by the thousand, none is listed.
        went: how many parts went since the step before.
        state: the network as it is now; it changes when the next step is asked for.
        gains: one vector a hidden layer, as they are now.
        network: later biases folded into under mean removal, what is left trained under retraining.
        evaluations: by split.
        parts: the parts that are left of those that may go, n of them.
        scores: the criterion's present view of them; None after the last removal.
        next: the unit that would go next; None where there is none.
        going: whether each of the `parts` goes in the cut that comes now, bool, shape (n,); None where none does.
        training: what the training since the step before saw; of the first step, that of the whole network, where it
            is known; else None.
        forward_passes, seconds: what the criterion has spent on scores so far.
    """

    event: int
    round: int
    phase: str
    measured: bool
    removed: tuple[Choice, ...]
    went: int
    state: State
    gains: list[Tensor]
    network: Network
    evaluations: dict[str, Evaluation]
    parts: Parts
    scores: Scores | None
    next: Choice | None
    going: Tensor | None
    training: Fitted | None
    forward_passes: int
    seconds: float


class Runner(ABC):
    """Does a protocol's events.

    Args:
        state: the network and its data.
        method: gives the scores.
        further: trains what is left.
    """

    def __init__(self, state: State, method: Method, further: Further) -> None:
        self.state, self.method, self.further = state, method, further
        of = state.settings
        self.ranking = Ranking(of.ranking == "iterative", of.every)
        self._scores: Scores | None = None
        self._scored = Parts.of(())
        self._now: Scores | None = None
        self._next: Choice | None = None
        self._gone: list[Choice] = []
        self._training = further.own
        self._removed = self._events = self._passes = 0
        self._seconds = 0.0

    def steps(self) -> Iterator[Step]:
        """Yield a step at each evaluation of the protocol."""
        events = self.state.settings.protocol.events(self.state, self.ranking)
        event = next(events, None)
        while event is not None:
            if isinstance(event, Evaluate):
                seen, event = event, next(events, None)  # what comes is a part of what is seen
                yield self._evaluated(seen, event)
            else:
                self.do(event)
                event = next(events, None)

    def do(self, event: Event) -> None:
        """Do one event that is no evaluation."""
        match event:
            case Score():
                self._score()
            case Remove(count):
                self._remove(count)
            case _:
                self._change(event)

    def _score(self) -> None:
        state = self.state
        state.evaluate()  # an error that is no number is told before scores of it are
        started = time.perf_counter()
        self._scores, self._scored = state.scores(self.method, self.ranking.again).cpu(), state.parts
        self._changed()
        self._seconds += time.perf_counter() - started
        self._passes += self._scores.forward_passes
        if state.ranked_on_pruning and self._scores.exact and self._scores.estimate is not None:
            state.know(self._scores.estimate)

    def _remaining(self) -> Scores | None:
        """Return what was said of the parts that are still there: their first word, or what couplings make of it."""
        if self._now is None and self._scores is not None and self.state.left:
            self._now = self._scores
            if self.state.left < len(self._scored):
                self._now = self._scores.left(self.state.there(self._scored))
        return self._now

    def _scores_now(self) -> Scores:
        if (now := self._remaining()) is None:
            raise ValueError("a protocol must score before it removes")
        return now

    def _changed(self) -> None:
        self._now = self._next = None

    @abstractmethod
    def _remove(self, count: int) -> None:
        """Take out so many parts, the smallest score first."""

    @abstractmethod
    def _change(self, event: Event) -> None:
        """Do what is neither a score, nor a removal of so many, nor an evaluation."""

    def _chosen(self) -> Choice | None:
        """Return the unit that would go next; None where nothing is left, or nothing was scored."""
        return None

    def _going(self, event: Event | None) -> Tensor | None:  # noqa: ARG002
        """Return which parts go in an event; None where it is no cut."""
        return None

    def _evaluated(self, event: Evaluate, then: Event | None) -> Step:
        state, evaluations = self.state, self.state.evaluate()
        chosen = self._chosen() if event.measured else None
        step = Step(
            self._events,
            event.round,
            event.phase,
            event.measured,
            tuple(self._gone),
            state.removed - self._removed,
            state,
            [g.clone() for g in state.gains],
            state.network,
            evaluations,
            state.parts,
            self._remaining() if event.measured else None,
            chosen,
            self._going(then) if event.measured else None,
            self._training,
            self._passes,
            self._seconds,
        )
        self._events, self._gone, self._removed, self._training = self._events + 1, [], state.removed, None
        return step
