"""Fisher pruning (Theis, Korshunova, Tejani & Huszár 2018): half the squared gain gradients, one a sample.

    score_k = 1/2 sum over samples of g_kn^2,     g_kn = dE_n/dgain_k = o_k dE_n/do_k

Theirs is the mean over samples, of an error that is a mean, too; both sums here. The square is taken sample by sample,
after the sum over whatever the gain multiplies (a unit's one output, all positions of a filter's map) and before that
over samples: in `taylor1`, samples whose gradients have different signs cancel, here they add up. Molchanov et al. 2019
square the same gradient of a mini-batch and average over those, which is this score for batches of one sample.

It stands for half the curvature where E is a negative log-likelihood of a well-fitted model at a minimum (the
empirical Fisher matrix): under the cross-entropy it is an estimate of the impact. g^2 of the half squared error is
in the error's unit squared, hence no estimate there. Under mean removal o_k - c_k takes the place of o_k.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from study.impact.derivatives import backpropagated, slopes
from study.methods.base import Method, Scores, View


@dataclass(frozen=True)
class Fisher(Method):
    """Rank by the sum of squared gain gradients of single samples."""

    def scores(self, view: View) -> Scores:
        """Return the halved sums, as estimates too under the cross-entropy; costs a forward and a backward pass."""
        squares = []
        for m, dz in enumerate(slopes(view.stages)):
            gradient = view.change(m) * backpropagated(view.stages, m, dz)
            if (positions := view.stages.network.maps(m).positions) > 1:
                gradient = gradient.reshape(len(gradient), positions, view.stages.samples).sum(1)
            squares.append(torch.linalg.vecdot(gradient, gradient))
        half = 0.5 * view.of_units(squares) * view.scale
        if view.stages.error.error != "cross_entropy":
            return Scores(half, forward_passes=2)
        return Scores(half, half, curvature=half, forward_passes=2)
