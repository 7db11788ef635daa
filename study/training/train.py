"""Recipe and data in, trained network out: the same bits for the same seed."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable

import pandas as pd
import torch
from torch import Tensor, nn

from study.common.device import on_cpu, threads
from study.common.errors import PoorTrainingWarning, StudyError, check_progress, shown, whole
from study.data import Dataset, names
from study.data._registry import is_ours
from study.data.base import check_data
from study.networks import Architecture, Network, as_network, correct, fresh, layers_of
from study.training.acceptance import poorly_trained
from study.training.backprop import Parameters
from study.training.recipe import Recipe
from study.training.recipes import has_recipe, read_recipe

Progress = Callable[[int, int], None]
"""Called with the epochs done and the epochs planned."""

LOOKS = 20
"""Rows of a history, at most, that a whole training leaves (a target's looks come on top)."""


def train(
    network: str | Network | nn.Module,
    data: Dataset,
    *,
    seed: int = 0,
    recipe: Recipe | None = None,
    activation: str = "sigmoid",
    output: str | None = None,
    progress: Progress | None = None,
) -> Network:
    """Return the network trained on the data's training rows.

    Args:
        network: a name that states the hidden sizes ("mlp_50_50") or "lenet5", initialised by `seed`; or a network or
            torch module, whose present weights are the start. It is left as it is.
        data: the data set.
        seed: of initialisation and batch order.
        recipe: None takes that of the study's own data set (`conf/training/`); generic defaults for data of one's own.
        activation: of the hidden layers, where a name is given.
        output: "sigmoid", "softmax" or "linear", where a name is given; None takes what suits the data.
        progress: called after every epoch with the epochs done and planned.

    Warns:
        PoorTrainingWarning: when the network has hardly learnt its task.

    Raises:
        StudyError: when the network does not fit the data, data of one's own bear the name of a recipe and none is
            given, or training diverges.
    """
    check_data(data)
    seed = whole("seed", seed)
    check_progress(progress)
    if recipe is not None and not isinstance(recipe, Recipe):
        raise StudyError(f"recipe={shown(recipe)}: a Recipe is needed, as `read_recipe(name)` returns it, or None")
    start = network if isinstance(network, str) else as_network(network, data)
    with on_cpu():
        if isinstance(start, str):
            front, hidden = layers_of(start)
            layers = Architecture(hidden, activation, data.output if output is None else output, front)
            start = fresh(layers, data.features, data.outputs, seed)
        recipe = own_recipe(data) if recipe is None else recipe
        trained, _ = fit(start, data, seed=seed, recipe=recipe, progress=progress)
        words = poorly_trained(trained, data)
    if words is not None:
        warnings.warn(f"{words}; recipe=Recipe(...) trains otherwise", PoorTrainingWarning, stacklevel=2)
    return trained


def own_recipe(data: Dataset) -> Recipe:
    """Return the recipe of a data set: its own where the study loaded it, generic defaults for data of one's own.

    Raises:
        StudyError: when data of one's own have the name of a data set or recipe of the study: which one is meant?
    """
    if is_ours(data):
        return read_recipe(data.name)
    if data.name in names() or has_recipe(data.name):
        raise StudyError(
            f"data set {data.name!r} has a name of the study, but other rows than `load_dataset` gives: name the "
            f"recipe, recipe=read_recipe({data.name!r}) or recipe=Recipe() for the generic one, or give the data "
            "another name"
        )
    return Recipe()


def fit(
    start: Network,
    data: Dataset,
    *,
    seed: int,
    recipe: Recipe,
    progress: Progress | None = None,
    since: int = 0,
    until: int | None = None,
) -> tuple[Network, pd.DataFrame]:
    """Train from `start`; return the network and its history.

    Args:
        start: the weights to begin with.
        data: gives the training rows.
        seed: of the order of batches.
        recipe: of the whole training.
        progress: called after every epoch with the epochs done and planned.
        since: epoch that `start` is of: batches and learning rates go on from there, Adam's moments begin anew.
        until: stop after this epoch of the recipe, unpolished; None for its end.

    Returns:
        The network, and a frame with the columns epoch (L-BFGS iterations count on), step, error (mean over the
        watched training rows, without any weight decay), accuracy (share of them correct) and gradient (Euclidean norm
        of the gradient of what is minimised on those rows, inputs scaled as in training).
    """
    ends = (start.features, start.biases[-1].shape[0])
    if ends != (data.features, data.outputs):
        raise StudyError(
            f"network {start.name} does not fit data set {data.name!r}: {data.features} inputs and {data.outputs} "
            "outputs are needed"
        )
    order = torch.Generator().manual_seed(whole("seed", seed))
    run = _Run(start, data, recipe, progress)
    with torch.no_grad(), threads(recipe.threads):
        run.look(0)
        if recipe.optimizer == "adam":
            run.adam(order, since, recipe.epochs if until is None else until)
            if recipe.polish and until is None:
                run.lbfgs(recipe.polish)
        else:
            run.lbfgs(recipe.epochs)
    return run.parameters.network(), pd.DataFrame(run.history)


class _Run:
    """One training: rows in the recipe's precision, parameters, history."""

    def __init__(self, start: Network, data: Dataset, recipe: Recipe, progress: Progress | None) -> None:
        dtype = getattr(torch, recipe.precision)
        rows = data.training
        self.recipe = recipe
        self.progress = progress
        self.inputs = (rows.inputs / recipe.input_scale).to(dtype)
        self.targets = rows.targets.to(dtype)
        stride = math.ceil(len(rows) / recipe.watched)
        self.watched = (self.inputs[::stride], self.targets[::stride], rows.labels[::stride])
        self.parameters = Parameters(start, dtype, recipe.input_scale, recipe.weight_decay)
        outputs = start.weights[-1].numel() + start.biases[-1].numel()
        self.untrained = start.parameters - outputs if recipe.untrained_hidden else 0
        self.planned = recipe.epochs + (recipe.polish if recipe.optimizer == "adam" else 0)
        self.steps = 0
        self.history: list[dict[str, float]] = []

    def backward(self, inputs: Tensor, targets: Tensor) -> Tensor:
        """Set the gradient of what is trained, zero of what is not; return the output pre-activations."""
        z = self.parameters.backward(inputs, targets)
        self.parameters.gradient[: self.untrained] = 0.0
        return z

    def look(self, epoch: float) -> float:
        """Add a row to the history; return the accuracy.

        Raises:
            StudyError: when the error is no longer finite.
        """
        inputs, targets, labels = self.watched
        z = self.backward(inputs, targets)
        error = self.parameters.error.total(z, targets.T).item() / len(labels)
        gradient = torch.linalg.vector_norm(self.parameters.gradient).item()
        if not (math.isfinite(error) and math.isfinite(gradient)):
            raise StudyError(
                f"training diverged: the error is {error} after {self.steps} steps (epoch {epoch:g}); lower "
                f"training.learning_rate (now {self.recipe.learning_rate}) or raise training.input_scale (now "
                f"{self.recipe.input_scale})"
            )
        accuracy = correct(z, labels, self.parameters.error.output).double().mean().item()
        self.history.append(
            {
                "epoch": epoch,
                "step": self.steps,
                "error": error,
                "accuracy": accuracy,
                "gradient": gradient,
            }
        )
        return accuracy

    def adam(self, generator: torch.Generator, since: int, until: int) -> None:
        """Mini-batches in a new order every epoch, the learning rate falling on half a cosine."""
        recipe, parameters = self.recipe, self.parameters
        optimizer = _Adam(parameters.vector, parameters.gradient)
        per_epoch = math.ceil(len(self.inputs) / recipe.batch_size)
        total = per_epoch * recipe.epochs
        every = math.ceil(recipe.epochs / LOOKS)
        for _ in range(since):
            self._batches(generator)
            self.steps += per_epoch
        for epoch in range(since + 1, until + 1):
            for batch in self._batches(generator):
                share = (1 + math.cos(math.pi * self.steps / total)) / 2
                rate = recipe.final_rate + (1 - recipe.final_rate) * share
                self.backward(self.inputs[batch], self.targets[batch])
                optimizer.step(recipe.learning_rate * rate)
                self.steps += 1
                due = recipe.target_accuracy is not None and self.steps % recipe.check_every == 0
                if due and self.look(self.steps / per_epoch) >= (recipe.target_accuracy or 0.0):
                    return
            if epoch % every == 0 or epoch == until:
                self.look(epoch)
            if self.progress:
                self.progress(epoch, self.planned)

    def _batches(self, generator: torch.Generator) -> tuple[Tensor, ...]:
        return torch.randperm(len(self.inputs), generator=generator).split(self.recipe.batch_size)

    def lbfgs(self, iterations: int) -> None:
        """L-BFGS on all rows with a strong Wolfe line search, in at most `LOOKS` stretches that share their memory."""
        parameters = self.parameters
        leaf = nn.Parameter(parameters.vector, requires_grad=True)
        leaf.grad = parameters.gradient
        optimizer = _LBFGS(
            [leaf],
            lr=1.0,
            history_size=50,
            line_search_fn="strong_wolfe",
            tolerance_grad=0.0,
            tolerance_change=0.0,
        )
        group = optimizer.param_groups[0]
        first = self.planned - iterations

        def closure() -> float:
            z = self.backward(self.inputs, self.targets)
            return parameters.minimised(z, self.targets.T).item() / len(self.inputs) + parameters.penalty()

        stretch = math.ceil(iterations / LOOKS)
        for done in range(0, iterations, stretch):
            group["max_iter"] = min(stretch, iterations - done)
            group["max_eval"] = 2 * stretch
            optimizer.step(closure)
            self.steps += group["max_iter"]
            self.look(first + done + group["max_iter"])
            if self.progress:
                self.progress(first + done + group["max_iter"], self.planned)


class _Adam:
    """`torch.optim.Adam(fused=True)` of one vector, to the bit.

    PyTorch's own imports its compiler, to be left alone by it: a second and a half of every process that trains.
    """

    def __init__(self, vector: Tensor, gradient: Tensor) -> None:
        self._of = ([vector], [gradient])
        self._moments = ([torch.zeros_like(vector)], [torch.zeros_like(vector)])
        self._steps = torch.zeros((), dtype=torch.float32)

    def step(self, rate: float) -> None:
        self._steps += 1
        torch._fused_adam_(
            *self._of,
            *self._moments,
            [],
            [self._steps],
            lr=rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )


class _LBFGS(torch.optim.LBFGS):
    """PyTorch's, without the import of its compiler (see `_Adam`), by which alone this method is wrapped."""

    add_param_group = inspect.unwrap(torch.optim.LBFGS.add_param_group)
