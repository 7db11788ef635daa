"""The rankings under a protocol: one network, one method, down to the last unit, as a stream of steps.

Algorithm I of the paper (`single_overall`) scores once and removes in that order; algorithm II (`iterative`) scores
again after every removal, or after every n-th (`every`). Between two scorings a unit keeps its score, unless the method
also says what each removal does to the others (`Scores.couplings`). Under the paper's protocol, `no_retrain`, the order
is score, remove, evaluate, and nothing is ever trained. Under `retrain` it is score, remove, train where due, evaluate.
Training is due each time that a further share of all hidden units has gone, never after the last; the step of such a
removal shows the trained network.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from study.data.base import Dataset
from study.device import device as device_of
from study.errors import StudyError
from study.impact import fused
from study.impact.cached import unit_errors
from study.impact.stages import Stages, ones
from study.impact.surfaces import surface
from study.methods.base import Method, Scores, View, check_filters, check_removal
from study.networks.error import ErrorFunction, correct
from study.networks.network import Network
from study.removals import replacement
from study.removals.base import Instead
from study.retraining import retrain
from study.settings import Settings


@dataclass(frozen=True)
class Evaluation:
    """Errors and correct samples of a network on one split.

    Attributes:
        error: what is ranked on, summed.
        second_error: under a softmax the other error, summed; else None.
        correct: correctly classified samples per class, int64, shape (classes,); empty in a regression.
    """

    error: float
    second_error: float | None
    correct: Tensor


@dataclass(frozen=True)
class Choice:
    """The unit that goes next, with what the method said of it, and what takes its place."""

    layer: int
    unit: int
    score: float
    estimate: float | None
    instead: Instead


@dataclass(frozen=True)
class Step:
    """One point of a trajectory.

    Attributes:
        event: number of units removed.
        removed: the unit that went to get here; None at the start.
        gains: one vector a hidden layer.
        network: the network, later biases folded into under mean removal, what is left trained under retraining.
        evaluations: by split.
        layer, unit: the remaining units, int64, shape (n,).
        scores: the method's present view of them; None after the last removal.
        impact: their true impacts on the pruning rows, shape (n,); None where they were not asked for.
        surface: gains and E(gain) of the unit that goes next; None where it was not asked for.
        next: the unit that goes next; None after the last removal.
        forward_passes, seconds: what the method has spent on scores so far.
    """

    event: int
    removed: Choice | None
    gains: list[Tensor]
    network: Network
    evaluations: dict[str, Evaluation]
    layer: Tensor
    unit: Tensor
    scores: Scores | None
    impact: Tensor | None
    surface: tuple[Tensor, Tensor] | None
    next: Choice | None
    forward_passes: int
    seconds: float


def steps(
    network: Network, data: Dataset, method: Method, settings: Settings, seed: int = 0, device: str = "cpu"
) -> Iterator[Step]:
    """Yield the trained network's step and then one step a removal, until no hidden unit is left.

    Args:
        network: the trained network.
        data: rows to rank on, to measure impacts on and to evaluate on.
        method: gives the scores.
        settings: how. A single ranking keeps its first scores, whatever is trained.
        seed: for methods that draw, and of the order of batches under retraining.
        device: where the passes over the rows run; what a step holds is on the CPU, where any training is done.

    Raises:
        StudyError: when network and data do not fit, the device is not there, a score is not a number, or training
            diverges.
    """
    check(network, data)
    check_removal(method, settings.removal)
    if network.front:
        check_filters(method)
    error = ErrorFunction(network.output, settings.error)
    second = second_error(network.output, settings.error)
    gains = ones(network)
    chosen_rows = settings.selection.rows

    def look() -> tuple[dict[str, Stages], Stages]:
        """Stages of what is left, on every split and on the rows ranked on."""
        there = network.to(device_of(device))
        seen = {name: Stages(there, rows, error, gains) for name, rows in data.evaluation_splits.items()}
        if chosen_rows in seen:
            return seen, seen[chosen_rows]
        return seen, Stages(there, settings.selection.of(data), error, gains)

    seen, ranked = look()
    scale = seen["pruning"].samples / ranked.samples

    units = [(m, k) for m, n in enumerate(network.hidden) for k in range(n)]
    scores: Scores | None = None
    scored: list[tuple[int, int]] = []
    again = settings.ranking == "iterative"
    # What the true impacts in a trained network depend on besides; the mean outputs are those on the rows ranked on.
    how = (settings.error, settings.removal, repr(settings.selection), fused.path(device))
    removed: Choice | None = None
    passes, seconds = 0, 0.0
    for event in range(len(units) + 1):
        evaluations = {name: evaluate(stages, second, data.classes) for name, stages in seen.items()}
        layer, unit = (torch.tensor(c, dtype=torch.int64) for c in (zip(*units, strict=True) if units else ((), ())))
        view = View(ranked, layer, unit, replacement(settings.removal, ranked), scale, seed, again)
        fresh = bool(units) and (event == 0 or (again and event % settings.every == 0))
        if fresh:
            started = time.perf_counter()
            scores, scored = method.scores(view).cpu(), list(units)
            seconds += time.perf_counter() - started
            passes += scores.forward_passes
        now = _remaining(scores, scored, units) if units and scores is not None else None
        choice = None
        if now is not None:
            i = choose(now, units, seen["pruning"].total(), method.tie)
            estimate = None if now.estimate is None else float(now.estimate[i])
            choice = Choice(*units[i], float(now.score[i]), estimate, view.replacement.at(*units[i]))
        wanted = event % settings.truth_every == 0
        impact = None
        if now is not None and ranked is seen["pruning"] and fresh and now.exact:
            impact = now.estimate
        elif now is not None and wanted:
            start = None if event else (network.digest(), data.digest, *how)
            impact = true_impacts(replace(view, stages=seen["pruning"]), start)
        drawn = None
        if choice is not None and settings.surfaces_every and event % settings.surfaces_every == 0:
            points = round(settings.surface_gain / settings.surface_step) + 1
            grid = torch.arange(points, dtype=torch.float64) * settings.surface_step
            drawn = (grid, surface(seen["pruning"], choice.layer, choice.unit, choice.instead, grid))
        yield Step(
            event,
            removed,
            [g.clone() for g in gains],
            network,
            evaluations,
            layer,
            unit,
            now,
            impact,
            drawn,
            choice,
            passes,
            seconds,
        )
        if choice is None:
            return
        gains[choice.layer][choice.unit] = 0.0
        network = choice.instead.into(network, choice.layer, choice.unit)
        if settings.protocol.due(event + 1, sum(network.hidden)):
            network = retrain(network, gains, data, settings.protocol.epochs, seed, event + 1)
            seen, ranked = look()
        else:
            for stages in {id(s): s for s in (*seen.values(), ranked)}.values():
                stages.remove(choice.layer, choice.unit, choice.instead)
        units.remove((choice.layer, choice.unit))
        removed = choice


_STARTS: dict[tuple[str, ...], Tensor] = {}
"""True impacts in the last trained networks, which the cells of a network in one process share."""
STARTS = 4
"""How many of them are kept."""


def true_impacts(view: View, start: tuple[str, ...] | None) -> Tensor:
    """Return the true impacts of a view's units, shape (n,).

    Args:
        view: of the pruning rows.
        start: what tells a network that has all of its units from others; None for one that was pruned.
    """
    if start is not None and start in _STARTS:
        return _STARTS[start]
    errors = unit_errors(view.stages, view.layer, view.unit, view.replacement)
    impacts = errors - view.stages.total()
    if start is not None:
        while len(_STARTS) >= STARTS:
            del _STARTS[next(iter(_STARTS))]
        _STARTS[start] = impacts
    return impacts


def check(network: Network, data: Dataset) -> None:
    """Refuse a network and a data set that do not fit.

    Raises:
        StudyError: naming both sizes.
    """
    have = (network.features, network.biases[-1].shape[0])
    if have == (data.features, data.outputs):
        return
    way_out = ""
    if data.classes == 2 and {have[1], data.outputs} == {1, 2}:
        way_out = "; two outputs go with targets of one_hot(labels, 2), one output with one column of 0 and 1"
    elif network.front and have[0] != data.features:
        way_out = "; from_module(module, image=(channels, height, width)) says which images a module takes"
    raise StudyError(
        f"network {network.name} has {have[0]} inputs and {have[1]} outputs; data set {data.name!r} has "
        f"{data.features} and {data.outputs}{way_out}"
    )


def second_error(output: str, error: str) -> ErrorFunction | None:
    """Return the error that is recorded beside the ranked one: under a softmax the other of the two."""
    if output != "softmax":
        return None
    return ErrorFunction(output, "cross_entropy" if error == "half_squared" else "half_squared")


def evaluate(stages: Stages, second: ErrorFunction | None, classes: int) -> Evaluation:
    """Return errors and correct samples on the rows that the stages see.

    Raises:
        StudyError: when the error is not a finite number.
    """
    z, total = stages.z[-1], stages.total()
    if not math.isfinite(total):
        raise StudyError(
            f"the error is {total} with {sum(map(len, stages.units))} units left: outputs are too large for float64; "
            "scale inputs, weights or targets down"
        )
    right = torch.zeros(0, dtype=torch.int64)
    if classes:
        right = torch.bincount(stages.labels[correct(z, stages.labels, stages.network.output)], minlength=classes).cpu()
    return Evaluation(total, None if second is None else float(second.total(z, stages.t)), right)


def choose(scores: Scores, units: Sequence[tuple[int, int]], error: float, tie: float) -> int:
    """Return where the unit of the smallest score is; of those tied with it, the one of the lowest layer, then index.

    Scores in the error's units tie within `tie` max(E(0), E(1)), others within `tie` of the largest magnitude.

    Args:
        scores: of the remaining units.
        units: (layer, index), ascending.
        error: E(1) on the pruning rows.
        tie: the method's, see `Method`.

    Raises:
        StudyError: when a score is not a number.
    """
    if scores.score.isnan().any():
        bad = units[int(scores.score.isnan().nonzero()[0, 0])]
        raise StudyError(f"the method gave unit {bad[1]} of hidden layer {bad[0]} a score that is not a number")
    smallest = float(scores.score.min())
    if scores.estimate is None:
        width = tie * float(scores.score.abs().max())
    else:
        estimate = float(scores.estimate[scores.score.argmin()])
        width = tie * max(abs(error), abs(error + estimate))
    return int((scores.score <= smallest + width).nonzero()[0, 0])


def _remaining(scores: Scores, scored: list[tuple[int, int]], units: list[tuple[int, int]]) -> Scores:
    """Return what was said of the units that are still there: their first word, or what couplings make of it."""
    if len(scored) == len(units):
        return scores
    left = set(units)
    return scores.left(torch.tensor([u in left for u in scored]))
