"""A network while parts of it go: what is gone stands here, and nowhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.device import device as device_of
from study.common.errors import StudyError
from study.data.base import Dataset
from study.impact import fused
from study.impact.cached import unit_errors
from study.impact.stages import Stages, ones, replacement
from study.networks.error import ErrorFunction, correct
from study.networks.network import Network
from study.networks.parts import Parts
from study.pruning.choice import Choice
from study.pruning.settings import Settings
from study.removals.base import Replacement
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


class State:
    """One network on the data, and what is left of it.

    Attributes:
        gains: one vector a hidden layer, 1, or 0 where a unit is gone.
        scope: which units may go.
        units: how many they were.
        network: of the trained network's size; what took a unit's place is put into it.
    """

    def __init__(
        self, network: Network, data: Dataset, settings: Settings, device: str = "cpu", truths: Truths | None = None
    ) -> None:
        check(network, data)
        self.network, self.data, self.settings = network, data, settings
        self.gains = ones(network)
        self.scope = scope(settings.scope)
        self.units = len(self.scope.parts(network))
        self._device, self._truths = device, truths
        self._error = ErrorFunction(network.output, settings.error)
        self._second = second_error(network.output, settings.error)
        self._looked: tuple[dict[str, Stages], Stages] | None = None
        self._changed()
        self.scale = self.seen["pruning"].samples / self.ranked.samples

    @property
    def seen(self) -> dict[str, Stages]:
        """Cached passes of what is left on the rows of every split that is evaluated on."""
        return self._passes()[0]

    @property
    def ranked(self) -> Stages:
        """The same on the calibration rows, those that the criterion scores on."""
        return self._passes()[1]

    def _passes(self) -> tuple[dict[str, Stages], Stages]:
        """Run what is left on all rows, where the weights are others than before."""
        if self._looked is None:
            there, chosen = self.network.to(device_of(self._device)), self.settings.selection
            splits = self.data.evaluation_splits.items()
            seen = {name: Stages(there, rows, self._error, self.gains) for name, rows in splits}
            on = seen.get(chosen.rows)
            self._looked = seen, Stages(there, chosen.of(self.data), self._error, self.gains) if on is None else on
        return self._looked

    def _changed(self) -> None:
        self._parts: Parts | None = None
        self._replacement: Replacement | None = None
        self._evaluations: dict[str, Evaluation] | None = None
        self._impacts: Tensor | None = None

    @property
    def parts(self) -> Parts:
        """The units that are left of those that may go, by layer, then index."""
        if self._parts is None:
            self._parts = self.scope.parts(self.network, self.gains)
        return self._parts

    @property
    def left(self) -> int:
        """How many units are left of those that may go."""
        return len(self.parts)

    @property
    def removed(self) -> int:
        """How many units are gone."""
        return self.units - self.left

    @property
    def replacement(self) -> Replacement:
        """What would take the place of each unit that is left, by the calibration rows."""
        if self._replacement is None:
            self._replacement = replacement(self.settings.removal, self.ranked)
        return self._replacement

    def evaluate(self) -> dict[str, Evaluation]:
        """Return errors and correct samples, by split.

        Raises:
            StudyError: when an error is not a finite number.
        """
        if self._evaluations is None:
            seen = self.seen.items()
            self._evaluations = {name: evaluate(stages, self._second, self.data.classes) for name, stages in seen}
        return self._evaluations

    def impacts(self) -> Tensor:
        """Return the true impacts of the `parts`, on the pruning rows, shape (units left,), on the CPU."""
        if self._impacts is None:
            start = self._start()
            known = None if start is None or self._truths is None else self._truths.get(start)
            if known is None:
                pruning = self.seen["pruning"]
                known = unit_errors(pruning, self.parts, self.replacement) - pruning.total()
                if start is not None and self._truths is not None:
                    self._truths.note(start, known)
            self._impacts = known
        return self._impacts

    @property
    def impacts_known(self) -> bool:
        """Whether the true impacts have been measured here."""
        return self._impacts is not None

    def know(self, impacts: Tensor) -> None:
        """Take over true impacts that the criterion has measured on the pruning rows."""
        self._impacts = impacts

    def _start(self) -> tuple[str, ...] | None:
        """Return what the true impacts in a trained network depend on; None where units are gone."""
        if self.left < self.units:
            return None
        of = self.settings
        # What takes a unit's place depends on the rows ranked on.
        how = (of.error, of.removal, of.scope, repr(of.selection), fused.path(self._device))
        return (self.network.digest(), self.data.digest, *how)

    def remove(self, choice: Choice) -> None:
        """Take out one unit; run what follows again."""
        layer, unit = choice.part
        self.gains[layer][unit] = 0.0
        self.network = choice.instead.into(self.network, layer, unit)
        for stages in {id(s): s for s in (*self.seen.values(), self.ranked)}.values():
            stages.remove(layer, unit, choice.instead)
        self._changed()

    def become(self, network: Network) -> None:
        """Take over other weights; what is gone stays gone."""
        self.network, self._looked = network, None
        self._changed()


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
