"""The parameters at the early stop, chosen while a network is trained: a few copies are held, whatever the length."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from torch import Tensor

from study.training.early_stop import SMOOTH, around


@dataclass(frozen=True)
class Snapshot:
    """The parameters at one look at the validation rows.

    Attributes:
        look: which look it was, counted from 0.
        iteration: that the look was at.
        vector: the parameters then.
    """

    look: int
    iteration: int
    vector: Tensor


class Snapshots:
    """The parameters at the look that `early_stop` finds afterwards, the best so far at any time.

    What a look's smoothed error is, is known half a window later. Until then its parameters wait; then they are kept
    or dropped. At most half a window and one copies are held.

    Args:
        smooth: looks that are averaged, odd, as in `early_stop`.
    """

    def __init__(self, smooth: int = SMOOTH) -> None:
        self._half = smooth // 2
        self._errors: list[float] = []
        self._waiting: deque[Snapshot] = deque()
        self._best: Snapshot | None = None

    def look(self, iteration: int, error: float, vector: Tensor) -> None:
        """Note a look at the validation rows.

        Args:
            iteration: counted from the recipe's beginning.
            error: found there.
            vector: the parameters, which are copied.
        """
        self._waiting.append(Snapshot(len(self._errors), iteration, vector.clone()))
        self._errors.append(error)
        if len(self._waiting) > self._half:
            first = self._waiting.popleft()
            if self._best is None or self._smoothed(first) < self._smoothed(self._best):
                self._best = first

    def best(self) -> Snapshot | None:
        """Return the parameters at the early stop of the looks so far; None before the first."""
        settled = [] if self._best is None else [self._best]
        # `min` takes the first of equals.
        return min([*settled, *self._waiting], key=self._smoothed, default=None)

    def _smoothed(self, snapshot: Snapshot) -> float:
        return around(self._errors, snapshot.look, self._half)
