"""Estimates the time that the remaining cells take, from the costs of finished cells of each kind."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

SHRINK = 0.2
"""Ridge: so many cells of a kind are believed half; a kind that was not seen yet is the mean."""
FEWEST = 3
"""Cells that must be done before the first estimate."""


class Estimate:
    """Estimates a cost as a product of factors, one a trait: population, method, both, whether a network is trained.

    >>> estimate = Estimate()
    >>> for seconds, traits in [(1, "ax"), (10, "bx"), (2, "ay")]:
    ...     estimate.add(seconds, traits)
    >>> float(estimate.seconds(["by"])[0].round(1))  # b takes ten times a, y takes twice x, each believed in part
    13.9
    """

    def __init__(self) -> None:
        self._known: list[tuple[float, tuple[Hashable, ...]]] = []

    def add(self, seconds: float, traits: Iterable[Hashable]) -> None:
        """Note the seconds that a cell with these traits took."""
        self._known.append((max(seconds, 1e-3), tuple(traits)))

    def seconds(self, cells: Sequence[Iterable[Hashable]]) -> np.ndarray | None:
        """Return the estimated seconds of cells with these traits, shape (cells,); None while too few are done."""
        if len(self._known) < FEWEST:
            return None
        traits = {trait: n for n, trait in enumerate(dict.fromkeys(t for _, of in self._known for t in of))}
        taken = np.array([seconds for seconds, _ in self._known])
        known, asked = (_table(of, traits) for of in ([of for _, of in self._known], cells))
        mean = np.log(taken).mean()
        inner = known.T @ known + SHRINK * np.eye(len(traits))
        weights = np.linalg.solve(inner, known.T @ (np.log(taken) - mean))
        # A mean of logarithms estimates medians; the factor makes the sum right for the cells that are done.
        right = taken.sum() / np.exp(mean + known @ weights).sum()
        return np.asarray(right * np.exp(mean + asked @ weights))


def left(running: np.ndarray, waiting: np.ndarray, workers: int) -> float:
    """Return the seconds until all cells are done: the longest cell, or the sum shared by the workers.

    Args:
        running: seconds that each cell at work still takes.
        waiting: seconds that each of the others takes.
        workers: that share them.
    """
    longest = max(running.max(initial=0.0), waiting.max(initial=0.0))
    return float(max(longest, (running.sum() + waiting.sum()) / workers))


def _table(cells: Sequence[Iterable[Hashable]], traits: dict[Hashable, int]) -> np.ndarray:
    table = np.zeros((len(cells), len(traits)))
    for row, of in enumerate(cells):
        for trait in of:
            if trait in traits:
                table[row, traits[trait]] = 1.0
    return table
