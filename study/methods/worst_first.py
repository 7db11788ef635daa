"""Worst first: the unit with the largest true impact goes first. A sanity arm: nothing should do worse."""

from __future__ import annotations

from dataclasses import dataclass

from study.methods.base import Method, Scores, View
from study.methods.brute_force import BruteForce


@dataclass(frozen=True)
class WorstFirst(Method):
    """Rank by the true impact, largest first."""

    def scores(self, view: View) -> Scores:
        """Return the oracle's impacts with their negative as the score."""
        truth = BruteForce().scores(view)
        return Scores(-truth.score, truth.estimate, forward_passes=truth.forward_passes, exact=True)
