"""A network while single weights of it go: masks say which are there; biases stay."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from study.common.errors import StudyError
from study.data.base import Dataset
from study.impact.stages import Stages
from study.impact.weights import Pass, weight_impacts
from study.methods.base import Method, Scores, WeightView
from study.networks.activations import activation
from study.networks.network import Network
from study.networks.parts import Parts
from study.pruning.settings import Settings
from study.pruning.state import State
from study.scopes import scope
from study.training.masks import masked

WEIGHTS_VERSION = 1
"""Raised when masks, controls or what is measured of single weights get other numbers; the first is in no key."""

SINGLY = 10_000
"""Most weights that go one at a time: each has an evaluation and a network of its own."""


class WeightState(State):
    """A weight that is gone is 0 and stays 0.

    Attributes:
        masks: whether each weight is there, bool, one array a layer of the shape of its weights.
    """

    def __init__(self, network: Network, data: Dataset, settings: Settings, device: str = "cpu", seed: int = 0) -> None:
        self.masks = tuple(torch.ones_like(w, dtype=torch.bool) for w in network.weights)
        self._seen: dict[str, Pass] | None = None
        self._ranked: Pass | None = None
        super().__init__(network, data, settings, device, seed)
        check_number(network, settings)
        self.scale = len(data.pruning) / len(settings.selection.of(data))

    def _changed(self) -> None:
        super()._changed()
        self._seen = self._ranked = None

    @property
    def seen(self) -> dict[str, Pass]:
        """What every layer sees of what is left, by split that is evaluated on."""
        if self._seen is None:
            splits = self.data.evaluation_splits.items()
            self._seen = {name: Pass.of(self.network, rows, self._error) for name, rows in splits}
        return self._seen

    @property
    def ranked(self) -> Pass:
        """The same on the calibration rows, those that the criterion scores on."""
        if self._ranked is None:
            chosen = self.settings.selection
            on = self.seen.get(chosen.rows)
            self._ranked = Pass.of(self.network, chosen.of(self.data), self._error) if on is None else on
        return self._ranked

    @property
    def ranked_on_pruning(self) -> bool:
        """Whether these are the pruning rows."""
        return self.ranked is self.seen["pruning"]

    def stages(self) -> dict[str, Stages]:
        """Return cached passes of what is left, by split."""
        return {name: seen.stages for name, seen in self.seen.items()}

    def there(self, parts: Parts) -> Tensor:
        """Return whether each of some weights is there."""
        return parts.values(self.masks) != 0

    def size(self) -> tuple[int, int]:
        """Return the weights that are there and the biases, and a multiply-add for each weight and position."""
        counts = [int(mask.sum()) for mask in self.masks]
        biases = sum(len(b) for b in self.network.biases)
        return sum(counts) + biases, sum(n * self.network.maps(m).size for m, n in enumerate(counts))

    @property
    def values(self) -> Tensor:
        """The weights that are left, shape (weights left,)."""
        return self.parts.values(self.network.weights)

    def scores(self, method: Method, again: bool) -> Scores:  # noqa: ARG002
        """Return what the criterion says of the weights that are left."""
        return method.weight_scores(WeightView(self.ranked, self.parts, self.scale, self.seed))

    def cut(self, gone: Tensor) -> None:
        """Take out those of the `parts` for which `gone` is True, bool, shape (weights left,)."""
        parts = self.parts[gone]
        masks = [mask.clone() for mask in self.masks]
        for m, mask in enumerate(masks):
            mask.view(-1)[parts.index[parts.layer == m]] = False
        self.wear(tuple(masks))

    def wear(self, masks: tuple[Tensor, ...]) -> None:
        """Take over other masks; a weight that they lack goes, one that they have and that had gone is there at 0."""
        self.masks = masks
        self.become(self.network)

    def become(self, network: Network) -> None:
        """Take over other weights; what is gone stays gone."""
        self.network = masked(network, self.masks)
        self._changed()

    def drop(self) -> None:
        """Take out what leads into units without a weight out, and what leads out of units without a weight in.

        A unit that nothing leads into puts out s(b) in every row, which goes into the biases above. The network's
        outputs stay what they are.
        """
        network, masks = self.network, [mask.clone() for mask in self.masks]
        while True:
            before = sum(int(mask.sum()) for mask in masks)
            for m in range(network.depth):
                into = masks[m].flatten(1).any(1)
                out = masks[m + 1].view(len(masks[m + 1]), len(into), -1)
                masks[m][~out.any(2).any(0)] = False
                for unit in (~into & out.any(2).any(0)).nonzero()[:, 0].tolist():
                    value = activation(network.activations[m]).value(network.biases[m][unit])
                    network = network.absorb(m, unit, float(value))
                    out[:, unit] = False
                network = replace(network, weights=masked(network, masks).weights)
            if sum(int(mask.sum()) for mask in masks) == before:
                break
        self.network = network
        self.wear(tuple(masks))

    def _there(self) -> Parts:
        return self.scope.parts(self.network, [mask.flatten() for mask in self.masks])

    def _measured(self) -> Tensor:
        return weight_impacts(self.seen["pruning"], self.parts)


def check_number(network: Network, settings: Settings) -> None:
    """Refuse to remove very many weights one at a time.

    Raises:
        StudyError: naming protocols that remove many at once.
    """
    weights = sum(w.numel() for w in network.weights)
    if scope(settings.scope).weights and settings.protocol.singly and weights > SINGLY:
        raise StudyError(
            f"protocol={settings.protocol.name} removes one weight at a time, {SINGLY:,} at most, and {network.name} "
            f"has {weights:,}: protocol=rounds and protocol=lottery_ticket remove many at once"
        )
