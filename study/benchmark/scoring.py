"""What a method is worth on one frozen network: its choice at every stage, and how many units it can remove."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from study.benchmark.criterion import UserCriterion
from study.benchmark.frozen import FrozenNetwork
from study.data import Dataset
from study.impact import Stages
from study.impact.agreement import TIE, agreement, spearman, tied
from study.methods import Method, View
from study.methods.base import check_filters
from study.networks import ErrorFunction
from study.pruning.run import steps
from study.pruning.settings import Settings
from study.pruning.state import Evaluation
from study.records.kept import largest_error, least_correct
from study.removals.base import Replacement
from study.training.further import Further

AGREEMENT = ("units", "spearman", "overlap_25", "regret", "sign", "scale")
"""Kept of `error_analysis.agreement`; regret as a share of E(none) - E0, Spearman that of the score."""
COLUMNS = (
    *("criterion", "version", "population", "seed", "removed", *AGREEMENT),
    *("forward_passes", "seconds", "removable_again", "removable_once"),
)
"""Of the table of scores, one row a criterion, network and stage; `removable_*` on the row of the trained network.

`version` is the method's, 0 of a reader's criterion; `removable_again` (ranked again after every removal) is measured
on each population's first network, `removable_once` on all: shares of the units; missing where not measured.
"""
QUICK = (0, 2)
"""Places of the stages that a quick run looks at."""
POINTS = 1.0
"""Points of accuracy that a network may lose; in a regression, percent of the error's range."""


def stage(network: FrozenNetwork, removed: int, data: Dataset, method: Method) -> dict[str, Any]:
    """Return how a method's view of one stage agrees with the frozen impacts, and what it cost.

    The seconds of the study's own methods have the forward pass in them, whose activations they all read; a reader's
    criterion makes its own.
    """
    small = network.network(removed)
    if small.front:
        check_filters(method)
    started = time.perf_counter()
    stages = Stages(small, data.pruning, ErrorFunction(small.output))
    nothing = Replacement.zero(small.hidden)
    view = View(stages, small.units, nothing, 1.0, network.seed, ranked_again=True)
    if isinstance(method, UserCriterion):
        started = time.perf_counter()
    scores = method.scores(view).cpu()
    seconds = time.perf_counter() - started
    score, impact = scores.score.numpy(), network.impact(removed)
    error = float(network.path["error"].iloc[removed])
    estimate = None if scores.estimate is None else scores.estimate.numpy()
    seen = agreement(score, estimate, impact, error, method.tie)
    ranks = tied(score, method.tie, None if estimate is None else error), tied(impact, TIE, error)
    seen |= {"regret": seen["regret"] / network.span, "spearman": spearman(*ranks)}
    kept = {name: seen[name] for name in AGREEMENT}
    passes = math.nan if isinstance(method, UserCriterion) else scores.forward_passes
    return {"removed": removed, **kept, "forward_passes": passes, "seconds": seconds}


def removable(network: FrozenNetwork, data: Dataset, method: Method, ranking: str, limit: float = math.inf) -> float:
    """Return the share of units that a prune by the method removes before the network is first harmed.

    As `Result.removable`: accuracy on the pruning rows within `POINTS` of the start; in a regression, E within so many
    percent of its range. The prune ends there, and sees a single held-out row: nothing else is asked of it.

    Args:
        network: the frozen network.
        data: its data.
        method: gives the scores.
        ranking: "iterative" or "single_overall".
        limit: seconds, looked at after every removal.

    Returns:
        The share; NaN where the limit came first.
    """
    splits = {"training": data.pruning, "pruning": data.pruning, "held_out": data.held_out.rows(torch.tensor([0]))}
    slim = replace(data, splits=splits)
    settings, until = Settings(ranking=ranking), time.perf_counter() + limit
    start: Evaluation | None = None
    total = sum(network.trained.hidden)
    for step in steps(network.trained, method, settings, Further(slim, network.seed)):
        seen = step.evaluations["pruning"]
        start = seen if start is None else start
        if not _within(seen, start, network.span, len(data.pruning)):
            return (step.event - 1) / total
        if time.perf_counter() > until and step.event < total:
            return math.nan
    return 1.0


def _within(seen: Evaluation, start: Evaluation, span: float, samples: int) -> bool:
    if len(start.correct):
        return int(seen.correct.sum()) >= least_correct(int(start.correct.sum()), samples, POINTS)
    return seen.error <= largest_error(start.error, span, POINTS / 100)


def rows(
    network: FrozenNetwork, data: Dataset, method: Method, quick: bool, first: bool, limit: float
) -> Iterator[dict[str, Any]]:
    """Yield a method's rows of one network, one a stage.

    Args:
        network: the frozen network.
        data: its data.
        method: to score.
        quick: the first stages of `QUICK` only, and no prunes.
        first: whether it is its population's first network, on which re-ranked prunes are made, and the method is
            called once before the clock starts.
        limit: seconds that a re-ranked prune may take.
    """
    if first:
        # What is compiled at the first call of a process, our kernel or a reader's, is no cost of a call.
        stage(network, network.stages[0], data, method)
    for i, removed in enumerate(network.stages):
        if quick and i not in QUICK:
            continue
        row = {"population": network.population, "seed": network.seed, **stage(network, removed, data, method)}
        row |= {"removable_again": math.nan, "removable_once": math.nan}
        if i == 0 and not quick:
            row["removable_once"] = removable(network, data, method, "single_overall")
            if first:
                row["removable_again"] = removable(network, data, method, "iterative", limit)
        yield row
