"""The Taylor methods' whole prunes, and the exact second derivative against autograd."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from study.impact.derivatives import exact_curvature, slopes
from study.methods import method
from study.pruning.run import steps
from study.pruning.settings import Settings
from study.speed.cases import MNIST, MNIST_DEEP, Case
from study.speed.oracle import SAMPLED
from study.speed.rows import Row
from study.speed.timing import Work, alternate
from study.training.further import Further

METHODS = ("taylor1", "taylor2", "taylor2_exact")


def whole(case: Case, rounds: int) -> list[Row]:
    """Time whole iterative prunes with their evaluations, true impacts of the first step only."""
    data, total = case.dataset, sum(case.hidden)

    def prune(name: str) -> None:
        for _ in steps(case.network, method(name), Settings(), Further(data, seed=0)):
            pass

    works: dict[str, Work] = {"reference": case.reference(SAMPLED)}
    times = alternate(works | {name: partial(prune, name) for name in METHODS}, rounds)
    plain = times.pop("reference").scaled(total * (total + 1) / 2 / SAMPLED)
    title = f"whole iterative prune by Taylor methods, {case.name}"
    return [Row(title, name, t, plain) for name, t in ({"reference (brute force)": plain} | times).items()]


def curvature(case: Case, rounds: int) -> list[Row]:
    """Time the exact second derivative of all units, in closed form and by autograd, forward over reverse."""
    stages, units = case.stages(), sum(case.hidden)
    targets, weights, biases = case.rows.targets, case.network.weights, case.network.biases

    def energy(gains: Tensor) -> Tensor:
        h = case.rows.inputs
        for m, g in enumerate(gains.split(case.hidden)):
            h = torch.sigmoid(torch.nn.functional.linear(h, weights[m], biases[m])) * g
        return 0.5 * ((torch.sigmoid(torch.nn.functional.linear(h, weights[-1], biases[-1])) - targets) ** 2).sum()

    ones = torch.ones(units, dtype=torch.float64)
    sampled = torch.linspace(0, units - 1, SAMPLED).long().tolist()

    def autograd() -> list[Tensor]:
        found = []
        for k in sampled:
            direction = torch.zeros_like(ones).index_fill_(0, torch.tensor([k]), 1.0)
            found.append(torch.func.jvp(torch.func.grad(energy), (ones,), (direction,))[1][k])
        return found

    def closed() -> list[Tensor]:
        dz = slopes(stages)
        return [exact_curvature(stages, dz, m) for m in range(len(case.hidden))]

    times = alternate({"autograd": autograd, "closed form": closed}, rounds)
    times["autograd"] = times["autograd"].scaled(units / SAMPLED)
    title = f"exact second derivative of all units, {case.name}"
    return [Row(title, name, t, times["autograd"]) for name, t in times.items()]


def rows(rounds: int) -> Iterator[list[Row]]:
    """Yield the tables' rows, a case at a time."""
    yield whole(MNIST, rounds)
    for case in (MNIST, MNIST_DEEP):
        yield curvature(case, rounds)
