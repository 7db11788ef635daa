"""The tags that a run carries, and what is read out of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from study.records.condition import ABOUT

FREE = "free"
"""Population of a free combination of data set, network and training."""

TAG = "study."
"""Prefix of every tag that the study writes on a run."""

RUN_TAGS: dict[str, str] = {
    "kind": "cell | network; summary: what the analysis says of many cells, in an experiment of its own",
    "status": "finished once every table is written and its digest recorded; running before; failed or killed (reason)",
    "worker": "the process that the run belongs to: host and a number of its own",
    "key": "the cell's key (scientific settings, data digest, numerics version)",
    "also": "keys of further cells that this run answers: they measure something else on the same trajectory",
    "trajectory_key": "key of what was pruned and how, whatever was measured besides",
    "measures": "what was measured beside the path, with parameters (JSON)",
    "network_key": "key of the trained network that was pruned; the network's own run carries it too",
    "population": "name of the population, 'free' for a free combination",
    "dataset": "name of the data set",
    "network": "architecture, as in 400-50-50-10 or 20x20-6c5p2-120-10 (6 filters of 5x5, averaged over 2x2)",
    "activation": "of the hidden layers: sigmoid | tanh | relu | softplus",
    "output": "sigmoid | softmax | linear",
    "variant": "what differs from the data set's own parameters, output and recipe, as in `output=softmax epochs=5`",
    "task": "classification | regression",
    **ABOUT,
    "seed": "seed of initialisation and batch order",
    "draw": "draw of the random method; 0 elsewhere",
    "sweep": "name of the sweep that asked for the cell first",
    "band": "met | missed | none: the population's acceptance band at the start",
    "band_text": "the band and the value found, in words",
    "code_version": "git commit of the study's code",
    "numerics_version": "raised when the numbers of a method or the oracle change",
    "records_version": "version of these tables",
    "tables_digest": "sha256 over the tables without their timing columns",
    "network_digest": "sha256 of network.safetensors, on a network's run",
    "turn": "place in the order in which the store's runs were finished: it tells the newest, whatever the clocks say",
    "reason": "why a cell failed or was given up",
    "command": "what was typed for this very cell, where `python -m study` was; a profile's cells have none",
}


def subject(tags: Mapping[str, str]) -> str:
    """Return what a run is about: its population's name, or what a free combination is made of.

    >>> subject({"population": "mnist_2x50"})
    'mnist_2x50'
    >>> subject({"population": "free", "dataset": "digits", "network": "64-50-10", "activation": "relu",
    ...          "output": "sigmoid", "variant": "epochs=5"})
    'digits 64-50-10 relu epochs=5'
    """
    if tags.get("population", FREE) != FREE:
        return tags["population"]
    activation = "" if (name := tags.get("activation", "")) == "sigmoid" else name
    parts = (tags.get("dataset", "data"), tags.get("network", ""), activation, tags.get("variant", ""))
    return " ".join(part for part in parts if part)


def by_cause(reasons: Mapping[str, str]) -> dict[str, str]:
    """Return what was left out by its cause, each cause once.

    Args:
        reasons: populations and why they were left out.

    >>> by_cause({"mnist_1x100": "no MNIST", "authors_circle": "no file", "mnist_2x50": "no MNIST"})
    {'no MNIST': 'mnist_1x100, mnist_2x50', 'no file': 'authors_circle'}
    """
    return {cause: ", ".join(n for n, why in reasons.items() if why == cause) for cause in reasons.values()}


def hidden_of(network: str) -> tuple[int, ...]:
    """Return the units of every hidden layer from the tag `network`.

    >>> hidden_of("400-50-50-10"), hidden_of("20x20-6c5p2-16c5-120-84-10")
    ((50, 50), (6, 16, 120, 84))
    """
    sizes = [re.match(r"\d+", part) for part in network.split("-")[1:-1]]
    return tuple(int(size[0]) for size in sizes if size)


def filters_of(network: str) -> tuple[int, ...]:
    """Return the filters of every convolutional layer from the tag `network`.

    >>> filters_of("400-50-50-10"), filters_of("20x20-6c5p2-16c5-120-84-10")
    ((), (6, 16))
    """
    return tuple(int(size) for size in re.findall(r"-(\d+)c", network))
