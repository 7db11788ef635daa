"""What a protocol is: a stream of events, in the order in which they happen to one network.

    Score      the criterion looks at what is left, and says what each part is worth
    Remove     the parts of the smallest scores go
    Train      what is left is trained
    Rewind     what is left takes the weights that it had in an earlier epoch
    Evaluate   errors are measured, and a row of the records is made

A protocol only says the order; `pruning.run` does it. It reads where the network stands from the state, which has
changed by the time that the next event is asked for.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from typing import ClassVar
from typing import Protocol as Interface

from study.common.targets import short
from study.records.condition import joined


@dataclass(frozen=True)
class Score:
    """The criterion scores what is left."""


@dataclass(frozen=True)
class Remove:
    """So many parts go, one after the other, the smallest score first.

    Attributes:
        count: of parts, at least 1; no more go than are left.
    """

    count: int = 1


@dataclass(frozen=True)
class Train:
    """What is left is trained, on the training rows.

    Attributes:
        epochs: passes at a small constant rate, from the present weights; None where `since` is given.
        since: train on from this epoch (iteration, where the recipe counts in them) of the network's own recipe to the
            recipe's end; momentum and Adam's moments begin anew.
        kept: whether the trained network is kept in the cache, so that a killed cell goes on from there.
    """

    epochs: int | None = None
    since: int | None = None
    kept: bool = False


@dataclass(frozen=True)
class Rewind:
    """What is left takes the weights that the network had after this epoch of its own training; 0 is as drawn.

    Where the recipe counts in iterations (`training.iterations`), so does this.
    """

    epoch: int


@dataclass(frozen=True)
class Evaluate:
    """Errors are measured on all splits, and a row is recorded.

    Attributes:
        round: of the protocol; 0 is the trained network.
        phase: what came last: "prune" or "train".
        measured: whether the true impacts and whatever else was asked for are measured here, too.
    """

    round: int
    phase: str = "prune"
    measured: bool = True


Event = Score | Remove | Train | Rewind | Evaluate


class Remaining(Interface):
    """What a protocol reads of the network."""

    @property
    def units(self) -> int:
        """Parts that the trained network had."""

    @property
    def removed(self) -> int:
        """Parts that are gone."""

    @property
    def left(self) -> int:
        """Parts that are left."""


@dataclass(frozen=True)
class Ranking:
    """When the criterion scores again: never (one-shot), or after every so many removals (iterative).

    Attributes:
        again: whether it does at all.
        every: after so many removals.

    >>> [n for n in range(5) if Ranking(True, every=2).due(n)], [n for n in range(5) if Ranking(False).due(n)]
    ([0, 2, 4], [0])
    """

    again: bool
    every: int = 1

    def due(self, removals: int) -> bool:
        """Whether the criterion scores after so many removals; 0 is the start."""
        return removals == 0 or (self.again and removals % self.every == 0)


def one_by_one(
    state: Remaining, ranking: Ranking, training: Callable[[], Train | None] = lambda: None
) -> Iterator[Event]:
    """Yield the events of a removal of one part at a time, down to the last.

    Args:
        state: of the network.
        ranking: when the criterion scores again.
        training: asked after every removal: how what is left is trained; None where it is not.
    """
    if state.left:
        yield Score()
    yield Evaluate(round=0)
    while state.left:
        yield Remove()
        if (due := training()) is not None:
            yield due
        if state.left and ranking.due(state.removed):
            yield Score()
        yield Evaluate(round=state.removed)


@dataclass(frozen=True)
class Protocol(ABC):
    """The order of events; a subclass is a dataclass of its parameters.

    One of the study lives in the module of its name. A configuration names somebody's own by `_target_`, too.

    Attributes:
        version: raised when the same protocol and seed give other numbers; a part of the key of cells that train.
        trains: whether the network is trained on the way.
    """

    version: ClassVar[int] = 1
    trains: ClassVar[bool] = True

    @abstractmethod
    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:
        """Yield the events in their order, until nothing is left or the protocol ends."""

    @property
    def name(self) -> str:
        """That of its module; of somebody's own, the module's and the class's."""
        return short(f"{type(self).__module__}.{type(self).__qualname__}")

    @property
    def label(self) -> str:
        """For people and tags: the name, and the parameters that are not usual."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) != f.default}
        return joined(self.name, given)
