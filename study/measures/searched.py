"""The best sets of removed units of each size that a search finds, beside the path of the criterion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from study.common.errors import StudyError, choice, whole
from study.impact.stages import ones
from study.measures.base import Block, Found, Measure, Trajectory
from study.networks.error import correct
from study.networks.network import Network
from study.pruning.search import best_sets, check_size
from study.records import Column


@dataclass(frozen=True)
class Searched(Measure):
    """A beam search, or all sets.

    Attributes:
        search: "beam" or "exhaustive".
        width: sets that a beam keeps of each size.
    """

    tables: ClassVar[Mapping[str, Mapping[str, Column]]] = {"searched": {}, "searched_sets": {}}
    of_weights: ClassVar[bool] = False
    search: str = "beam"
    width: int = 100

    def __post_init__(self) -> None:
        choice("search", self.search, ("beam", "exhaustive"))
        whole("search_width", self.width, 1)
        if self.width != Searched.width and self.search != "beam":
            raise StudyError(f"record.search_width={self.width} goes with record.search=beam")

    def check(self, network: Network) -> None:
        """Refuse a network of too many units for all sets."""
        check_size(network, self.search)

    def after(self, trajectory: Trajectory) -> Found:
        """Return errors and correct samples of the best set of each size, and the units of the sets."""
        network, data = trajectory.network, trajectory.data
        found = best_sets(trajectory.there, data.pruning, trajectory.error, self.search, self.width)
        right: list[float] = []
        sets: list[tuple[int, int, int]] = []
        for event, chosen in enumerate(found.sets):
            gains = ones(network)
            for m, k in (network.units.at(i) for i in chosen):
                gains[m][k] = 0.0
                sets.append((event, m, k))
            z = network.logits(data.pruning.inputs, gains)
            right.append(int(correct(z, data.pruning.labels, network.output).sum()) if data.classes else np.nan)
        errors: Block = {"event": np.arange(len(found.sets)), "error": found.errors.numpy(), "correct": right}
        units = {name: [of[i] for of in sets] for i, name in enumerate(("event", "layer", "unit"))}
        return {"searched": errors, "searched_sets": units}
