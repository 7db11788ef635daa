"""Error surfaces of trained networks' units against one full forward pass a gain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import torch
from hydra import compose

from study.cells.cell import prepare, trained_network
from study.config.plan import data_folder, dataset_name, plan
from study.config.population import composer
from study.data import missing
from study.impact import Stages, plain_errors, surface, surfaces
from study.impact.stages import ones
from study.networks import ErrorFunction
from study.networks.parts import Part, Parts
from study.removals.base import Replacement
from study.speed.oracle import SAMPLED
from study.speed.rows import Row
from study.speed.timing import Work, alternate

POPULATIONS = ("digits_1x100", "mnist_1x100", "mnist_2x50", "cosine_2x50", "diamond_2x50")
GAINS = 10_001
UNITS = 9


def of_population(name: str, rounds: int) -> Iterator[list[Row]]:
    """Time the surfaces of some units of every layer of a population's first network; nothing where data are missing.

    The mean over these units: how many evaluations one needs depends on how steep it is.
    """
    with composer():
        cfg = compose("config", overrides=[f"population={name}", "seed=100"])
    if missing(dataset_name(cfg), folder=data_folder(cfg)) is not None:
        return
    planned = plan(cfg)
    data = prepare(planned, data_folder(cfg)).data
    network = trained_network(planned, data, Path(cfg.paths.outputs) / "networks").network
    stages = Stages(network, data.splits["pruning"], ErrorFunction(network.output, planned.settings.error))
    gains = torch.linspace(0, 10, GAINS, dtype=torch.float64)
    few = gains[:: GAINS // SAMPLED][:SAMPLED].tolist()
    none = Replacement.zero(stages.hidden)
    for m, units in enumerate(network.hidden):
        some = torch.linspace(0, units - 1, UNITS).long().tolist()

        def plainly(m: int = m) -> None:
            first = Parts.of([(m, 0)])
            for gain in few:
                plain_errors(network, data.splits["pruning"], stages.error, ones(network), first, none, gain)

        def quickly(m: int = m, some: list[int] = some) -> None:
            for k in some:
                surface(stages, Part(m, k), none.at(m, k), gains)

        works: dict[str, Work] = {"reference": plainly, "interpolated": quickly}
        with mock.patch.object(surfaces, "plain_surface", wraps=surfaces.plain_surface) as computed:
            quickly()
            passes = sum(len(call.args[-1]) for call in computed.call_args_list) / len(some)
        times = alternate(works, rounds)
        plain, quick = times["reference"].scaled(GAINS / len(few)), times["interpolated"].scaled(1 / len(some))
        title = f"error surface, {GAINS:,} gains, {name} seed 100, a unit of hidden layer {m + 1} of {network.depth}"
        path = f"interpolated ({passes:.0f} evaluations)"
        yield [Row(title, "reference", plain, plain), Row(title, path, quick, plain)]


def rows(rounds: int) -> Iterator[list[Row]]:
    """Yield the tables' rows, a population at a time."""
    for name in POPULATIONS:
        yield from of_population(name, rounds)
