"""Recipe and data in, trained network out: the same bits for the same seed."""

from __future__ import annotations

import warnings

import torch
from torch import nn

from study.common.device import on_cpu, threads
from study.common.errors import PoorTrainingWarning, StudyError, check_progress, shown, whole
from study.data import Dataset, names
from study.data._registry import is_ours
from study.data.base import check_data
from study.networks import Architecture, Network, as_network, fresh, layers_of
from study.training.acceptance import poorly_trained
from study.training.course import Course, Fitted, Progress
from study.training.descent import Descent
from study.training.masks import Masks, masked
from study.training.recipe import Recipe
from study.training.recipes import has_recipe, read_recipe


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
        trained = fit(start, data, seed=seed, recipe=recipe, progress=progress).network
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
    masks: Masks | None = None,
) -> Fitted:
    """Train from `start`; return the network, its history and the network at the early stop.

    Args:
        start: the weights to begin with.
        data: gives the training rows and, where the recipe looks at them, the rows of the split `validation`.
        seed: of the order of batches, and of dropout.
        recipe: of the whole training.
        progress: called after every epoch with what is done and planned, in epochs or, where the recipe counts so, in
            iterations.
        since: epoch that `start` is of (iteration, where the recipe counts in iterations): batches, learning rates and
            dropout go on from there; momentum and Adam's moments begin anew.
        until: stop after this epoch (or iteration) of the recipe, unpolished; None for its end.
        masks: 0 where a weight is 0 from the start, gets no gradient and stays 0; None where all are trained.

    Raises:
        StudyError: when network, masks, span or splits do not fit, or training diverges.
    """
    order = torch.Generator().manual_seed(whole("seed", seed))
    first, last = span(recipe, since, until)
    start = start if masks is None else masked(start, masks)
    with torch.no_grad(), threads(recipe.threads):
        course = Course(start, data, recipe, seed, progress, masks)
        course.begin(first)
        if recipe.optimizer == "lbfgs":
            course.lbfgs(recipe.epochs)
        else:
            descent = Descent(course, order, last)
            descent.until(descent.last)
            if recipe.polish and until is None:
                course.lbfgs(recipe.polish)
    return course.fitted()


def span(recipe: Recipe, since: int, until: int | None) -> tuple[int, int]:
    """Return first and last epoch or iteration of what is trained.

    Raises:
        StudyError: when there are no such ones.
    """
    last = recipe.length if until is None else whole("until", until)
    if not whole("since", since) <= last <= recipe.length:
        raise StudyError(
            f"since={since}, until={last} is no part of a training of {recipe.length} {recipe.unit} "
            f"(training.{recipe.unit}={recipe.length})"
        )
    if recipe.optimizer == "lbfgs" and (since, until) != (0, None):
        raise StudyError(f"since={since}, until={until} goes with training.optimizer=adam or sgd: lbfgs has no epochs")
    return since, last
