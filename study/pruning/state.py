"""A network while parts of it go: what every kind of part has in common; units and weights have files of their own."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.device import device as device_of
from study.common.errors import StudyError
from study.data.base import Dataset
from study.impact.stages import Stages, ones
from study.methods.base import Method, Scores
from study.networks.error import ErrorFunction, correct
from study.networks.network import Network
from study.networks.parts import Parts
from study.pruning.settings import Settings
from study.scopes import scope


@dataclass(frozen=True)
class Evaluation:
    """Errors and correct samples of a network on one split.

    Attributes:
        error: what is ranked on, summed.
        second_error: under a softmax the other error, summed; else None.
        correct: correctly classified samples per class, int64, shape (classes,); empty in a regression.
    """

    error: float
    second_error: float | None
    correct: Tensor


class Truths:
    """True impacts in the last trained networks, which the cells of a network in one process share."""

    MOST = 4
    """How many networks are kept."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Tensor] = {}

    def get(self, start: tuple[str, ...]) -> Tensor | None:
        """Return the impacts of the units of a trained network; None where they are not known."""
        return self._known.get(start)

    def note(self, start: tuple[str, ...], impacts: Tensor) -> None:
        """Keep the impacts of a trained network; the oldest are forgotten."""
        while len(self._known) >= self.MOST:
            del self._known[next(iter(self._known))]
        self._known[start] = impacts


class State(ABC):
    """One network on the data, and what is left of it.

    Attributes:
        scope: which parts may go.
        units: how many they were.
        network: of the trained network's size, as it is now.
        gains: one vector a hidden layer, 1, or 0 where a unit is gone.
        seed: of the trajectory.
    """

    gains: list[Tensor]

    def __init__(self, network: Network, data: Dataset, settings: Settings, device: str = "cpu", seed: int = 0) -> None:
        check(network, data)
        device_of(device)  # one that is not there is refused
        self.network, self.data, self.settings, self.seed = network, data, settings, seed
        self.gains = ones(network)
        self.scope = scope(settings.scope)
        self.units = len(self.scope.parts(network))
        self._device = device
        self._error = ErrorFunction(network.output, settings.error)
        self._second = second_error(network.output, settings.error)
        self._changed()

    def _changed(self) -> None:
        self._parts: Parts | None = None
        self._evaluations: dict[str, Evaluation] | None = None
        self._impacts: Tensor | None = None

    @property
    def parts(self) -> Parts:
        """The parts that are left of those that may go, by layer, then index."""
        if self._parts is None:
            self._parts = self._there()
        return self._parts

    @property
    def left(self) -> int:
        """How many parts are left of those that may go."""
        return len(self.parts)

    @property
    def removed(self) -> int:
        """How many parts are gone."""
        return self.units - self.left

    def evaluate(self) -> dict[str, Evaluation]:
        """Return errors and correct samples, by split.

        Raises:
            StudyError: when an error is not a finite number.
        """
        if self._evaluations is None:
            seen = self.stages().items()
            self._evaluations = {name: evaluate(stages, self._second, self.data.classes) for name, stages in seen}
        return self._evaluations

    def impacts(self) -> Tensor:
        """Return the true impacts of the `parts`, on the pruning rows, shape (parts left,), on the CPU."""
        if self._impacts is None:
            self._impacts = self._measured()
        return self._impacts

    @property
    def impacts_known(self) -> bool:
        """Whether the true impacts have been measured here."""
        return self._impacts is not None

    def know(self, impacts: Tensor) -> None:
        """Take over true impacts that the criterion has measured on the pruning rows."""
        self._impacts = impacts

    @property
    @abstractmethod
    def ranked_on_pruning(self) -> bool:
        """Whether the calibration rows, those that the criterion scores on, are the pruning rows."""

    @abstractmethod
    def scores(self, method: Method, again: bool) -> Scores:
        """Return what the criterion says of the parts that are left; `again`: whether it will be asked anew."""

    @abstractmethod
    def stages(self) -> dict[str, Stages]:
        """Return cached passes of what is left on the rows of every split that is evaluated on."""

    @abstractmethod
    def there(self, parts: Parts) -> Tensor:
        """Return whether each of some parts is there, bool, shape (n,)."""

    @abstractmethod
    def size(self) -> tuple[int, int]:
        """Return the parameters and the multiply-adds of a sample's forward pass that are left."""

    @abstractmethod
    def become(self, network: Network) -> None:
        """Take over other weights; what is gone stays gone."""

    @abstractmethod
    def _there(self) -> Parts:
        """Return the parts that are left."""

    @abstractmethod
    def _measured(self) -> Tensor:
        """Measure the true impacts of the parts."""


def check(network: Network, data: Dataset) -> None:
    """Refuse a network and a data set that do not fit.

    Raises:
        StudyError: naming both sizes.
    """
    have = (network.features, network.biases[-1].shape[0])
    if have == (data.features, data.outputs):
        return
    way_out = ""
    if data.classes == 2 and {have[1], data.outputs} == {1, 2}:
        way_out = "; two outputs go with targets of one_hot(labels, 2), one output with one column of 0 and 1"
    elif network.front and have[0] != data.features:
        way_out = "; from_module(module, image=(channels, height, width)) says which images a module takes"
    raise StudyError(
        f"network {network.name} has {have[0]} inputs and {have[1]} outputs; data set {data.name!r} has "
        f"{data.features} and {data.outputs}{way_out}"
    )


def second_error(output: str, error: str) -> ErrorFunction | None:
    """Return the error that is recorded beside the ranked one: under a softmax the other of the two."""
    if output != "softmax":
        return None
    return ErrorFunction(output, "cross_entropy" if error == "half_squared" else "half_squared")


def evaluate(stages: Stages, second: ErrorFunction | None, classes: int) -> Evaluation:
    """Return errors and correct samples on the rows that the stages see.

    Raises:
        StudyError: when the error is not a finite number.
    """
    z, total = stages.z[-1], stages.total()
    if not math.isfinite(total):
        raise StudyError(
            f"the error is {total} with {sum(map(len, stages.units))} units left: outputs are too large for float64; "
            "scale inputs, weights or targets down"
        )
    right = torch.zeros(0, dtype=torch.int64)
    if classes:
        right = torch.bincount(stages.labels[correct(z, stages.labels, stages.network.output)], minlength=classes).cpu()
    return Evaluation(total, None if second is None else float(second.total(z, stages.t)), right)


def evaluated(network: Network, data: Dataset, settings: Settings) -> dict[str, Evaluation]:
    """Return errors and correct samples of a whole network, by split that is evaluated on."""
    error, second = ErrorFunction(network.output, settings.error), second_error(network.output, settings.error)
    splits = data.evaluation_splits.items()
    return {name: evaluate(Stages(network, rows, error), second, data.classes) for name, rows in splits}
