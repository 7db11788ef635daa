"""Training what pruning has left: a few epochs of Adam on the smaller network."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from study.data.base import Dataset
from study.errors import LARGEST
from study.networks.network import Network
from study.training import Recipe, fit

RETRAINING_VERSION = 1
"""Raised when the same protocol and seed give other numbers: cells that retrain are then run again."""

STRIDE = 1_000_003
"""Between the seeds of two trainings of one trajectory: each has batches of its own, the same for every method."""


def recipe(epochs: int) -> Recipe:
    """Return the recipe of one retraining, the same for every population.

    Adam at 0.001, the step of Kingma & Ba (2015) and a fifth or less of what Adam trains the populations from scratch
    with: a network that lost little stays near its minimum, one that lost much can still move. The rate is constant, so
    that twenty epochs begin with the very steps of five: more epochs are more training, not another schedule.

    >>> recipe(20).learning_rate, recipe(20).final_rate
    (0.001, 1.0)
    """
    return Recipe(learning_rate=0.001, final_rate=1.0, batch_size=100, epochs=epochs, watched=500)


def retrain(network: Network, gains: Sequence[Tensor], data: Dataset, epochs: int, seed: int, removed: int) -> Network:
    """Return the network with what is left of it trained on the data's training rows; removed units stay removed.

    All parameters that are left are trained, to the error that the network was trained to (half squared error;
    cross-entropy under a softmax), on the CPU, so that a seed gives the same bits everywhere.

    Args:
        network: as pruning has left it, of the trained network's size.
        gains: one vector a hidden layer, 0 where a unit was removed, else 1.
        data: gives the training rows.
        epochs: passes over them, at least 1.
        seed: of the trajectory.
        removed: units removed so far; with the seed it decides the order of the batches.

    Raises:
        StudyError: when training diverges.

    >>> import torch
    >>> from study import load_dataset
    >>> from study.networks import mlp
    >>> net, gains = mlp(64, [3], 10, seed=0), [torch.tensor([1.0, 0.0, 1.0])]
    >>> trained = retrain(net, gains, load_dataset("digits"), epochs=1, seed=0, removed=1)
    >>> trained.hidden, trained.weights[1].count_nonzero(dim=0).tolist()
    ((3,), [10, 0, 10])
    """
    order = (seed + STRIDE * removed) % LARGEST
    small, _ = fit(network.compact(gains), data, seed=order, recipe=recipe(epochs))
    return network.expanded(gains, small)
