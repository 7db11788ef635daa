"""The quadratic model: gradient and full Hessian in the gains once, and from then on no look at the data.

With g and H of `impact.gain_hessian`, to second order in the gains,

    E(S removed) - E = -sum_S g + 1/2 sum_SxS H,

so that after the units S the next one's estimate is

    estimate_j = -g_j + H_jj / 2 + sum_{k in S} H_jk:

the first two terms are those of `taylor2_exact`, and each removal moves the first derivative by a column of H. These
are the interactions that a diagonal Hessian leaves out (LeCun, Denker & Solla 1990; with the full one, of weights,
Hassibi & Stork 1993). Where E is quadratic in the gains (one hidden layer, linear outputs, half squared error) a single
ranking is iterative brute force, exactly. Where outputs are saturated it knows little of what lies beyond the plateau
that E is at gain 1.

Under mean removal of several layers the means are held as they were when scored; what a removal does to the means of
later units, which pruning measures anew, is left out.

Under `single_overall` one scoring orders all removals; under `iterative` scores are computed anew after every n-th
removal (`ranking.every`), n = 1 being `taylor2_exact`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from study.impact.gain_hessian import gain_derivatives
from study.methods.base import Method, Scores, View
from study.methods.taylor2_exact import passes


@dataclass(frozen=True)
class QuadraticOnce(Method):
    """Second-order estimate that carries every removal's effect on the others."""

    any_removal: ClassVar[bool] = False  # it holds for the weights that it has seen

    def scores(self, view: View) -> Scores:
        """Return estimates and couplings, at the cost of the exact second derivative."""
        slope, hessian = gain_derivatives(view.stages, view.parts, view.replacement)
        first, second = -slope * view.scale, 0.5 * hessian.diagonal() * view.scale
        both = first + second
        return Scores(both, both, first, second, forward_passes=passes(view), couplings=hessian * view.scale)
