"""A training step by the study's own back-propagation against autograd on the same flat vector."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from study.data import Dataset, Split, one_hot
from study.networks import Network, mlp
from study.speed.rows import Row
from study.speed.timing import Work, alternate, repeated
from study.training.course import Course
from study.training.masks import flat, masked
from study.training.optimizers import optimizer
from study.training.recipe import Recipe

STEPS = 100
"""Of a round."""
BATCH = 60
RECIPE = Recipe(learning_rate=0.0012, batch_size=BATCH, iterations=12_000, precision="float32", watched=100)
"""That of Frankle & Carbin (2019) for LeNet-300-100, a shorter budget."""


@dataclass(frozen=True)
class Step:
    """A masked step of a ReLU network under softmax and cross-entropy, on random rows.

    Attributes:
        hidden: units of the hidden layers.
        features: inputs.
        outputs: classes.
        recipe: says optimiser and precision.
        samples: rows from which the batches are taken.
    """

    hidden: tuple[int, ...] = (300, 100)
    features: int = 784
    outputs: int = 10
    recipe: Recipe = RECIPE
    samples: int = 600

    @property
    def name(self) -> str:
        """As in 784-300-100-10, batch 60, masked, adam, float32."""
        layers, recipe = "-".join(map(str, (self.features, *self.hidden, self.outputs))), self.recipe
        return f"a step, {layers}, batch {recipe.batch_size}, masked, {recipe.optimizer}, {recipe.precision}"

    @property
    def network(self) -> Network:
        """As drawn, masked."""
        return masked(self._whole, self.masks)

    @property
    def _whole(self) -> Network:
        return mlp(self.features, self.hidden, self.outputs, activation="relu", output="softmax")

    @property
    def data(self) -> Dataset:
        """Random rows, a fifth of the inputs lit."""
        draw = torch.Generator().manual_seed(0)
        lit = torch.rand(self.samples, self.features, generator=draw, dtype=torch.float64)
        labels = torch.randint(0, self.outputs, (self.samples,), generator=draw)
        rows = Split((lit * 5 - 4).clamp(min=0), one_hot(labels, self.outputs), labels)
        splits = dict.fromkeys(("training", "pruning", "held_out"), rows)
        return Dataset("bench", "classification", self.outputs, "softmax", splits)

    @property
    def masks(self) -> list[Tensor]:
        """A fifth of the weights are left."""
        draw = torch.Generator().manual_seed(1)
        return [torch.rand(w.shape, generator=draw) < 0.2 for w in self._whole.weights]


class ByHand:
    """Steps as `fit` does them."""

    def __init__(self, of: Step) -> None:
        self._course = Course(of.network, of.data, of.recipe, 0, masks=of.masks)
        self.vector = self._course.parameters.vector
        self._optimizer = optimizer(of.recipe, self.vector, self._course.parameters.gradient)
        self._rate = of.recipe.learning_rate
        self._batches = torch.arange(of.samples).split(of.recipe.batch_size)
        self._done = 0

    def __call__(self) -> None:
        """Do a step."""
        batch = self._batches[self._done % len(self._batches)]
        with torch.no_grad():
            self._course.backward(self._course.inputs[batch], self._course.targets[batch])
            self._optimizer.step(self._rate)
        self._done += 1


class ByAutograd:
    """The same steps, the gradient by autograd: weights and biases are views into one leaf with one gradient."""

    def __init__(self, of: Step) -> None:
        course = Course(of.network, of.data, of.recipe, 0, masks=of.masks)
        self._inputs, self._labels = course.inputs, of.data.training.labels
        self.vector = course.parameters.vector.requires_grad_()
        self._gradient = self.vector.grad = torch.zeros_like(self.vector)
        self._mask = flat(of.network, of.masks, self.vector.dtype)
        self._optimizer = optimizer(of.recipe, self.vector.detach(), self._gradient)
        self._rate = of.recipe.learning_rate
        both = zip(of.network.weights, of.network.biases, strict=True)
        self._shapes = [part.shape for layer in both for part in layer]
        self._batches = torch.arange(of.samples).split(of.recipe.batch_size)
        self._done = 0

    def __call__(self) -> None:
        """Do a step."""
        batch = self._batches[self._done % len(self._batches)]
        parts = self.vector.split([shape.numel() for shape in self._shapes])
        views = [part.view(shape) for part, shape in zip(parts, self._shapes, strict=True)]
        h = self._inputs[batch]
        for w, b in zip(views[:-2:2], views[1:-2:2], strict=True):
            h = torch.relu(functional.linear(h, w, b))
        error = functional.cross_entropy(functional.linear(h, *views[-2:]), self._labels[batch])
        self._gradient.zero_()
        error.backward()
        self._gradient.mul_(self._mask)
        self._optimizer.step(self._rate)
        self._done += 1


def rows(rounds: int) -> Iterator[list[Row]]:
    """Time a step of LeNet-300-100 and of a small network both ways, in turn; seconds a step."""
    for of in (Step(), Step((100, 50), features=64)):
        works: dict[str, Work] = {"autograd": repeated(ByAutograd(of), STEPS), "by hand": repeated(ByHand(of), STEPS)}
        times = {path: taken.scaled(1 / STEPS) for path, taken in alternate(works, rounds).items()}
        yield [Row(of.name, path, found, times["autograd"]) for path, found in times.items()]
