"""What a measure is: it looks at a trajectory, on the way or in the end, and gives a table of its own."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from torch import Tensor

from study.common.device import device as device_of
from study.data.base import Dataset
from study.impact.stages import Stages
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.pruning.choice import Choice
from study.pruning.runner import Step
from study.pruning.settings import Settings
from study.records import Column

Block = dict[str, Any]
"""Rows of a table by column: a column's values, or one value for all of the rows."""

Found = dict[str, Block]
"""Rows by the name of their table."""


@dataclass(frozen=True)
class Trajectory:
    """A whole trajectory, as a measure sees it in the end.

    Attributes:
        network: as trained.
        data: the data set.
        settings: how it was pruned.
        device: where passes over the rows run.
        path: gains and network at every step.
        gone: the units in the order in which they went.
        tables: what was seen on the way, by the names of the tables.
    """

    network: Network
    data: Dataset
    settings: Settings
    device: str
    path: Sequence[tuple[list[Tensor], Network]]
    gone: Sequence[Choice]
    tables: Mapping[str, pd.DataFrame]

    @property
    def there(self) -> Network:
        """The trained network on the device."""
        return self.network.to(device_of(self.device))

    @property
    def error(self) -> ErrorFunction:
        """What is ranked on."""
        return ErrorFunction(self.network.output, self.settings.error)

    @property
    def start(self) -> Stages:
        """Cached pass of the trained network on the pruning rows."""
        return Stages(self.there, self.data.pruning, self.error)


@dataclass(frozen=True)
class Measure(ABC):
    """Tables beside the path; a subclass is a dataclass of its parameters and lives in a module of this folder.

    It gives rows on the way (`at`), in the end (`after`), or both.

    Attributes:
        tables: columns of each of its tables, by the table's name; an empty mapping for a table of `study.records`.
        of_units, of_weights: whether it goes with units, and with single weights.
    """

    tables: ClassVar[Mapping[str, Mapping[str, Column]]]
    of_units: ClassVar[bool] = True
    of_weights: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """That of its module."""
        return type(self).__module__.rpartition(".")[-1]

    def check(self, network: Network) -> None:  # noqa: B027
        """Refuse a network that cannot be measured.

        Raises:
            StudyError: saying why.
        """

    def covers(self, other: Measure) -> bool:
        """Whether whoever has this has the other, too; both are of one class."""
        return self == other

    def joined(self, other: Measure) -> Measure | None:  # noqa: ARG002
        """Return a measure of this class that covers both; None where there is none."""
        return None

    def at(self, step: Step, tie: float) -> Found:  # noqa: ARG002
        """Return what is seen at a step; `tie` is the criterion's."""
        return {}

    def after(self, trajectory: Trajectory) -> Found:  # noqa: ARG002
        """Return what is measured when the trajectory is over."""
        return {}


def pairs_of(network: Network, a: NDArray[np.int64], b: NDArray[np.int64]) -> Block:
    """Return layer and index of the units of pairs, which are counted through all layers."""
    layer, unit = network.units.columns().values()
    return {"layer_a": layer[a], "unit_a": unit[a], "layer_b": layer[b], "unit_b": unit[b]}
