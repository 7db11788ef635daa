"""The paper's protocol (Wolfe et al. 2017): score, remove, evaluate; nothing is ever trained."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from study.protocols.base import Event, Protocol, Ranking, Remaining, one_by_one


@dataclass(frozen=True)
class NoRetrain(Protocol):
    """One part at a time, down to the last."""

    trains: ClassVar[bool] = False
    singly: ClassVar[bool] = True

    def events(self, state: Remaining, ranking: Ranking) -> Iterator[Event]:
        """Yield the events."""
        yield from one_by_one(state, ranking)
