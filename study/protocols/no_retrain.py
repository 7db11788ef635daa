"""The paper's protocol (Wolfe et al. 2017): score, remove, evaluate; nothing is ever trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.protocols.base import Evaluate, Event, Protocol, Ranking, Remove, Score, Standing


@dataclass(frozen=True)
class NoRetrain(Protocol):
    """One part at a time, down to the last."""

    trains: ClassVar[bool] = False

    def events(self, state: Standing, ranking: Ranking) -> Iterator[Event]:
        """Yield the events."""
        if state.left:
            yield Score()
        yield Evaluate(round=0)
        while state.left:
            yield Remove()
            if state.left and ranking.due(state.removed):
                yield Score()
            yield Evaluate(round=state.removed)
