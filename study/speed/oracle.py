"""One step with all units, and whole iterative prunes: the reference, this project's paths, and other libraries."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest import mock

import torch

from study.impact import fused, plain_errors, unit_errors
from study.impact.stages import ones
from study.methods import method
from study.networks.parts import Parts
from study.pruning.run import steps
from study.pruning.settings import Settings
from study.removals.base import Replacement
from study.speed import peers
from study.speed.cases import COSINE, FULL, MNIST, MNIST_DEEP, SHAPE, Case
from study.speed.rows import Row
from study.speed.timing import Times, Work, alternate, repeated
from study.training.further import Further

SAMPLED = 10
"""Candidates that the reference and the peers are timed on; their times are scaled to all."""
ELEMENTS = 1 << 16
"""Numbers that torch's sigmoid is timed on: 512 KiB, in cache."""


@contextmanager
def eagerly() -> Iterator[None]:
    """Keep the oracle to its eager path."""
    with mock.patch.object(fused, "takes", return_value=False):
        yield


def eager(work: Work) -> Work:
    """Return the same work on the eager path."""

    def done() -> None:
        with eagerly():
            work()

    return done


def step(case: Case, rounds: int, with_peers: bool = True) -> list[Row]:
    """Time one step with all units by every path."""
    stages, some = case.stages(), case.sampled(SAMPLED)
    work = partial(unit_errors, stages, case.units, case.zeros)
    works: dict[str, Work] = {"reference": case.reference(SAMPLED)}
    if fused.kernel() is not None:
        works["fused"] = work
    works["eager"] = eager(work)
    if torch.cuda.is_available():
        there = case.stages("cuda")
        works["cuda"] = partial(unit_errors, there, case.units, Replacement.zero(there.hidden, "cuda"))
    if with_peers:
        module = peers.module_of(case)
        works["vmap"] = partial(peers.vmap_impacts, case, stages, some)
        works["captum"] = partial(peers.captum_impacts, case, stages, some)
        works["captum, whole network"] = partial(peers.captum_layer_impacts, case, module, some)
    times = alternate(works, rounds)
    factor = len(case.units) / SAMPLED
    groups = len(case.hidden)  # captum evaluates the other units of a layer as one more group
    scales = {"reference": factor, "vmap": factor}
    scales |= dict.fromkeys(("captum", "captum, whole network"), len(case.units) / (SAMPLED + groups))
    times = {name: t.scaled(scales.get(name, 1.0)) for name, t in times.items()}
    return [Row(f"one step, {case.name}", name, t, times["reference"]) for name, t in times.items()]


def share_of_sigmoid(case: Case, rounds: int) -> list[Row]:
    """Time a step of the last hidden layer against torch's sigmoid of as many numbers in cache."""
    stages = case.stages()
    last = case.units[case.units.layer == len(case.hidden) - 1]
    numbers = len(last) * case.outputs * case.samples
    z = torch.randn(ELEMENTS, dtype=torch.float64)
    work = partial(unit_errors, stages, last, case.zeros)
    loops = max(1, numbers // ELEMENTS)
    works: dict[str, Work] = {"torch.sigmoid": repeated(partial(torch.sigmoid, z), loops), "eager": eager(work)}
    if fused.kernel() is not None:
        works["fused"] = work
    times = alternate(works, rounds)
    times["torch.sigmoid"] = times["torch.sigmoid"].scaled(numbers / (loops * ELEMENTS))
    limit = times["torch.sigmoid"]
    title = f"last layer's step, {case.name}, against as many sigmoids"
    return [Row(title, name, t, limit) for name, t in times.items()]


def whole(case: Case, rounds: int, in_full: bool) -> list[Row]:
    """Time a whole iterative brute-force prune with its evaluations.

    Args:
        case: what is pruned.
        rounds: how often.
        in_full: whether the reference prunes in full, once, instead of evaluating a sample of its candidates.
    """
    data, total = case.dataset, sum(case.hidden)
    candidates = total * (total + 1) // 2

    def prune() -> None:
        for _ in steps(case.network, method("brute_force"), Settings(), Further(data, seed=0)):
            pass

    works: dict[str, Work] = {} if in_full else {"reference": case.reference(SAMPLED)}
    if fused.kernel() is not None:
        works["fused"] = prune
    works["eager"] = eager(prune)
    times = alternate(works, rounds)
    if in_full:
        whole_time = alternate({"": partial(_plain_prune, case)}, 1)[""]
        times = {"reference": Times(whole_time.seconds * rounds)} | times
    else:
        times["reference"] = times["reference"].scaled(candidates / SAMPLED)
    return [Row(f"whole iterative prune, {case.name}", name, t, times["reference"]) for name, t in times.items()]


def _plain_prune(case: Case) -> None:
    gains = ones(case.network)
    while any(bool(g.any()) for g in gains):
        left = Parts.there(gains)
        errors = plain_errors(case.network, case.rows, case.error, gains, left, case.zeros)
        layer, unit = left.at(int(errors.argmin()))
        gains[layer][unit] = 0.0


def rows(rounds: int, in_full: bool) -> Iterator[list[Row]]:
    """Yield the tables' rows, a case at a time."""
    for case in (MNIST, MNIST_DEEP):
        yield whole(case, rounds, in_full)
    for case in (MNIST, MNIST_DEEP, COSINE, SHAPE):
        yield step(case, rounds)
    yield step(FULL, max(3, rounds // 2), with_peers=in_full)
    for case in (MNIST, FULL):
        yield share_of_sigmoid(case, rounds)
