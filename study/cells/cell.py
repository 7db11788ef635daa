"""One cell: its keys, its network (trained or read), and its pruning trajectory."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from study import measures
from study.authors.networks import stored
from study.cells.keys import cell_key, trajectory_key
from study.cells.summary import Summary, summary
from study.common.errors import StudyError
from study.config.own_network import Builder
from study.config.plan import Plan
from study.data import Dataset, load_dataset
from study.measures.base import Measure
from study.methods.base import check_scope
from study.networks import Front, Network, fresh
from study.protocols.transfer import Transfer
from study.pruning.source import check_source
from study.pruning.state import Truths
from study.pruning.weight_state import check_number
from study.training.acceptance import acceptance, measured, poorly_trained
from study.training.cache import (
    Trained,
    keep,
    load_or_train,
    network_key,
    started_key,
    stored_key,
    trained_from,
)
from study.training.further import Further
from study.training.origin import Origin
from study.training.recipes import has_recipe
from study.trajectories.trajectory import Progress, Result, collect

TRUTHS = Truths()
"""True impacts in trained networks, shared by the cells that a process computes."""


@dataclass(frozen=True)
class Cell:
    """A planned cell with its data at hand.

    Attributes:
        plan: the checked configuration.
        data: the data set.
        network_key: key of the trained network.
        key: of the cell; see `cell_key`.
        trajectory_key: of what is pruned and how, whatever is measured besides.
        network: the network where it is read and not trained; else None.
        start: the network that training begins with, where somebody's own function made it; else None.
        source: the data set that a ticket is taken from; None where none is.
    """

    plan: Plan
    data: Dataset
    network_key: str
    key: str
    trajectory_key: str
    network: Network | None = None
    start: Network | None = None
    source: Dataset | None = None

    @property
    def measures(self) -> str:
        """The measures beside the path, as the text of the tag `measures`."""
        return json.dumps(measures.stated(measures.asked(self.plan.settings)))


def prepare(plan: Plan, folder: Any = None) -> Cell:
    """Load the data of a plan (cached in this process) and compute its keys.

    Raises:
        StudyError: when its settings do not go with each other or with the data, before anything is trained.
        DataUnavailableError: when the data's files are nowhere to be found.
    """
    data = load_dataset(plan.dataset, seed=plan.dataset_seed, folder=folder, **plan.dataset_params)
    _check(plan, data)
    source = _source(plan, data, folder)
    if plan.builder is not None:
        return _own(plan, data, plan.builder, source)
    if plan.stored is None:
        network, layers = None, plan.architecture(data)
        layers.fitted(data.features, data.outputs)  # filters that do not fit are refused here
        if plan.settings.protocol.singly and plan.settings.scope == "weight":
            check_number(fresh(layers, data.features, data.outputs, plan.seed), plan.settings)
        key = network_key(layers, data, plan.recipe, plan.seed)
    else:
        network = stored_network(plan, folder)
        key = stored_key(network)
    return Cell(plan, data, key, *_keys(plan, key, source), network, source=source)


def _keys(plan: Plan, network: str, source: Dataset | None) -> tuple[str, str]:
    return cell_key(plan, network, source), trajectory_key(plan, network, source)


def _check(plan: Plan, data: Dataset) -> None:
    """Refuse settings that do not go with each other or with the data."""
    measures.asked(plan.settings)
    plan.settings.selection.of(data)
    protocol, read = plan.settings.protocol, plan.stored is not None or (plan.builder and plan.builder.trained)
    if not read:
        per_epoch = math.ceil(len(data.training) / plan.recipe.batch_size)
        protocol.check(plan.recipe, plan.recipe.length * (1 if plan.recipe.iterations else per_epoch))
    if protocol.retraces and (read or plan.pruned_output is not None):
        Further(data, plan.seed).known(f"protocol={protocol.label}")


def _source(plan: Plan, data: Dataset, folder: Any) -> Dataset | None:
    """Return the data set that a ticket is taken from; None where none is."""
    protocol = plan.settings.protocol
    if not isinstance(protocol, Transfer):
        return None
    name, params = protocol.dataset
    source = load_dataset(name, folder=folder, **params)
    check_source(source, data, plan.recipe, protocol.head == "redraw")
    plan.settings.selection.of(source)
    return source


def _own(plan: Plan, data: Dataset, builder: Builder, source: Dataset | None) -> Cell:
    """Return the cell of somebody's own network; its plan states the layers that were found."""
    start = builder.network(data, plan.seed)
    layers, hidden = start.front, start.hidden
    front = Front(hidden[:layers], start.kernels, start.pools)
    check_scope(plan.method, plan.settings.scope, filters=bool(front))
    activation = "+".join(dict.fromkeys(start.activations))
    plan = replace(plan, hidden=hidden[layers:], front=front, activation=activation, output=start.output)
    key = stored_key(start) if builder.trained else started_key(start, data, plan.recipe, plan.seed)
    network, start_or_none = (start, None) if builder.trained else (None, start)
    return Cell(plan, data, key, *_keys(plan, key, source), network, start_or_none, source)


def stored_network(plan: Plan, folder: Any = None) -> Network:
    """Return the authors' network that a plan names.

    Raises:
        StudyError: when its sizes are not those that the plan states.
        DataUnavailableError: when its file is nowhere to be found.
    """
    assert plan.stored is not None
    network = stored(plan.stored, folder).network
    if (network.hidden, set(network.activations)) != (plan.hidden, {plan.activation}):
        raise StudyError(
            f"network.stored={plan.stored} is {network.name} with {', '.join(sorted(set(network.activations)))} units; "
            f"network.hidden={list(plan.hidden)} and network.activation={plan.activation} must say so"
        )
    return network


@dataclass(frozen=True)
class Done:
    """A computed cell.

    Attributes:
        cell: what was computed.
        trained: its network, as trained.
        result: what pruning saw.
        band: whether the population's band is met, missed or none, and the same in words.
        summary: the result in a few numbers.
        poor: how badly the network was trained, in words; None where it was not.
    """

    cell: Cell
    trained: Trained
    result: Result
    band: tuple[str, str]
    summary: Summary
    poor: str | None = None


def compute(
    cell: Cell,
    networks: Any,
    device: str = "cpu",
    progress: Progress | None = None,
    asked: Sequence[Measure] | None = None,
) -> Done:
    """Train (or load) the network and prune it.

    Args:
        cell: what to compute.
        networks: folder of the trained networks.
        device: where it is pruned; networks are trained on the CPU, so that a seed means the same everywhere.
        progress: called after every removal.
        asked: what is measured besides; None for what the settings ask for.
    """
    plan, data = cell.plan, cell.data
    trained = network_of(cell, networks)
    network = trained.network
    if plan.pruned_output is not None:
        network = replace(network, output=plan.pruned_output)
    own = trained.fitted if cell.network is None and plan.pruned_output is None else None
    further = Further(data, plan.seed, origin(cell), Path(networks), own, cell.source)
    result = collect(network, plan.method, plan.settings, further, device, progress, TRUTHS, asked)
    return Done(
        cell, trained, result, judge(plan, trained.network, data), summary(result), poor(plan, trained.network, data)
    )


def origin(cell: Cell) -> Origin | None:
    """Return where a cell's network comes from; None where it was not trained here, or is pruned as another one."""
    plan, data = cell.plan, cell.data
    if cell.network is not None or plan.pruned_output is not None or not plan.settings.protocol.trains:
        return None
    if cell.start is not None:
        assert plan.builder is not None
        return Origin(cell.start, plan.recipe, plan.seed, plan.builder.network)

    def drawn(of: Dataset, seed: int) -> Network:
        return fresh(plan.architecture(data), of.features, of.outputs, seed)

    return Origin(drawn(data, plan.seed), plan.recipe, plan.seed, drawn)


def poor(plan: Plan, network: Network, data: Dataset) -> str | None:
    """Return how badly a free combination was trained, with the way out; None where it was not.

    A population has its band, and a network that stops at a target or is read from a file is as it was asked for.
    """
    read = plan.stored is not None or (plan.builder is not None and plan.builder.trained)
    if plan.band is not None or read or plan.recipe.target_accuracy is not None:
        return None
    if (words := poorly_trained(network, data)) is None:
        return None
    own = f"training={plan.dataset} is its own recipe, " if has_recipe(plan.dataset) else ""
    return f"{words}; {own}training.epochs and training.learning_rate change one"


def network_of(cell: Cell, folder: Path) -> Trained:
    """Return a cell's network: read and kept, from the cache of a folder, or trained."""
    if cell.network is not None:
        return keep(cell.network, folder)
    if cell.start is not None:
        return trained_from(cell.start, cell.data, cell.plan.recipe, cell.plan.seed, folder)
    return trained_network(cell.plan, cell.data, folder)


def trained_network(plan: Plan, data: Dataset, folder: Path) -> Trained:
    """Return the network that a plan states, from the cache of a folder or trained; as `load_or_train`."""
    return load_or_train(plan.architecture(data), data, plan.recipe, plan.seed, folder)


def judge(plan: Plan, network: Network, data: Dataset) -> tuple[str, str]:
    """Return whether the population's band is met, missed or none, and the same in words."""
    if plan.band is None:
        return "none", "free combination, no band" if plan.population == "free" else "no band"
    value = measured(plan.band, network, data)
    low, high = plan.band["low"], plan.band["high"]
    limits = " and ".join(f"{sign} {x:g}" for sign, x in ((">=", low), ("<=", high)) if x is not None)
    words = f"{plan.band['metric']} on {plan.band['split']} rows {value:.6g} (band: {limits})"
    return acceptance(plan.band, value), words
