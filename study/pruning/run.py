"""The runner: a protocol's events done to one network, as a stream of steps.

Algorithm I of the paper (`single_overall`, one-shot) scores once and removes in that order; algorithm II (`iterative`)
scores again after every removal, or after every n-th (`every`). Between two scorings a unit keeps its score, unless the
criterion also says what each removal does to the others (`Scores.couplings`).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from study.methods.base import Method, Scores, View, check_filters, check_removal
from study.networks.network import Network
from study.networks.parts import Parts
from study.protocols.base import Evaluate, Ranking, Remove, Rewind, Score, Train
from study.pruning.choice import Choice, choose
from study.pruning.settings import Settings
from study.pruning.state import Evaluation, State, Truths
from study.training.further import Further


@dataclass(frozen=True)
class Step:
    """What is seen where a protocol evaluates.

    Attributes:
        event: of the steps, counted from 0, the trained network.
        round: of the protocol.
        phase: what came last: "prune" or "train".
        measured: whether true impacts and whatever else was asked for are measured here.
        removed: the units that went since the step before.
        state: the network as it is now; it changes when the next step is asked for.
        gains: one vector a hidden layer, as they are now.
        network: later biases folded into under mean removal, what is left trained under retraining.
        evaluations: by split.
        parts: the units that are left of those that may go, n of them.
        scores: the criterion's present view of them; None after the last removal.
        next: the unit that would go next; None where there is none.
        forward_passes, seconds: what the criterion has spent on scores so far.
    """

    event: int
    round: int
    phase: str
    measured: bool
    removed: tuple[Choice, ...]
    state: State
    gains: list[Tensor]
    network: Network
    evaluations: dict[str, Evaluation]
    parts: Parts
    scores: Scores | None
    next: Choice | None
    forward_passes: int
    seconds: float


class Runner:
    """Does a protocol's events.

    Args:
        state: the network and its data.
        method: gives the scores.
        further: trains what is left; its seed is that of methods that draw, too.
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
        self._events = self._passes = 0
        self._seconds = 0.0

    def steps(self) -> Iterator[Step]:
        """Yield a step at each evaluation of the protocol."""
        for event in self.state.settings.protocol.events(self.state, self.ranking):
            match event:
                case Score():
                    self._score()
                case Remove(count):
                    for _ in range(min(count, self.state.left)):
                        self._remove()
                case Train() | Rewind():
                    self._train(event)
                case Evaluate():
                    yield self._evaluated(event)

    def _score(self) -> None:
        state = self.state
        state.evaluate()  # an error that is no number is told before scores of it are
        again = self.ranking.again
        view = View(state.ranked, state.parts, state.replacement, state.scale, self.further.seed, again)
        started = time.perf_counter()
        self._scores, self._scored = self.method.scores(view).cpu(), state.parts
        self._now = self._next = None
        self._seconds += time.perf_counter() - started
        self._passes += self._scores.forward_passes
        if state.ranked is state.seen["pruning"] and self._scores.exact and self._scores.estimate is not None:
            state.know(self._scores.estimate)

    def _remaining(self) -> Scores | None:
        """Return what was said of the units that are still there: their first word, or what couplings make of it."""
        if self._now is None and self._scores is not None and self.state.left:
            self._now = self._scores
            if self.state.left < len(self._scored):
                self._now = self._scores.left(self._scored.values(self.state.gains) != 0)
        return self._now

    def _choice(self) -> Choice | None:
        """Return the unit that goes next; None where nothing is left, or nothing was scored."""
        if self._next is None and (now := self._remaining()) is not None:
            parts = self.state.parts
            i = choose(now, parts, self.state.scope, self.state.seen["pruning"].total(), self.method.tie)
            part, estimate = parts.at(i), None if now.estimate is None else float(now.estimate[i])
            self._next = Choice(part, float(now.score[i]), estimate, self.state.replacement.at(*part))
        return self._next

    def _remove(self) -> None:
        choice = self._choice()
        if choice is None:
            raise ValueError("a protocol must score before it removes")
        self.state.remove(choice)
        self._gone.append(choice)
        self._now = self._next = None

    def _train(self, event: Train | Rewind) -> None:
        state, further = self.state, self.further
        match event:
            case Rewind(epoch):
                state.become(further.at(epoch))
            case Train(since=int(since), kept=kept):
                state.become(further.to_the_end(state.network, state.gains, since, kept).network)
            case Train(epochs=int(epochs), kept=kept):
                state.become(further.few_epochs(state.network, state.gains, epochs, state.removed, kept).network)
        self._next = None

    def _evaluated(self, event: Evaluate) -> Step:
        state, evaluations = self.state, self.state.evaluate()
        chosen = self._choice() if event.measured else None
        step = Step(
            self._events,
            event.round,
            event.phase,
            event.measured,
            tuple(self._gone),
            state,
            [g.clone() for g in state.gains],
            state.network,
            evaluations,
            state.parts,
            self._remaining() if event.measured else None,
            chosen,
            self._passes,
            self._seconds,
        )
        self._events, self._gone = self._events + 1, []
        return step


def steps(
    network: Network,
    method: Method,
    settings: Settings,
    further: Further,
    device: str = "cpu",
    truths: Truths | None = None,
) -> Iterator[Step]:
    """Yield a step at each evaluation of the protocol, the trained network's first.

    Args:
        network: the trained network.
        method: gives the scores.
        settings: how. A single ranking keeps its first scores, whatever is trained.
        further: the data (rows to rank on, to measure impacts on and to evaluate on), and how what is left is trained,
            where the protocol says so; its seed is that of methods that draw, too.
        device: where the passes over the rows run; what a step holds is on the CPU, where any training is done.
        truths: true impacts that are known of trained networks; None for none.

    Raises:
        StudyError: when network and data do not fit, the device is not there, a score is not a number, or training
            diverges.
    """
    check_removal(method, settings.removal)
    if network.front:
        check_filters(method)
    yield from Runner(State(network, further.data, settings, device, truths), method, further).steps()
