"""The course of one training: what is trained on which rows, and the looks at it that make its history."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
import torch
from torch import Tensor, nn

from study.common.errors import StudyError
from study.data import Dataset
from study.networks import Network, correct
from study.training.backprop import Parameters
from study.training.dropout import Dropout
from study.training.masks import Masks, flat
from study.training.optimizers import LBFGS
from study.training.recipe import Recipe
from study.training.snapshots import Snapshots

Progress = Callable[[int, int], None]
"""Called with the epochs done and the epochs planned; iterations where the recipe counts in them."""

LOOKS = 20
"""Rows of a history, at most, that a whole training leaves (looks at a target and at validation rows come on top)."""


@dataclass(frozen=True)
class Fitted:
    """What a training gives.

    Attributes:
        network: at its end.
        history: of its course, a row a look: epoch (L-BFGS iterations count on), step (iterations), error (mean over
            the watched training rows, without any penalty), accuracy (share of them correct) and gradient (Euclidean
            norm of the gradient of what is minimised on those rows, inputs scaled as in training). Where the recipe has
            `evaluate_every`, also validation_error and validation_accuracy, the same of all rows of the split
            `validation`, summed in float64; a row has NaN for what was not looked at.
        stopped: the network at the early stop, which is to the bit that at iteration `early_stop(history).iteration`;
            None where the recipe has no `evaluate_every`.
    """

    network: Network
    history: pd.DataFrame
    stopped: Network | None = None


class Course:
    """One training: rows in the recipe's precision, parameters, history.

    Args:
        start: the weights to begin with, masked ones at 0.
        data: gives the rows.
        recipe: of the training.
        seed: of dropout.
        progress: told what is done.
        masks: of the weights; None for none.

    Raises:
        StudyError: when the network or the recipe does not go with the data.
    """

    def __init__(
        self,
        start: Network,
        data: Dataset,
        recipe: Recipe,
        seed: int,
        progress: Progress | None = None,
        masks: Masks | None = None,
    ) -> None:
        _check(start, data, recipe)
        dtype = getattr(torch, recipe.precision)
        rows = data.training
        self.recipe = recipe
        self.progress = progress
        self.inputs = (rows.inputs / recipe.input_scale).to(dtype)
        self.targets = rows.targets.to(dtype)
        self.per_epoch = math.ceil(len(rows) / recipe.batch_size)
        stride = math.ceil(len(rows) / recipe.watched)
        self.watched = (self.inputs[::stride], self.targets[::stride], rows.labels[::stride])
        self.validation = data.splits["validation"] if recipe.evaluate_every else None
        if self.validation is not None:
            self._unseen = (self.validation.inputs / recipe.input_scale).to(dtype)
        self.parameters = Parameters(start, dtype, recipe.input_scale, recipe.weight_decay, recipe.l1)
        outputs = start.weights[-1].numel() + start.biases[-1].numel()
        self.untrained = start.parameters - outputs if recipe.untrained_hidden else 0
        self.mask = None if masks is None else flat(start, masks, dtype)
        self.dropout = Dropout(recipe.dropout, seed) if recipe.dropout else None
        self.planned = recipe.length + (0 if recipe.optimizer == "lbfgs" else recipe.polish)
        self.steps = 0
        self.history: list[dict[str, float]] = []
        self._snapshots = Snapshots()

    def fitted(self) -> Fitted:
        """Return what the training has given so far."""
        parameters, best = self.parameters, self._snapshots.best()
        stopped = None if best is None else parameters.network(best.vector)
        return Fitted(parameters.network(), pd.DataFrame(self.history), stopped)

    def backward(self, inputs: Tensor, targets: Tensor, drop: Dropout | None = None) -> Tensor:
        """Set the gradient of what is trained, zero of what is not; return the output pre-activations."""
        z = self.parameters.backward(inputs, targets, drop)
        self.parameters.gradient[: self.untrained] = 0.0
        if self.mask is not None:
            self.parameters.gradient.mul_(self.mask)
        return z

    def cut(self, masks: Masks) -> Tensor:
        """Set masked weights to 0 from now on; return which parameters are gone, True where one is."""
        parameters = self.parameters
        mask = flat(parameters.template, masks, parameters.vector.dtype)
        self.mask = mask if self.mask is None else self.mask * mask
        gone = self.mask == 0
        parameters.vector.masked_fill_(gone, 0.0)
        parameters.gradient.masked_fill_(gone, 0.0)
        return gone

    def begin(self, since: int) -> None:
        """Look at the start, which is of this epoch (or iteration) of the recipe."""
        self.look(0)
        self.steps = since * (self.per_epoch if self.recipe.iterations is None else 1)
        if self.validation is not None:
            self.validate()

    def look(self, epoch: float) -> float:
        """Look at the watched training rows; return the accuracy.

        Raises:
            StudyError: when the error is no longer finite.
        """
        inputs, targets, labels = self.watched
        z = self.backward(inputs, targets)
        error = self.parameters.error.total(z, targets.T).item() / len(labels)
        gradient = torch.linalg.vector_norm(self.parameters.gradient).item()
        self._check(error, gradient, epoch)
        accuracy = correct(z, labels, self.parameters.error.output).double().mean().item()
        seen = {"epoch": epoch, "step": self.steps, "error": error, "accuracy": accuracy, "gradient": gradient}
        if self.history and "error" not in self.history[-1] and self.history[-1]["step"] == self.steps:
            self.history[-1] |= seen
        else:
            self.history.append(seen)
        return accuracy

    def validate(self) -> None:
        """Look at all rows of the split `validation`: forward in the recipe's precision, sums in float64.

        Raises:
            StudyError: when the error is no longer finite.
        """
        rows = self.validation
        if rows is None:
            raise ValueError("there is nothing to validate on")
        z = self.parameters.forward(self._unseen).double()
        of = self.parameters.error
        error = of.total(z, rows.targets.T).item() / len(rows)
        epoch = self.steps / self.per_epoch
        self._check(error, 0.0, epoch)
        seen = {
            "validation_error": error,
            "validation_accuracy": correct(z, rows.labels, of.output).double().mean().item(),
        }
        if self.history and self.history[-1]["step"] == self.steps:
            self.history[-1] |= seen
        else:
            self.history.append({"epoch": epoch, "step": self.steps, **seen})
        self._snapshots.look(self.steps, error, self.parameters.vector)

    def _check(self, error: float, gradient: float, epoch: float) -> None:
        if not (math.isfinite(error) and math.isfinite(gradient)):
            raise StudyError(
                f"training diverged: the error is {error} after {self.steps} steps (epoch {epoch:g}); lower "
                f"training.learning_rate (now {self.recipe.learning_rate}) or raise training.input_scale (now "
                f"{self.recipe.input_scale})"
            )

    def lbfgs(self, iterations: int) -> None:
        """L-BFGS on all rows with a strong Wolfe line search, in at most `LOOKS` stretches that share their memory."""
        parameters = self.parameters
        leaf = nn.Parameter(parameters.vector, requires_grad=True)
        leaf.grad = parameters.gradient
        moving = LBFGS(
            [leaf],
            lr=1.0,
            history_size=50,
            line_search_fn="strong_wolfe",
            tolerance_grad=0.0,
            tolerance_change=0.0,
        )
        group = moving.param_groups[0]
        first = self.planned - iterations

        def closure() -> float:
            z = self.backward(self.inputs, self.targets)
            return parameters.minimised(z, self.targets.T).item() / len(self.inputs) + parameters.penalty()

        stretch = math.ceil(iterations / LOOKS)
        for done in range(0, iterations, stretch):
            group["max_iter"] = min(stretch, iterations - done)
            group["max_eval"] = 2 * stretch
            moving.step(closure)
            self.steps += group["max_iter"]
            self.look(first + done + group["max_iter"])
            if self.progress:
                self.progress(first + done + group["max_iter"], self.planned)


def _check(start: Network, data: Dataset, recipe: Recipe) -> None:
    """Refuse a data set that the network or the recipe does not go with."""
    ends = (start.features, start.biases[-1].shape[0])
    if ends != (data.features, data.outputs):
        raise StudyError(
            f"network {start.name} does not fit data set {data.name!r}: {data.features} inputs and {data.outputs} "
            "outputs are needed"
        )
    if recipe.evaluate_every and "validation" not in data.splits:
        raise StudyError(
            f"training.evaluate_every={recipe.evaluate_every} needs rows to validate on, and data set {data.name!r} "
            f"has the splits {', '.join(data.splits)}: give it a split `validation` (dataset.params.validation=5000 "
            "where the data set has this setting), or training.evaluate_every=0"
        )
