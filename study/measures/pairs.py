"""True impacts of all pairs of units of the trained network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from study.impact import pair_errors
from study.impact.stages import replacement
from study.measures.base import Found, Measure, Trajectory, pairs_of
from study.records import Column


@dataclass(frozen=True)
class Pairs(Measure):
    """What removing both does; K units cost K steps of brute force."""

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"pairs": {}}
    of_weights: ClassVar[bool] = False

    def after(self, trajectory: Trajectory) -> Found:
        """Return a row a pair."""
        start = trajectory.start
        instead = replacement(trajectory.settings.removal, start)
        pairs, errors = pair_errors(trajectory.there, trajectory.data.pruning, trajectory.error, instead)
        places = pairs_of(trajectory.network, *pairs.numpy().T)
        return {"pairs": {**places, "impact": (errors - start.total()).numpy()}}
