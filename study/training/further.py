"""Training what pruning has left: a few epochs at a constant rate, or from an epoch of the network's own recipe on.

A recipe that counts in iterations (`training.iterations`) is rewound to iterations in place of epochs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from study.common.errors import LARGEST, StudyError
from study.data.base import Dataset
from study.networks.network import Network
from study.training.cache import trained_from
from study.training.masks import Masks, compacted
from study.training.recipe import Recipe
from study.training.train import fit

STRIDE = 1_000_003
"""Between the seeds of two trainings of one trajectory: each has batches of its own, the same for every method."""


def constant_rate(epochs: int) -> Recipe:
    """Return the recipe of one retraining, the same for every population.

    Adam at 0.001, the step of Kingma & Ba (2015) and a fifth or less of what Adam trains the populations from scratch
    with: a network that lost little stays near its minimum, one that lost much can still move. The rate is constant, so
    that twenty epochs begin with the very steps of five: more epochs are more training, not another schedule.

    >>> constant_rate(20).learning_rate, constant_rate(20).final_rate
    (0.001, 1.0)
    """
    return Recipe(learning_rate=0.001, final_rate=1.0, batch_size=100, epochs=epochs, watched=500)


@dataclass(frozen=True)
class Origin:
    """Where a trained network comes from.

    Attributes:
        start: as drawn.
        recipe: that it was trained by.
        seed: of the order of its batches.
    """

    start: Network
    recipe: Recipe
    seed: int

    def check(self, epoch: int) -> None:
        """Refuse an epoch (or iteration) that this training has not.

        Raises:
            StudyError: saying which it has.
        """
        unit, length = self.recipe.unit, self.recipe.length
        if self.recipe.optimizer == "lbfgs":
            raise StudyError(f"protocol.rewind={epoch} goes with training.optimizer=adam or sgd: lbfgs has no epochs")
        if epoch >= length:
            raise StudyError(
                f"protocol.rewind={epoch} is none of the {unit} before the end of training; possible: 0 (as drawn) to "
                f"{length - 1} (training.{unit}={length})"
            )


@dataclass(frozen=True)
class Further:
    """Further training of one network while parts of it go.

    All parameters that are left are trained, to the error that the network was trained to (half squared error;
    cross-entropy under a softmax), on the CPU, so that a seed gives the same bits everywhere.

    Attributes:
        data: gives the training rows.
        seed: of the trajectory.
        origin: the network's own training; None where it is not known, as of a network that was read from a file.
        folder: of the cache of networks; None for none.
    """

    data: Dataset
    seed: int
    origin: Origin | None = None
    folder: Path | None = None

    def few_epochs(
        self,
        network: Network,
        gains: Sequence[Tensor],
        epochs: int,
        removed: int,
        kept: bool = False,
        masks: Masks | None = None,
    ) -> Network:
        """Return the network after some epochs at a constant rate; what was removed stays removed.

        Args:
            network: as pruning has left it, of the trained network's size.
            gains: one vector a hidden layer, 0 where a unit was removed, else 1.
            epochs: passes over the training rows, at least 1.
            removed: parts removed so far; with the seed it decides the order of the batches.
            kept: whether the result is kept in the cache.
            masks: of the weights of `network`, 0 where one was removed; None where none was.

        Raises:
            StudyError: when training diverges.

        >>> import torch
        >>> from study import load_dataset
        >>> from study.networks import mlp
        >>> net, gains = mlp(64, [3], 10, seed=0), [torch.tensor([1.0, 0.0, 1.0])]
        >>> trained = Further(load_dataset("digits"), seed=0).few_epochs(net, gains, epochs=1, removed=1)
        >>> trained.hidden, trained.weights[1].count_nonzero(dim=0).tolist()
        ((3,), [10, 0, 10])
        """
        order = (self.seed + STRIDE * removed) % LARGEST
        return self._trained(network, gains, masks, constant_rate(epochs), order, kept, since=0)

    def to_the_end(
        self,
        network: Network,
        gains: Sequence[Tensor],
        since: int,
        kept: bool = False,
        masks: Masks | None = None,
    ) -> Network:
        """Return the network trained from an epoch (or iteration) of its own recipe to its end, with the same batches.

        Momentum and Adam's moments begin anew at `since`. Other args as in `few_epochs`.
        """
        origin = self._origin(since)
        return self._trained(network, gains, masks, origin.recipe, origin.seed, kept, since=since)

    def at(self, epoch: int) -> Network:
        """Return the whole network as it was after an epoch (or iteration) of its own training.

        It comes from the cache where it is there, and is to the bit what the training had made of it by then.

        Raises:
            StudyError: when its training is not known, or has no such epoch.
        """
        origin = self._origin(epoch)
        if epoch == 0:
            return origin.start
        return self._trained_from(origin.start, origin.recipe, origin.seed, kept=True, until=epoch)

    def _origin(self, epoch: int) -> Origin:
        if self.origin is None:
            raise StudyError(
                f"protocol.rewind={epoch} needs the network's own training, which is not known here: it goes with "
                "networks that this study trains, and that are pruned as they were trained"
            )
        self.origin.check(epoch)
        return self.origin

    def _trained(
        self,
        network: Network,
        gains: Sequence[Tensor],
        masks: Masks | None,
        recipe: Recipe,
        order: int,
        kept: bool,
        **span: Any,
    ) -> Network:
        if masks is not None:
            span["masks"] = compacted(network, masks, gains)
        trained = self._trained_from(network.compact(gains), recipe, order, kept, **span)
        return network.expanded(gains, trained)

    def _trained_from(self, start: Network, recipe: Recipe, seed: int, kept: bool, **span: Any) -> Network:
        if self.folder is None or not kept:
            return fit(start, self.data, seed=seed, recipe=recipe, **span).network
        return trained_from(start, self.data, recipe, seed, self.folder, **span).network
