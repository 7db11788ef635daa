"""The bridge from a criterion to the truth: true impacts of sampled single weights beside every pruning decision.

Before the next cut a sample is drawn of the weights that are left (`impact.sampling`), and each one's true impact is
measured, on the pruning rows and on the validation rows. Three tables come of it: what was measured (`sampled`), how
the method and other criteria agree with it (`bridge`), and what came of every cut (`decisions`).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from study.common.errors import whole
from study.impact.agreement import TIE
from study.impact.sampling import Sample, stratified
from study.impact.weight_agreement import bridge
from study.impact.weight_derivatives import weight_curvatures, weight_slopes
from study.impact.weights import Pass, weight_impacts
from study.measures.base import Block, Found, Measure, Trajectory
from study.networks.parts import Parts
from study.pruning.runner import Step
from study.pruning.weight_state import WeightState
from study.records import Column
from study.records.decisions import decisions

STRAIGHT = ("linear", "relu")
"""Activations without a second derivative."""


@dataclass(frozen=True)
class Bridge(Measure):
    """True impacts of sampled weights, and what they say of the criterion.

    Attributes:
        each: weights drawn from every stratum: a decile of magnitude in a layer.
        every: in every so many rounds of the protocol, from the trained network on.
    """

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"sampled": {}, "bridge": {}, "decisions": {}}
    of_units: ClassVar[bool] = False
    each: int = 50
    every: int = 1

    def __post_init__(self) -> None:
        whole("bridge: each", self.each, 1)
        whole("bridge: every", self.every, 1)

    def covers(self, other: Measure) -> bool:
        """Whether the rounds of the other are among those of this, with the same weights."""
        return isinstance(other, Bridge) and other.each == self.each and other.every % self.every == 0

    def joined(self, other: Measure) -> Measure | None:
        """Return that of the rounds of both; None where they draw other numbers of weights."""
        if not isinstance(other, Bridge) or other.each != self.each:
            return None
        return replace(self, every=math.gcd(self.every, other.every))

    def due(self, step: Step) -> bool:
        """Whether weights are sampled at a step."""
        return step.measured and len(step.parts) > 0 and step.round % self.every == 0

    def at(self, step: Step, tie: float) -> Found:  # noqa: ARG002
        """Return a row a sampled weight, and a row a layer and criterion."""
        state = step.state
        assert isinstance(state, WeightState)
        if not self.due(step):
            return {}
        sample = stratified(state.seen["pruning"], step.parts, self.each, state.seed)
        fresh = step.going is not None or step.event == 0  # after the last cut there may be none but those before it
        score = step.scores.score if fresh and step.scores is not None else None
        together = score is not None and step.going is not None and cut_together(score, step.going)
        columns = {"event": np.full(len(sample.weights), step.event)}
        columns |= _drawn(sample, state.network.weights) | _derived(state.ranked, sample.weights, state.scale)
        columns |= _decided(sample, step.parts, score, step.going, together) | _impacts(state.seen, sample.weights)
        rows = bridge(columns, together, state.seed)
        return {"sampled": columns, "bridge": {name: [row[name] for row in rows] for name in rows[0]}}

    def after(self, trajectory: Trajectory) -> Found:
        """Return a row a cut."""
        if "sampled" not in trajectory.tables:
            return {}
        rows = decisions(*(trajectory.tables[name] for name in ("sampled", "events", "evaluations")))
        return {"decisions": {name: [row[name] for row in rows] for name in rows[0]}} if rows else {}


def cut_together(score: Tensor, going: Tensor) -> bool:
    """Whether what goes are the smallest scores of all layers together, ties by place.

    >>> cut_together(torch.tensor([1.0, 3.0, 2.0, 4.0]), torch.tensor([True, False, True, False]))
    True
    """
    return bool(going[score.argsort(stable=True)[: int(going.sum())]].all())


def _drawn(sample: Sample, weights: tuple[Tensor, ...]) -> Block:
    return {
        "layer": sample.weights.layer.numpy(),
        "weight": sample.weights.index.numpy(),
        "stratum": sample.stratum.numpy(),
        "probability": sample.probability.numpy(),
        "value": sample.weights.values(weights).numpy(),
    }


def _derived(ranked: Pass, weights: Parts, scale: float) -> Block:
    """Return the terms of the impacts' expansions, from the calibration rows, in the units of the pruning rows."""
    network, error = ranked.stages.network, ranked.stages.error
    w = weights.values(network.weights)
    first = -w * weights.values(weight_slopes(ranked)) * scale
    if network.front:
        return {"first_order": first.numpy(), "curvature": w.numpy() * np.nan, "gauss_newton": w.numpy() * np.nan}
    exact = rest = weights.values(weight_curvatures(ranked)) * w**2 / 2 * scale
    convex = error.error == "cross_entropy" or network.output == "linear"
    if not (convex and set(network.activations) <= set(STRAIGHT)):  # else there is no more than Gauss-Newton's part
        rest = weights.values(weight_curvatures(ranked, gauss_newton=True)) * w**2 / 2 * scale
    return {"first_order": first.numpy(), "curvature": exact.numpy(), "gauss_newton": rest.numpy()}


def _decided(sample: Sample, parts: Parts, score: Tensor | None, going: Tensor | None, together: bool) -> Block:
    """Return what the method says of the sample, and how far from the cut each weight is."""
    here, null = sample.place, np.full(len(sample.place), np.nan)
    return {
        "score": null if score is None else score[here].numpy(),
        "from_cut": null if score is None or going is None else _from_cut(parts, score, going, together)[here].numpy(),
        "going": -np.ones(len(here)) if going is None else going[here].numpy().astype("float64"),
    }


def _from_cut(parts: Parts, score: Tensor, going: Tensor, together: bool) -> Tensor:
    """Return the share of the weights left between each weight and the cut, float64; below 0 where it goes."""
    found = torch.empty(len(parts), dtype=torch.float64)
    everything = [torch.ones(len(parts), dtype=torch.bool)]
    for group in everything if together else [parts.layer == m for m in parts.layer.unique()]:
        here = group.nonzero()[:, 0]
        rank = torch.empty(len(here), dtype=torch.float64)
        rank[score[here].argsort(stable=True)] = torch.arange(len(here), dtype=torch.float64)
        found[here] = (rank + 0.5 - going[here].sum()) / len(here)
    return found


def _impacts(seen: Mapping[str, Pass], weights: Parts) -> Block:
    """Return the true impacts, on both kinds of rows; 0 where they are no more than the rounding of E."""
    found: dict[str, Any] = {"impact": None, "impact_validation": np.full(len(weights), np.nan)}
    for name, split in (("impact", "pruning"), ("impact_validation", "validation")):
        if split in seen:
            impact, total = weight_impacts(seen[split], weights), seen[split].stages.total()
            found[name] = torch.where(impact.abs() <= TIE * abs(total), 0.0, impact).numpy()
    return found
