"""Timing side by side: every path once a round, round after round, so that a machine's moods meet all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

Work = Callable[[], object]


@dataclass(frozen=True)
class Times:
    """Seconds of one path, a value a round."""

    seconds: list[float]

    @property
    def median(self) -> float:
        """Median seconds."""
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half the range between the quartiles, as a share of the median."""
        if len(self.seconds) < 3:
            return 0.0
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return (high - low) / 2 / self.median

    def ratio(self, other: Times) -> float:
        """Return how many times longer this takes than `other`: the median over the rounds of the ratio in a round."""
        return statistics.median(a / b for a, b in zip(self.seconds, other.seconds, strict=True))

    def scaled(self, factor: float) -> Times:
        """Return the times of that many times the work."""
        return Times([s * factor for s in self.seconds])


def alternate(works: Mapping[str, Work], rounds: int) -> dict[str, Times]:
    """Time the paths in turn, A B A B, after one pass of each that is not counted."""
    for work in works.values():
        work()
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work))
    return {name: Times(found) for name, found in taken.items()}


def seconds(work: Work) -> float:
    """Return how long a work takes, an accelerator's queue emptied before and after."""
    _wait()
    started = time.perf_counter()
    work()
    _wait()
    return time.perf_counter() - started


def repeated(work: Work, times: int) -> Work:
    """Return the work done several times over, for works that are too short to time."""

    def many() -> None:
        for _ in range(times):
            work()

    return many


def _wait() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
