"""Transfer of tickets (Morcos et al. 2019; Mehta 2019): the mask and early weights of one data set, trained on another.

The source's ticket is found as `lottery_ticket` finds it: the same drawn network and recipe, on the source's rows. Its
last mask and its rewound weights are taken over, and trained on the cell's own data set from that iteration on. A
ticket of the cell's own data set, to be compared with, is `lottery_ticket` with the same rewinding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import yaml

from study.common.errors import StudyError, choice, shown
from study.protocols.base import Adopt, Evaluate, Event, Protocol, Ranking, Remaining, Score, Train
from study.protocols.lottery_ticket import LotteryTicket
from study.training.recipe import Recipe

CONTROLS = ("none", "random", "degree")
HEADS = ("keep", "redraw")


@dataclass(frozen=True)
class Transfer(Protocol):
    """A ticket from elsewhere.

    Attributes:
        source: name of the data set that the ticket is found on, with its parameters behind a plus each, as in
            "fashion_mnist+rows:9000+validation:500".
        share, output, rounds, rewind, threshold: of the source's ticket, as in `lottery_ticket`; `rewind` is the
            iteration (or epoch) of the source's training whose weights are taken over.
        control: "none"; "random": a mask with as many weights in every layer on the same weights; "degree": and with
            as many at every unit and input. On images the second one is the fair rival.
        head: "keep": the output layer's mask and weights come along, and the source has as many classes; "redraw": the
            output layer is whole, and as it was drawn for the cell's own data set.

    >>> Transfer(source="mnist+rows:9000+inverted:true").dataset
    ('mnist', {'rows': 9000, 'inverted': True})
    """

    version: ClassVar[int] = LotteryTicket.version
    weights_only: ClassVar[bool] = True

    source: str = "digits"
    share: float = 0.2
    output: float = 0.1
    rounds: int = 8
    rewind: int = 0
    threshold: str = "layer"
    control: str = "none"
    head: str = "keep"

    def __post_init__(self) -> None:
        if not isinstance(self.source, str) or not re.fullmatch(r"[\w.]+(\+\w+:[^+:]+)*", self.source):
            raise StudyError(
                f"protocol.source={shown(self.source)}: the name of a data set is needed, its parameters behind a plus "
                "each, as in mnist+rows:9000+half:a"
            )
        try:
            assert self.dataset
        except yaml.YAMLError as error:
            raise StudyError(f"protocol.source={shown(self.source)}: a parameter's value is not to be read") from error
        choice("protocol.control", self.control, CONTROLS)
        choice("protocol.head", self.head, HEADS)
        assert self.ticket  # its settings are checked

    @property
    def ticket(self) -> LotteryTicket:
        """The protocol that the source's ticket is found by."""
        return LotteryTicket(self.share, self.output, self.rounds, self.rewind, self.threshold)

    @property
    def dataset(self) -> tuple[str, dict[str, Any]]:
        """The source's name and parameters."""
        name, *params = self.source.split("+")
        return name, {key: yaml.safe_load(value) for key, value in (one.split(":") for one in params)}

    @property
    def retraces(self) -> bool:
        """Whether it needs the network's own training."""
        return True

    def check(self, recipe: Recipe, iterations: int) -> None:
        """Refuse a rewinding that the training has not."""
        self.ticket.check(recipe, iterations)

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:  # noqa: ARG002
        """Yield the events: the network of the cell's own data set, whole, and the ticket from elsewhere."""
        yield Score()
        yield Evaluate(0)
        yield Adopt()
        yield Train(since=self.rewind, kept=True)
        yield Evaluate(self.rounds, phase="train")
