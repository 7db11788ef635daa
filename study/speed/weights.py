"""The oracle of single weights against one full forward pass a weight: all weights of a trained network."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch

from study.data import load_dataset
from study.data.base import DataUnavailableError
from study.impact.reference import plain_weight_errors
from study.impact.weights import every_weight, weight_errors
from study.networks import ErrorFunction
from study.speed.rows import Row
from study.speed.timing import Work, alternate
from study.training.recipe import Recipe
from study.training.train import train

SAMPLED = 24
"""Weights that the reference is timed on, spread over the layers as all of them are."""
ROWS = 5_000
RECIPE = Recipe(epochs=2, polish=0, precision="float32", learning_rate=1.2e-3, batch_size=60)
"""Enough to reach 96 % of MNIST: which rows a weight changes depends on what has been learnt."""
CASES = {"mnist": "mlp_300_100", "digits": "mlp_100_50"}


def rows(rounds: int) -> Iterator[list[Row]]:
    """Yield the rows of every case; none where its data are missing."""
    for name, layers in CASES.items():
        try:
            data = load_dataset(name)
        except DataUnavailableError:
            continue
        network = train(layers, data, seed=0, activation="relu", output="softmax", recipe=RECIPE)
        some = data.training.rows(torch.arange(min(ROWS, len(data.training))))
        error, weights = ErrorFunction("softmax", "cross_entropy"), every_weight(network)
        spread = weights[torch.linspace(0, len(weights) - 1, SAMPLED).long()]
        works: dict[str, Work] = {
            "reference": partial(plain_weight_errors, network, some, error, spread),
            "row by row": partial(weight_errors, network, some, error, weights),
        }
        times = alternate(works, rounds)
        times["reference"] = times["reference"].scaled(len(weights) / SAMPLED)
        title = f"all {len(weights):,} weights of {network.name}, {name}, N={len(some):,}, ReLU, cross-entropy"
        yield [Row(title, path, t, times["reference"]) for path, t in times.items()]
