"""How well the criterion agrees with the truth, wherever the truth is measured: over all units and per layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from study.impact.agreement import agreement
from study.measures.base import Found
from study.measures.impacts import Impacts
from study.pruning.runner import Step
from study.records import Column


@dataclass(frozen=True)
class Agreement(Impacts):
    """Correlations, overlap, regret, sign and scale; layer -1 is all units."""

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"agreement": {}}

    def at(self, step: Step, tie: float) -> Found:
        """Return a row for all units and one a layer."""
        if step.scores is None or not self.due(step):
            return {}
        score, impact = step.scores.score.numpy(), step.state.impacts().numpy()
        estimate = None if step.scores.estimate is None else step.scores.estimate.numpy()
        layers, error = step.parts.layer.numpy(), step.evaluations["pruning"].error
        rows: list[dict[str, float]] = []
        for layer in (-1, *np.unique(layers).tolist()):
            of = slice(None) if layer == -1 else layers == layer
            seen = agreement(score[of], None if estimate is None else estimate[of], impact[of], error, tie)
            rows.append({"event": step.event, "layer": layer, **seen})
        return {"agreement": {name: [row[name] for row in rows] for name in rows[0]}}
