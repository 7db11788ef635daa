"""Removal with training on the way: score, remove, train where it is due, evaluate.

Training is due each time that a further share of all units has gone, never after the last. What is evaluated after such
a removal is the trained network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.common.errors import StudyError, number, whole
from study.protocols.base import Event, Protocol, Ranking, Remaining, Train, one_by_one
from study.records.condition import joined


@dataclass(frozen=True)
class Retrain(Protocol):
    """One part at a time, down to the last, with a little training after each further share.

    Attributes:
        every: share of all units, above 0 and at most 1: training is due each time that as many more have gone.
        epochs: passes over the training rows each time, 0 or more; 0 trains nothing.
    """

    singly: ClassVar[bool] = True

    every: float = 0.1
    epochs: int = 5

    def __post_init__(self) -> None:
        if not 0 < number("protocol.every", self.every) <= 1:
            raise StudyError(f"protocol.every={self.every}; possible: a share of the units above 0, 1 at most")
        whole("protocol.epochs", self.epochs)

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:
        """Yield the events."""
        yield from one_by_one(state, ranking, lambda: self.training(state.removed, state.units))

    def training(self, removed: int, units: int) -> Train | None:
        """Return how the network is trained after its removal number `removed` of `units`; None where it is not."""
        return Train(self.epochs) if self.due(removed, units) else None

    def due(self, removed: int, units: int) -> bool:
        """Whether the network is trained after its removal number `removed` of `units`: never after the last.

        >>> [n for n in range(1, 13) if Retrain(every=0.25).due(n, 12)]
        [3, 6, 9]
        """
        if self.epochs == 0 or removed == units:
            return False
        now, before = (int(n / (self.every * units) + 1e-9) for n in (removed, removed - 1))
        return now > before

    @property
    def label(self) -> str:
        """For people and tags; recorded results are told apart by it.

        >>> Retrain().label, Retrain(epochs=20, every=0.25).label
        ('retrain[epochs=5]', 'retrain[epochs=20,every=0.25]')
        """
        share = {"every": f"{self.every:g}"} if self.every != Retrain.every else {}
        return joined(self.name, {"epochs": self.epochs, **share})
