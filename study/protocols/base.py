"""What a protocol is: a stream of events, in the order in which they happen to one network.

    Score      the criterion looks at what is left, and says what each part is worth
    Remove     the parts of the smallest scores go, so many
    Cut        the parts of the smallest scores go, down to a share that is left, or by a threshold
    Drop       units that no weight leads into, or out of, lose their other weights
    Train      what is left is trained
    Rewind     what is left takes the weights that it had in an earlier epoch
    Adopt      what is left is exchanged for a ticket of another data set
    Control    what is left is exchanged for what a control wants: other weights, or another mask
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

from study.common.errors import StudyError, choice, number
from study.common.targets import short
from study.records.condition import joined
from study.training.recipe import Recipe

END = "end"
"""Of a recipe, where the number of its iterations is not known."""
THRESHOLDS = ("layer", "global", "deviation")


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
class Cut:
    """Many parts go at once, the smallest scores first; how many is exact, by layer or of all layers together.

    Attributes:
        left: share of the trained network's parts that stay, 0 to 1, however many have gone before; None where
            `deviations` is given.
        output: the same of the output layer, where it has a share of its own: then it is cut apart.
        threshold: "layer": every layer keeps this share (Frankle & Carbin 2019 on LeNet-300-100); "global": all
            layers together do (open_lth); "deviation": all layers together do, each threshold being one and the same
            multiple of the standard deviation of the layer's weights (Han et al. 2015), which says how many go.
        deviations: this multiple, where it is stated in place of `left`.
    """

    left: float | None = None
    output: float | None = None
    threshold: str = "layer"
    deviations: float | None = None

    def __post_init__(self) -> None:
        choice("protocol.threshold", self.threshold, THRESHOLDS)
        for name, value in (("left", self.left), ("output", self.output)):
            if value is not None and not 0 <= number(name, value) <= 1:
                raise StudyError(f"{name}={value}: a share of the parts is needed, 0 to 1")
        if (self.left is None) == (self.deviations is None):
            raise StudyError("a cut needs the share that is left, or a multiple of deviations, and not both")

    def of(self, layer: int, last: int) -> float:
        """Return the share of a layer that stays; `last` is the output layer.

        >>> Cut(0.8, output=0.9).of(2, last=2), Cut(0.8).of(2, last=2)
        (0.9, 0.8)
        """
        own = self.output if layer == last else None
        return float(self.left or 0.0) if own is None else own


@dataclass(frozen=True)
class Drop:
    """Units without a weight that leads into them, or out of them, lose the others; what they add is kept.

    A unit that nothing leads into puts out a constant, which goes into the biases above. The network's outputs stay.
    """


@dataclass(frozen=True)
class Train:
    """What is left is trained, on the training rows. One of `epochs`, `since` and `until` is given.

    Attributes:
        epochs: passes from the present weights.
        rate: None: `epochs` pass at a small constant rate; else they pass by the network's own recipe at this share of
            its learning rate, its dropout scaled to what is left (Han et al. 2015).
        since: train on from this epoch (iteration, where the recipe counts in them) of the network's own recipe to the
            recipe's end; momentum and Adam's moments begin anew.
        until: one training of the whole network that began at its drawn weights goes on up to this iteration, or to
            the recipe's `END`, the optimiser's state with it.
        kept: whether the trained network is kept in the cache, so that a killed cell goes on from there.
    """

    epochs: int | None = None
    rate: float | None = None
    since: int | None = None
    until: int | str | None = None
    kept: bool = False


@dataclass(frozen=True)
class Rewind:
    """What is left takes the weights that the network had after this epoch of its own training; 0 is as drawn.

    Where the recipe counts in iterations (`training.iterations`), so does this.
    """

    epoch: int


@dataclass(frozen=True)
class Control:
    """What is left is exchanged for a control of the same sparsity.

    Attributes:
        kind: "reinit": the mask stays, the weights are drawn anew; "random": as many weights of every layer are there,
            others; "degree": and as many lead into and out of every unit and every input.
    """

    kind: str


@dataclass(frozen=True)
class Adopt:
    """What is left is exchanged for the ticket of another data set: its mask, and the weights that it goes back to."""


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


Event = Score | Remove | Cut | Drop | Train | Rewind | Control | Adopt | Evaluate


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
        weights_only: whether it is for single weights, not for units.
        singly: whether parts go one at a time, each with an evaluation of its own.
    """

    version: ClassVar[int] = 1
    trains: ClassVar[bool] = True
    weights_only: ClassVar[bool] = False
    singly: ClassVar[bool] = False

    def check(self, recipe: Recipe, iterations: int) -> None:  # noqa: B027
        """Refuse a training that this protocol does not go with, before any of it is done.

        Args:
            recipe: of the network's own training.
            iterations: that it has.

        Raises:
            StudyError: saying what would.
        """

    @property
    def retraces(self) -> bool:
        """Whether it goes back into the network's own training: drawn weights, recipe and seed must then be known."""
        return False

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
