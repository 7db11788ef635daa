"""Training what pruning has left.

By a few epochs at a constant rate; from an epoch of the network's own recipe to its end; by that recipe anew, shorter
and slower; or in one training of that recipe that cuts interrupt. A recipe that counts in iterations
(`training.iterations`) is rewound to iterations in place of epochs.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from torch import Tensor

from study.common.errors import LARGEST, StudyError, number, whole
from study.data.base import Dataset
from study.networks.network import Network
from study.training.cache import trained_from
from study.training.course import Fitted
from study.training.masks import Masks, compacted
from study.training.ongoing import Ongoing
from study.training.origin import Origin
from study.training.recipe import Recipe
from study.training.train import fit

STRIDE = 1_000_003
"""Between the seeds of two trainings of one trajectory: each has batches of its own, the same for every method."""

REDRAWN = 7_368_787
"""Between the seed of a network and that of the weights that it is drawn anew with."""


def constant_rate(epochs: int) -> Recipe:
    """Return the recipe of one retraining, the same for every population.

    Adam at 0.001, the step of Kingma & Ba (2015) and a fifth or less of what Adam trains the populations from scratch
    with: a network that lost little stays near its minimum, one that lost much can still move. The rate is constant, so
    that twenty epochs begin with the very steps of five: more epochs are more training, not another schedule.

    >>> constant_rate(20).learning_rate, constant_rate(20).final_rate
    (0.001, 1.0)
    """
    return Recipe(learning_rate=0.001, final_rate=1.0, batch_size=100, epochs=epochs, watched=500)


def shortened(recipe: Recipe, epochs: int, per_epoch: int) -> Recipe:
    """Return the recipe with another length, its whole schedule of the learning rate pressed into that.

    A cosine ends with the new length; each of `steps` stays at its share of it, to the nearest iteration and at least
    one after the one before. Recipes that count in iterations, or have `steps`, then count in iterations: as many as
    these epochs have.

    Args:
        recipe: by mini-batches.
        epochs: passes over the training rows, at least 1.
        per_epoch: iterations in an epoch.

    >>> shortened(Recipe(), 10, per_epoch=7).settings(), shortened(Recipe(iterations=500), 10, per_epoch=7).settings()
    ({'epochs': 10}, {'iterations': 70})
    >>> shortened(Recipe(epochs=60, schedule="steps", steps=(30, 45)), 10, per_epoch=7).steps
    (35, 52)
    """
    whole("epochs", epochs, 1)
    if recipe.iterations is None and not recipe.steps:
        return replace(recipe, epochs=epochs)
    share = epochs * per_epoch / recipe.length
    steps: list[int] = []
    for step in recipe.steps:
        steps.append(max(round(step * share), steps[-1] + 1 if steps else 1))
    return replace(recipe, iterations=epochs * per_epoch, steps=tuple(steps))


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
        own: what the network's own training gave; None where it was not trained here, or is pruned as another one.
        source: the data set that a ticket is taken from; None where none is.
    """

    data: Dataset
    seed: int
    origin: Origin | None = None
    folder: Path | None = None
    own: Fitted | None = None
    source: Dataset | None = None

    def few_epochs(
        self,
        network: Network,
        gains: Sequence[Tensor],
        epochs: int,
        removed: int,
        kept: bool = False,
        masks: Masks | None = None,
    ) -> Fitted:
        """Return what some epochs at a constant rate give, of full size; what was removed stays removed.

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
        >>> trained = Further(load_dataset("digits"), seed=0).few_epochs(net, gains, epochs=1, removed=1).network
        >>> trained.hidden, trained.weights[1].count_nonzero(dim=0).tolist()
        ((3,), [10, 0, 10])
        """
        return self._trained(network, gains, masks, constant_rate(epochs), self._order(removed), kept, since=0)

    def to_the_end(
        self,
        network: Network,
        gains: Sequence[Tensor],
        since: int,
        kept: bool = False,
        masks: Masks | None = None,
    ) -> Fitted:
        """Return what training from an epoch (or iteration) of the network's own recipe to its end gives.

        The batches are those of the recipe; the network is of full size, as in `few_epochs`.

        Momentum and Adam's moments begin anew at `since`. Other args as in `few_epochs`.
        """
        origin = self._origin(since)
        return self._trained(network, gains, masks, origin.recipe, origin.seed, kept, since=since)

    def anew(
        self,
        network: Network,
        gains: Sequence[Tensor],
        masks: Masks | None,
        removed: int,
        kept: bool,
        *,
        epochs: int,
        rate: float,
        dropout: float | None = None,
    ) -> Fitted:
        """Return what training on by the network's own recipe gives, from where it stands, shorter and slower.

        The recipe begins anew (its schedule over the new length, as `shortened` says), without its target and polish.

        Args:
            network, gains, masks, removed, kept: as in `few_epochs`.
            epochs: passes over the training rows, at least 1, whatever the recipe counts in.
            rate: what the recipe's learning rate is multiplied by.
            dropout: in place of the recipe's; None for its own.

        Raises:
            StudyError: when the network's training is not known or is by L-BFGS, or training diverges.
        """
        recipe = self.known("training on by the network's own recipe").recipe
        if recipe.optimizer == "lbfgs":
            raise StudyError("training on goes with training.optimizer=adam or sgd: lbfgs has no epochs")
        if not 0 < number("rate", rate) < math.inf:
            raise StudyError(f"rate={rate}: a share of training.learning_rate is needed, above 0")
        per_epoch = math.ceil(len(self.data.training) / recipe.batch_size)
        recipe = replace(
            shortened(replace(recipe, polish=0), epochs, per_epoch),
            learning_rate=recipe.learning_rate * rate,
            target_accuracy=None,
            dropout=recipe.dropout if dropout is None else dropout,
        )
        return self._trained(network, gains, masks, recipe, self._order(removed), kept, since=0)

    def ongoing(self, since: int = 0) -> Ongoing:
        """Return the network's own training, paused at an epoch (or iteration) of its recipe, to be cut as it goes on.

        Momentum and Adam's moments begin at `since`; from 0 on it is, without a cut, the network's training itself.

        Raises:
            StudyError: when its training is not known, has no such epoch, or is none that can be cut.
        """
        origin = self.known("cutting within the network's own training")
        start = origin.start if since == 0 else self.at(since)
        return Ongoing(start, self.data, origin.recipe, origin.seed, since)

    def at(self, epoch: int) -> Network:
        """Return the whole network as it was after an epoch (or iteration) of its own training.

        It comes from the cache where it is there, and is to the bit what the training had made of it by then.

        Raises:
            StudyError: when its training is not known, has no such epoch, or had reached its target before.
        """
        origin = self._origin(epoch)
        if epoch == 0:
            return origin.start
        recipe = origin.recipe
        found = self._trained_from(origin.start, recipe, origin.seed, kept=True, until=epoch)
        per_unit = math.ceil(len(self.data.training) / recipe.batch_size) if recipe.iterations is None else 1
        if (done := int(found.history["step"].iloc[-1])) < epoch * per_unit:
            raise StudyError(
                f"there is no network of {recipe.unit[:-1]} {epoch} to go back to: training had reached "
                f"training.target_accuracy={recipe.target_accuracy} after {done} iterations; go back to before, or set "
                "training.target_accuracy=null"
            )
        return found.network

    def redrawn(self) -> Network:
        """Return the whole network with its weights drawn anew: by another seed, one and the same each time.

        Raises:
            StudyError: when it cannot be drawn again.
        """
        origin = self.known("a control with weights drawn anew")
        return origin.drawn(self.data, (origin.seed + REDRAWN) % LARGEST)

    def whole(self) -> Fitted:
        """Return what the network's own training gives, from the cache where it is there."""
        origin = self.known("training the whole network")
        return self._trained_from(origin.start, origin.recipe, origin.seed, kept=True)

    def _origin(self, epoch: int) -> Origin:
        origin = self.known(f"protocol.rewind={epoch}")
        origin.check(epoch)
        return origin

    def known(self, what: str) -> Origin:
        """Return where the network comes from.

        Args:
            what: needs it.

        Raises:
            StudyError: where that is not known.
        """
        if self.origin is None:
            raise StudyError(
                f"{what} needs the network's own training, which is not known here: it goes with networks that this "
                "study trains, and that are pruned as they were trained"
            )
        return self.origin

    def _order(self, removed: int) -> int:
        return (self.seed + STRIDE * removed) % LARGEST

    def _trained(
        self,
        network: Network,
        gains: Sequence[Tensor],
        masks: Masks | None,
        recipe: Recipe,
        order: int,
        kept: bool,
        **span: Any,
    ) -> Fitted:
        if masks is not None:
            span["masks"] = compacted(network, masks, gains)
        found = self._trained_from(network.compact(gains), recipe, order, kept, **span)
        stopped = None if found.stopped is None else network.expanded(gains, found.stopped)
        return Fitted(network.expanded(gains, found.network), found.history, stopped)

    def _trained_from(self, start: Network, recipe: Recipe, seed: int, kept: bool, **span: Any) -> Fitted:
        if self.folder is None or not kept:
            return fit(start, self.data, seed=seed, recipe=recipe, **span)
        return trained_from(start, self.data, recipe, seed, self.folder, **span).fitted
