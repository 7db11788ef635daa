"""One training that cuts interrupt, and that goes on with the optimiser as it is (Zhu & Gupta 2017)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from study.common.device import threads
from study.common.errors import StudyError, whole
from study.data.base import Dataset
from study.networks.network import Network
from study.training.course import Course, Fitted
from study.training.descent import Descent
from study.training.masks import Masks
from study.training.recipe import Recipe
from study.training.train import span


class Ongoing:
    """One training, paused wherever it is asked to; weights may be cut whenever it pauses.

    The whole has one optimiser, one order of the batches, one schedule of the learning rate and one course of dropout:
    without a cut it is `fit` to the bit, wherever it pauses.

    Args:
        start: the weights to begin with.
        data: gives the training rows and, where the recipe looks at them, the rows of the split `validation`.
        recipe: of the whole training.
        seed: of the order of batches, and of dropout.
        since: epoch (or iteration) of the recipe that `start` is of; momentum and Adam's moments begin there.

    Raises:
        StudyError: when the recipe's training cannot be cut, or has no such epoch.
    """

    def __init__(self, start: Network, data: Dataset, recipe: Recipe, seed: int, since: int = 0) -> None:
        _check(recipe)
        first, until = span(recipe, since, None)
        self._threads = recipe.threads
        with self._computing():
            self._course = Course(start, data, recipe, seed)
            self._course.begin(first)
            self._descent = Descent(self._course, torch.Generator().manual_seed(whole("seed", seed)), until)

    @property
    def iteration(self) -> int:
        """Iterations done, counted from the recipe's beginning, also where the recipe counts in epochs."""
        return self._course.steps

    @property
    def last(self) -> int:
        """The iteration that the recipe ends at."""
        return self._descent.last

    def until(self, iteration: int) -> Network:
        """Train to an iteration, counted from the recipe's beginning; return the network there.

        Raises:
            StudyError: when that is past, or after the recipe's end, or training diverges.
        """
        if not self.iteration <= whole("iteration", iteration) <= self.last:
            raise StudyError(
                f"iteration={iteration} is none that the training can go on to: it is at {self.iteration} and ends at "
                f"{self.last}"
            )
        with self._computing():
            self._descent.until(iteration)
            return self._course.parameters.network()

    def cut(self, masks: Masks) -> Network:
        """Set masked weights to 0 for the rest of the training; return the network without them.

        Their gradient, velocity and moments are 0 as well. What an earlier cut has taken stays away, whatever these
        masks say. A look that was due at this iteration has been at the network before the cut.

        Args:
            masks: 0 where a weight goes, 1 elsewhere.
        """
        with self._computing():
            self._descent.cut(masks)
            return self._course.parameters.network()

    def fitted(self) -> Fitted:
        """Return network, history and early stop of the training so far, across all cuts.

        The early stop is of all looks since the training began, so that its network may be one before the last cut.
        """
        with self._computing():
            return self._course.fitted()

    @contextmanager
    def _computing(self) -> Iterator[None]:
        with torch.no_grad(), threads(self._threads):
            yield


def _check(recipe: Recipe) -> None:
    """Refuse a recipe whose training has no fixed course of mini-batches to cut in.

    Raises:
        StudyError: saying which setting it is, and what goes.
    """
    unfit = [
        ("optimizer", recipe.optimizer, "adam or sgd", recipe.optimizer == "lbfgs"),
        ("polish", recipe.polish, "0", bool(recipe.polish)),
        ("target_accuracy", recipe.target_accuracy, "null", recipe.target_accuracy is not None),
    ]
    for name, value, instead, does_not_go in unfit:
        if does_not_go:
            raise StudyError(
                f"training.{name}={value}: cuts within one training need mini-batches up to an end that is known; they "
                f"go with training.{name}={instead}"
            )
