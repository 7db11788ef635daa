"""Sampled Shapley values: what a unit is worth, averaged over all orders in which units could go.

    score_k = mean over permutations of [ E(without k and those before it) - E(without those before it) ]

the Shapley value of unit k in the game v(S) = -E(the network of the units S), in which a unit outside S puts out its
constant (0; its mean under mean removal; 0 under compensation, where the game is played without any). Sampled over
permutations (Castro, Gómez & Tejada 2009; for units Ghorbani & Zou 2020): the values of every single permutation add up
to E(no units) - E(all), so those of any sample do. A unit is valued as a member of networks of every size, most
of which are ruins: no prediction of its impact in this one, hence no estimate.

Antithetic: every second permutation is the one before it backwards (Mitchell et al. 2022), so that a unit that went
early in one goes late in the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from study.common.errors import StudyError, whole
from study.impact.coalitions import marginals, permutations
from study.methods.base import Method, Scores, View
from study.removals.base import Replacement

STREAM = 1
"""Keeps the orders apart from those of the method `random`, which is seeded by two numbers."""


@dataclass(frozen=True)
class Shapley(Method):
    """Rank by sampled Shapley values; the orders are drawn from the cell's seed and the number of units left.

    Attributes:
        permutations: how many are drawn, at least 1; even where antithetic.
        antithetic: whether they come in pairs, forwards and backwards.
    """

    permutations: int = 10
    antithetic: bool = True

    def __post_init__(self) -> None:
        whole("shapley: permutations", self.permutations, 1)
        if self.antithetic and self.permutations % 2:
            raise StudyError(
                f"shapley: permutations={self.permutations}; antithetic ones come in pairs: an even number, or "
                "antithetic=false"
            )

    def scores(self, view: View) -> Scores:
        """Return the values; costs one forward pass a unit and permutation, and one for E itself."""
        n = len(view.parts)
        orders = permutations(n, self.permutations, [view.seed, n, STREAM], self.antithetic)
        # What other units take over holds for one removal only.
        out = view.replacement if view.replacement.constant else Replacement.zero(view.stages.hidden)
        worth = marginals(view.stages, view.parts, out, orders).mean(dim=0)
        return Scores(worth * view.scale, forward_passes=1 + n * self.permutations)
