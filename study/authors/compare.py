"""Recorded against recomputed: what the authors' result files say of a stored network, and what comes out here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from study.authors import recorded
from study.authors.networks import artefact, as_pruned, stored
from study.authors.results import Results
from study.data import Dataset
from study.impact import Stages, unit_errors
from study.measures.surfaces import Surfaces
from study.methods import View, method
from study.networks import ErrorFunction, Network
from study.networks.parts import Parts
from study.pruning.run import steps
from study.pruning.settings import Settings
from study.removals.base import Replacement
from study.training.further import Further

METHODS = {"gt": "brute_force", "g1": "taylor1_as_implemented", "g2": "taylor2_as_implemented"}
"""The methods that compute the recorded criteria."""

LIMITS = {"start error": 1e-8, "per-neuron": 1e-6, "curve": 1e-7, "error surfaces": 1e-7}
"""Largest relative differences that count as agreement, by the first words of what is compared."""

SAMPLED_LIMIT = 0.25
"""The same where their data were drawn at random and other draws stand in for them."""

TIE = 1e-9
"""Neurons whose recorded values differ by less, relatively, are tied: their order is chance."""

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Line:
    """One comparison.

    Attributes:
        what: is compared.
        values: how many numbers.
        difference: the largest relative one: |recomputed - recorded| / largest |recorded| of the kind, or of the pair
            where the kind is a curve.
        limit: what the difference may be; None where that is not judged.
        displaced: places of the removal order that another neuron has; None where no order was recorded.
        tied: how many of these hold neurons that are tied.
        sampled: whether the data were drawn at random: another draw puts nearly equal neurons in another order.
    """

    what: str
    values: int
    difference: float
    limit: float | None
    displaced: int | None = None
    tied: int | None = None
    sampled: bool = False

    @property
    def ordered(self) -> bool:
        """Whether the removal orders are the same but for ties."""
        return self.displaced == self.tied

    @property
    def agrees(self) -> bool:
        """Whether recorded and recomputed are the same, as far as that is judged."""
        return self.limit is None or (self.difference <= self.limit and (self.sampled or self.ordered))


def compare(name: str, folder: Path | str | None = None) -> Iterator[Line]:
    """Yield the comparisons of a stored network, as they are done: of all that its results at hand let.

    Args:
        name: of the network, as in `networks.ARTEFACTS`.
        folder: the data folder.

    Raises:
        DataUnavailableError: if the network, its data or all of its results are nowhere to be had.
        RecordedFormatError: if a result file is malformed, or of another network.
    """
    kind, found = artefact(name), stored(name, folder)
    network, data = as_pruned(name, folder)
    results = Results.of(name, folder)
    limits: dict[str, float | None] = dict.fromkeys(LIMITS, SAMPLED_LIMIT) if kind.sampled else {**LIMITS}
    stages = Stages(network, data.pruning, ErrorFunction(network.output))
    start = stages.total()
    if results.surfaces is not None:
        given = results.surfaces.query("removed == 0 and gain == 1.0")["error"].to_numpy()[:1]
        if len(given):
            yield Line("start error", 1, float(abs(start / given[0] - 1)), limits["start error"])
    unlike = set[str]()
    if results.neurons is not None:
        for criterion, line in zip(METHODS, of_neurons(results, found.identity, stages, start), strict=True):
            yield replace(line, limit=limits["per-neuron"], sampled=kind.sampled)
            unlike |= set() if line.ordered else {criterion}
    for ranking in recorded.RANKINGS:
        for criterion in METHODS:
            # Neurons that go in another order leave other errors behind.
            judged = not (kind.sampled and criterion in unlike)
            for line in of_curve(results, network, data, criterion, ranking):
                kind_of = next(words for words in LIMITS if line.what.startswith(words))
                yield replace(line, limit=limits[kind_of] if judged else None, sampled=kind.sampled)


def of_neurons(results: Results, identity: pd.DataFrame, stages: Stages, start: float) -> Iterator[Line]:
    """Yield the comparisons of the criteria's values and orders with all units there.

    Args:
        results: as recorded, with neurons.
        identity: of the network's neurons; see `Stored`.
        stages: of the network on its rows.
        start: E with all units there.
    """
    given = results.neurons
    assert given is not None
    neurons = given.merge(identity, on="neuron").sort_values(["layer", "unit"])
    if not len(neurons) == len(given) == len(identity):
        raise recorded.RecordedFormatError(
            f"the results rank {len(given)} neurons, of which {len(neurons)} are among the network's {len(identity)}: "
            "they are another network's"
        )
    parts = Parts(*(torch.tensor(neurons[c].to_numpy()) for c in ("layer", "unit")))
    view = View(stages, parts, Replacement.zero(stages.hidden))
    for criterion, name in METHODS.items():
        values, what = neurons[recorded.VALUES[criterion]].to_numpy(), ""
        if criterion == "gt":
            computed = unit_errors(stages, parts, view.replacement).numpy()
            if adds(values, computed, start, results.curve("gt", "single_overall")):
                computed, what = computed - start, " as what it adds to E"
        else:
            estimate = method(name).scores(view).estimate
            assert estimate is not None
            computed = estimate.numpy()
        order = np.argsort(computed if criterion == "gt" else -computed, kind="stable")
        places = np.argsort(neurons[f"place_{criterion}"].to_numpy(), kind="stable")
        yield Line(
            f"per-neuron {criterion}{what}, all units there",
            len(values),
            float(np.abs(computed - values).max() / np.abs(values).max()),
            None,
            *displaced(order, places, values),
        )


def adds(values: Array, computed: Array, start: float, curve: pd.DataFrame | None) -> bool:
    """Say whether a recorded ground truth is what a neuron adds to E, as in earlier files, and not E without it.

    The curve of the same run tells, which begins with E without the first neuron; else whichever lies nearer is meant.

    Args:
        values: recorded, shape (K,).
        computed: E with one neuron off, shape (K,).
        start: E with all neurons there.
        curve: of the ground truth, ranked once; None where there is none.

    >>> adds(np.array([-1.0, 2.0]), np.array([4.0, 7.0]), 5.0, None)
    True
    """
    if curve is not None:
        first = float(curve["error"].iloc[0])
        return bool(abs(values.min() + start - first) < abs(values.min() - first))
    return bool(np.abs(computed - start - values).max() < np.abs(computed - values).max())


def of_curve(results: Results, network: Network, data: Dataset, criterion: str, ranking: str) -> Iterator[Line]:
    """Yield the comparisons of one curve and of the error surfaces along it; none where neither was recorded.

    Args:
        results: as recorded.
        network, data: as they were pruned.
        criterion, ranking: of the curve.
    """
    given, drawn = results.curve(criterion, ranking), results.surface(criterion)
    if ranking != "iterative":
        drawn = None
    if given is None and drawn is None:
        return
    # Surfaces are of the same run as the curve; without one, of the later code.
    later = given is None or bool(given["capped"].any())
    params = {} if criterion == "gt" or later or ranking != "iterative" else {"cap": "none"}
    errors, surfaces = pruned(
        network, data, METHODS[criterion], ranking, recorded.STRIDE if drawn is not None else 0, params
    )
    if given is not None:
        if len(given) != len(errors) - 1:
            raise recorded.RecordedFormatError(
                f"the curve {criterion}, {ranking}, has {len(given)} removals, the network {len(errors) - 1} units"
            )
        worst = float(np.abs(errors[1:] / given["error"].to_numpy() - 1).max())
        yield Line(f"curve {criterion}, {ranking}{' (no cap)' if params else ''}", len(given), worst, None)
    if drawn is not None:
        removed, recorded_errors = drawn["removed"].to_numpy(), drawn["error"].to_numpy(np.float64)
        pairs = [(here, recorded_errors[removed == k]) for k, here in surfaces.items() if (removed == k).any()]
        worst = max(float(np.abs(here[: len(there)] / there - 1).max()) for here, there in pairs)
        numbers = sum(len(there) for _, there in pairs)
        yield Line(f"error surfaces {criterion}", numbers, worst, None)


def pruned(
    network: Network,
    data: Dataset,
    name: str,
    ranking: str,
    surfaces_every: int,
    params: Mapping[str, Any] | None = None,
) -> tuple[Array, dict[int, Array]]:
    """Return E after 0, 1, ... removals, and the error surfaces of the unit that goes next, by units removed."""
    criterion, settings = method(name, **(params or {})), Settings(ranking=ranking)
    drawn = Surfaces(surfaces_every, gain=10.0, step=0.1) if surfaces_every else None
    errors, surfaces = [], {}
    for step in steps(network, criterion, settings, Further(data, seed=0)):
        errors.append(step.evaluations["pruning"].error)
        if drawn is not None and (seen := drawn.at(step, criterion.tie)):
            surfaces[step.event] = seen["surfaces"]["error"]
    return np.array(errors), surfaces


def displaced(order: npt.NDArray[np.int64], places: npt.NDArray[np.int64], given: Array) -> tuple[int, int]:
    """Return in how many places two orders have different units, and in how many of these the units are tied.

    Args:
        order: units by removal, recomputed.
        places: the same, recorded.
        given: the units' recorded values.

    >>> displaced(np.array([0, 2, 1]), np.array([0, 1, 2]), np.array([5.0, 7.0, 7.0]))
    (2, 2)
    """
    other = order != places
    scale = np.abs(given).max()
    tied = np.abs(given[order[other]] - given[places[other]]) <= TIE * scale
    return int(other.sum()), int(tied.sum())
