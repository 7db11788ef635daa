"""True impacts of units that are gone, put back one at a time into what was left without them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch

from study.common.device import device as device_of
from study.impact import Stages, reinserted_errors
from study.measures.base import Found, Measure, Trajectory
from study.networks.parts import Parts
from study.records import Column
from study.records.kept import removable
from study.removals.base import Instead


@dataclass(frozen=True)
class Reinserted(Measure):
    """Units that go before the network has lost some accuracy (claim C27).

    Attributes:
        within: points of accuracy that it may have lost; in a regression percent of the error's range.
    """

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"reinserted": {}}
    of_weights: ClassVar[bool] = False
    within: float = 2.0

    def after(self, trajectory: Trajectory) -> Found:
        """Return a row a unit; nothing where none may go."""
        size = removable(trajectory.tables["evaluations"], self.within)
        if not size:
            return {}
        gains, network = trajectory.path[size]
        gone, rows = trajectory.gone[:size], trajectory.data.pruning
        there, error = network.to(device_of(trajectory.device)), trajectory.error
        without = Stages(there, rows, error, gains).total()
        parts = Parts.of(c.part for c in gone)
        instead = Instead(torch.cat([c.instead.constants for c in gone]))
        errors = reinserted_errors(there, rows, error, gains, parts, instead)
        columns = {**parts.columns(), "impact": (without - errors).numpy()}
        return {"reinserted": {"event": size, **columns}}
