"""Second derivatives of E by the gains of every pair of units of the trained network, each pair once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from study.impact import gain_derivatives
from study.impact.stages import replacement
from study.measures.base import Found, Measure, Trajectory, pairs_of
from study.records import Column


@dataclass(frozen=True)
class Hessian(Measure):
    """The exact Hessian in the gains."""

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"hessian": {}}
    of_weights: ClassVar[bool] = False

    def after(self, trajectory: Trajectory) -> Found:
        """Return a row a pair, and one a unit with itself."""
        start = trajectory.start
        instead = replacement(trajectory.settings.removal, start)
        _, hessian = gain_derivatives(start, trajectory.network.units, instead)
        a, b = np.triu_indices(len(hessian))
        return {"hessian": {**pairs_of(trajectory.network, a, b), "curvature": hessian.cpu().numpy()[a, b]}}
