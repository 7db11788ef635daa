"""Recorded against recomputed: what the authors' result files say of a stored network, and what comes out here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from study.authors import recorded
from study.authors.networks import artefact, as_pruned, stored
from study.data import Dataset
from study.data.base import DataUnavailableError
from study.impact import Stages, unit_errors
from study.methods import View, method
from study.networks import ErrorFunction, Network
from study.pruning import constants, steps
from study.settings import Settings

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
        limit: what the difference may be.
        displaced: places of the removal order that another neuron has; None where no order was recorded.
        tied: how many of these hold neurons that are tied.
    """

    what: str
    values: int
    difference: float
    limit: float
    displaced: int | None = None
    tied: int | None = None

    @property
    def agrees(self) -> bool:
        """Whether recorded and recomputed are the same."""
        return self.difference <= self.limit and self.displaced == self.tied


def compare(name: str, folder: Path | str | None = None) -> Iterator[Line]:
    """Yield the comparisons of a stored network, as they are done.

    Args:
        name: of the network, as in `networks.ARTEFACTS`.
        folder: the data folder.

    Raises:
        DataUnavailableError: if the network, its data or its results are nowhere to be had.
    """
    kind, found = artefact(name), stored(name, folder)
    network, data = as_pruned(name, folder)
    limits = dict.fromkeys(LIMITS, SAMPLED_LIMIT) if kind.sampled else LIMITS
    stages = Stages(network, data.pruning, ErrorFunction(network.output))

    try:
        surfaces = recorded.surfaces(kind.prefix, folder)
    except DataUnavailableError:
        surfaces = None
    if surfaces is not None:
        at = surfaces[(surfaces["criterion"] == "gt") & (surfaces["removed"] == 0) & (surfaces["gain"] == 1.0)]
        start = float(at["error"].iloc[0])
        yield Line("start error", 1, abs(stages.total() - start) / start, limits["start error"])

    neurons = recorded.neurons(kind.prefix, folder).merge(found.identity, on="neuron").sort_values(["layer", "unit"])
    layer, unit = (torch.tensor(neurons[c].to_numpy()) for c in ("layer", "unit"))
    view = View(stages, layer, unit, constants(stages, "zero"))
    values = {"gt": unit_errors(stages, layer, unit, view.constants).numpy()}
    for criterion in ("g1", "g2"):
        estimate = method(METHODS[criterion]).scores(view).estimate
        assert estimate is not None
        values[criterion] = estimate.numpy()
    for criterion, computed in values.items():
        given = neurons[recorded.VALUES[criterion]].to_numpy()
        order = np.argsort(computed if criterion == "gt" else -computed, kind="stable")
        places = np.argsort(neurons[f"place_{criterion}"].to_numpy(), kind="stable")
        yield Line(
            f"per-neuron {criterion}, all units there",
            len(given),
            float(np.abs(computed - given).max() / np.abs(given).max()),
            limits["per-neuron"],
            *displaced(order, places, given),
        )

    curves = recorded.curves(kind.prefix, folder)
    for ranking in ("single_overall", "iterative"):
        for criterion, name_of in METHODS.items():
            given = curves[(curves["criterion"] == criterion) & (curves["ranking"] == ranking)]["error"].to_numpy()
            drawn = surfaces[surfaces["criterion"] == criterion] if surfaces is not None else None
            every = recorded.STRIDE if ranking == "iterative" and drawn is not None else 0
            errors, computed_surfaces = pruned(network, data, name_of, ranking, every)
            yield Line(
                f"curve {criterion}, {ranking}",
                len(given),
                float(np.abs(errors[1:] / given - 1).max()),
                limits["curve"],
            )
            if every and drawn is not None:
                pairs = [
                    (found_here, drawn[drawn["removed"] == k]["error"].to_numpy())
                    for k, found_here in computed_surfaces.items()
                    if (drawn["removed"] == k).any()
                ]
                worst = max(float(np.abs(a[: len(b)] / b - 1).max()) for a, b in pairs)
                numbers = sum(len(b) for _, b in pairs)
                yield Line(f"error surfaces {criterion}", numbers, worst, limits["error surfaces"])


def pruned(
    network: Network, data: Dataset, name: str, ranking: str, surfaces_every: int
) -> tuple[Array, dict[int, Array]]:
    """Return E after 0, 1, ... removals, and the error surfaces of the unit that goes next, by units removed."""
    settings = Settings(
        ranking=ranking,
        truth_every=sum(network.hidden) + 1,
        surfaces_every=surfaces_every,
        surface_gain=10.0,
        surface_step=0.1,
    )
    errors, surfaces = [], {}
    for step in steps(network, data, method(name), settings):
        errors.append(step.evaluations["pruning"].error)
        if step.surface is not None:
            surfaces[step.event] = step.surface[1].numpy()
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
