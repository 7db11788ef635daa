"""The steps of a training by mini-batches, which may pause at any iteration and go on."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

from study.training.course import LOOKS, Course
from study.training.masks import Masks
from study.training.optimizers import optimizer


class Descent:
    """Mini-batches in a new order every epoch, the learning rate on the recipe's schedule.

    The optimiser's state and the order of the batches live as long as this object: a training that pauses has the
    steps, looks and draws of one that does not.

    Args:
        course: that has begun.
        order: of the batches, at the recipe's beginning.
        until: last epoch (or iteration) of the recipe that is done.

    Attributes:
        last: iteration that it ends at, counted from the recipe's beginning.
    """

    def __init__(self, course: Course, order: torch.Generator, until: int) -> None:
        self.last = until * (course.per_epoch if course.recipe.iterations is None else 1)
        self._course = course
        self._moving = optimizer(course.recipe, course.parameters.vector, course.parameters.gradient)
        self._batches = self._drawn(order, course.steps)

    def until(self, iteration: int) -> None:
        """Train up to an iteration, or to the recipe's target where that comes first."""
        course, recipe = self._course, self._course.recipe
        for batch in islice(self._batches, iteration - course.steps):
            if course.dropout is not None:
                course.dropout.begin(course.steps)
            course.backward(course.inputs[batch], course.targets[batch], course.dropout)
            self._moving.step(recipe.learning_rate * recipe.share(course.steps, course.per_epoch))
            course.steps += 1
            if recipe.evaluate_every and course.steps % recipe.evaluate_every == 0:
                course.validate()
            due = recipe.target_accuracy is not None and course.steps % recipe.check_every == 0
            if due and course.look(course.steps / course.per_epoch) >= (recipe.target_accuracy or 0.0):
                return
            if course.steps % course.per_epoch == 0 or course.steps == self.last:
                self._after_epoch()

    def cut(self, masks: Masks) -> None:
        """Set masked weights to 0, with all that the optimiser remembers of them; they stay 0."""
        self._moving.forget(self._course.cut(masks))

    def _after_epoch(self) -> None:
        """Look at every so many epochs, and at the end, which may be within one; tell of the progress."""
        course, recipe = self._course, self._course.recipe
        epoch, within = divmod(course.steps, course.per_epoch)
        epochs = math.ceil(recipe.length / (1 if recipe.iterations is None else course.per_epoch))
        if course.steps == self.last or epoch % math.ceil(epochs / LOOKS) == 0:
            course.look(course.steps / course.per_epoch if within else epoch)
        if course.progress:
            course.progress(epoch if recipe.iterations is None else course.steps, course.planned)

    def _drawn(self, order: torch.Generator, first: int) -> Iterator[Tensor]:
        """Yield the rows of the mini-batches from an iteration to the last one, drawn from the beginning on."""
        done, inputs = 0, self._course.inputs
        while done < self.last:
            batches = torch.randperm(len(inputs), generator=order).split(self._course.recipe.batch_size)
            yield from batches[max(0, first - done) : self.last - done]
            done += len(batches)
