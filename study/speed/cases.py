"""Networks and rows that are timed: random weights and inputs, since neither changes what a pass costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import torch
from torch import Tensor

from study.data.base import Dataset
from study.data.split import Split
from study.impact import Stages, plain_errors
from study.impact.stages import ones
from study.networks import ErrorFunction, Network, mlp
from study.networks.parts import Parts
from study.removals.base import Replacement


@dataclass(frozen=True)
class Case:
    """A sigmoid network and the number of its rows."""

    features: int
    hidden: tuple[int, ...]
    outputs: int
    samples: int

    @property
    def name(self) -> str:
        """As in 400-100-10, N=5,000."""
        return "-".join(map(str, (self.features, *self.hidden, self.outputs))) + f", N={self.samples:,}"

    @cached_property
    def network(self) -> Network:
        """The network."""
        return mlp(self.features, self.hidden, self.outputs)

    @cached_property
    def rows(self) -> Split:
        """Random inputs and targets of 0 and 1."""
        generator = torch.Generator().manual_seed(0)
        inputs = torch.rand(self.samples, self.features, generator=generator, dtype=torch.float64)
        targets = torch.rand(self.samples, self.outputs, generator=generator, dtype=torch.float64).round()
        return Split(inputs, targets, torch.zeros(self.samples, dtype=torch.int64))

    @property
    def dataset(self) -> Dataset:
        """The rows as a data set, to prune on; a hundredth of them held out."""
        few = self.rows.rows(torch.arange(max(1, self.samples // 100)))
        splits = {"training": self.rows, "pruning": self.rows, "held_out": few}
        return Dataset("bench", "regression", 0, "sigmoid", splits)

    @property
    def error(self) -> ErrorFunction:
        """Half the squared error of sigmoid outputs."""
        return ErrorFunction("sigmoid")

    def stages(self, device: str = "cpu") -> Stages:
        """Return the network on the rows."""
        return Stages(self.network.to(torch.device(device)), self.rows, self.error)

    @cached_property
    def units(self) -> Parts:
        """All units."""
        return self.network.units

    @property
    def zeros(self) -> Replacement:
        """What takes the place of removed units: nothing."""
        return Replacement.zero(self.hidden)

    def reference(self, count: int) -> Callable[[], Tensor]:
        """Return the plain oracle of that many units: a full forward pass each."""
        gains, units = ones(self.network), self.sampled(count)
        return partial(plain_errors, self.network, self.rows, self.error, gains, units, self.zeros)

    def sampled(self, count: int) -> Parts:
        """Return that many units, spread evenly over the layers."""
        return self.units[torch.linspace(0, len(self.units) - 1, count).long()]


MNIST = Case(400, (100,), 10, 5_000)
MNIST_DEEP = Case(400, (50, 50), 10, 5_000)
COSINE = Case(1, (50, 50), 1, 10_000)
SHAPE = Case(2, (50, 50), 1, 48_564)
FULL = Case(784, (300, 100), 10, 60_000)
