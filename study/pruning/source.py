"""A ticket from another data set: its mask, and the weights that it goes back to."""

from __future__ import annotations

from dataclasses import replace

from study.common.errors import StudyError
from study.data import Dataset
from study.networks.network import Network
from study.training.further import Further
from study.training.origin import Origin
from study.training.recipe import Recipe


def elsewhere(further: Further, source: Dataset, redraw: bool) -> Further:
    """Return how the network of another data set is trained: the same drawn network, recipe and seed.

    Args:
        further: of the cell's own network.
        source: the other data set.
        redraw: whether the output layer is the source's own, drawn by the same seed.

    Raises:
        StudyError: when the source does not fit.
    """
    origin, data = further.known("a ticket from another data set"), further.data
    check_source(source, data, origin.recipe, redraw)
    start = origin.start
    if redraw:
        start = with_head(start, origin.drawn(source, origin.seed))
    there = replace(further, data=source, origin=Origin(start, origin.recipe, origin.seed), own=None)
    return replace(there, own=there.whole())


def check_source(source: Dataset, data: Dataset, recipe: Recipe, redraw: bool) -> None:
    """Refuse a data set whose network cannot be that of another one.

    Args:
        source: that the ticket is taken from.
        data: that it is trained on.
        recipe: of both trainings.
        redraw: whether each has an output layer of its own.

    Raises:
        StudyError: saying where they differ.
    """
    if source.features != data.features:
        raise StudyError(
            f"protocol.source: data set {source.name!r} has {source.features} inputs, {data.name!r} has "
            f"{data.features}: one network takes the rows of both"
        )
    if not redraw and source.outputs != data.outputs:
        raise StudyError(
            f"protocol.source: data set {source.name!r} has {source.outputs} outputs, {data.name!r} has "
            f"{data.outputs}: protocol.head=redraw leaves the source's output layer behind"
        )
    if recipe.evaluate_every and "validation" not in source.splits:
        raise StudyError(
            f"protocol.source: training.evaluate_every={recipe.evaluate_every} needs rows to validate on, and data set "
            f"{source.name!r} has the splits {', '.join(source.splits)}: give it some, as in "
            f"protocol.source={source.name}+validation:500"
        )


def with_head(network: Network, of: Network) -> Network:
    """Return the network with the output layer of another one."""
    return replace(
        network,
        weights=(*network.weights[:-1], of.weights[-1]),
        biases=(*network.biases[:-1], of.biases[-1]),
    )
