"""How long the cells that are left will take: what each kind has cost so far, not how many there are."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np

SHRINK = 0.2
"""Ridge: so many cells of a kind are believed half; a kind that was not seen yet is the mean."""
FEWEST = 3
"""Cells that have to be done before anything is foretold."""


class Estimate:
    """Foretells costs as products of factors, one a trait: a population, a method, both, whether a network is trained.

    >>> estimate = Estimate()
    >>> for seconds, traits in [(1, "ax"), (10, "bx"), (2, "ay")]:
    ...     estimate.add(seconds, traits)
    >>> float(estimate.seconds(["by"])[0].round(1))  # b takes ten times a, y takes twice x, each believed in part
    13.9
    """

    def __init__(self) -> None:
        self._known: list[tuple[float, tuple[Hashable, ...]]] = []

    def add(self, seconds: float, traits: Iterable[Hashable]) -> None:
        """Note what a cell with these traits has taken."""
        self._known.append((max(seconds, 1e-3), tuple(traits)))

    def seconds(self, cells: Sequence[Iterable[Hashable]]) -> np.ndarray | None:
        """Return what cells with these traits will take, shape (cells,); None where too little is known."""
        if len(self._known) < FEWEST:
            return None
        traits = {trait: n for n, trait in enumerate(dict.fromkeys(t for _, of in self._known for t in of))}
        taken = np.array([seconds for seconds, _ in self._known])
        known, asked = (_table(of, traits) for of in ([of for _, of in self._known], cells))
        mean = np.log(taken).mean()
        inner = known.T @ known + SHRINK * np.eye(len(traits))
        weights = np.linalg.solve(inner, known.T @ (np.log(taken) - mean))
        # The mean of logarithms foretells medians; what is summed up is to come out right for what has been.
        right = taken.sum() / np.exp(mean + known @ weights).sum()
        return np.asarray(right * np.exp(mean + asked @ weights))


def left(running: np.ndarray, waiting: np.ndarray, workers: int) -> float:
    """Return when all will be done, in seconds: the longest of what is at work, or all of it shared by the workers.

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
