"""Brute force, the oracle as a method (Wolfe et al. 2017, section "brute force").

    estimate_k = score_k = E(o_k := 0) - E, exactly, on the ranking rows.

One evaluation for every remaining unit. It is greedy: the cheapest unit now need not belong to the best set.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.impact.cached import unit_errors
from study.impact.weights import weight_impacts
from study.methods.base import Method, Scores, View, WeightView


@dataclass(frozen=True)
class BruteForce(Method):
    """Rank by the true impact."""

    def scores(self, view: View) -> Scores:
        """Return impacts, in the error's units; costs one forward pass a unit and one for E itself."""
        errors = unit_errors(view.stages, view.parts, view.replacement)
        impact = (errors - view.stages.total()) * view.scale
        return Scores(impact, impact, forward_passes=len(errors) + 1, exact=True)

    def weight_scores(self, view: WeightView) -> Scores:
        """Return the impacts of single weights, E(w := 0) - E; counted as one forward pass a weight."""
        impact = weight_impacts(view.seen, view.weights) * view.scale
        return Scores(impact, impact, forward_passes=len(impact) + 1, exact=True)
