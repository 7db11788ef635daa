"""What is seen of a step, and of the trained network on demand, as rows of the tables of `study.records`."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.data.base import Dataset
from study.device import device as device_of
from study.error_analysis import agreement
from study.impact import Stages, gain_derivatives, pair_errors, reinserted_errors
from study.impact.stages import ones
from study.networks import ErrorFunction, Network, correct
from study.pruning import Choice, Step
from study.removals import replacement
from study.removals.base import Instead
from study.search import best_sets
from study.settings import Settings

Row = dict[str, Any]
"""A row of a table by column; of the larger tables a block of rows, by column."""


def of_event(step: Step) -> Row:
    """Return the row of `events`: what went to get here, and what is left."""
    parameters, multiply_adds = step.network.left(step.gains)
    removed = step.removed
    return {
        "event": step.event,
        "kind": "start" if removed is None else "remove",
        "layer": -1 if removed is None else removed.layer,
        "unit": -1 if removed is None else removed.unit,
        "units_left": len(step.layer),
        "parameters_left": parameters,
        "multiply_adds_left": multiply_adds,
        "estimate": np.nan if removed is None or removed.estimate is None else removed.estimate,
        "score": np.nan if removed is None else removed.score,
        "forward_passes": step.forward_passes,
        "seconds": step.seconds,
    }


def of_evaluations(step: Step, sizes: dict[str, int], classes: dict[str, list[int]]) -> list[Row]:
    """Return the rows of `evaluations`, one a split; samples and samples per class by split."""
    rows: list[Row] = []
    for split, seen in step.evaluations.items():
        per_class = seen.correct.tolist()
        rows.append(
            {
                "event": step.event,
                "split": split,
                "samples": sizes[split],
                "error": seen.error,
                "second_error": np.nan if seen.second_error is None else seen.second_error,
                "correct": sum(per_class) if per_class else np.nan,
                "correct_per_class": per_class,
                "samples_per_class": classes[split],
            }
        )
    return rows


def of_impacts(step: Step) -> Row:
    """Return the rows of `impacts`: what the method says of the units left, beside the truth."""
    assert step.scores is not None
    assert step.impact is not None
    columns = {
        "layer": step.layer,
        "unit": step.unit,
        "estimate": step.scores.estimate,
        "first_order": step.scores.first_order,
        "curvature": step.scores.curvature,
        "score": step.scores.score,
        "impact": step.impact,
    }
    values = {name: np.nan if of_units is None else of_units.numpy() for name, of_units in columns.items()}
    return {"event": step.event, **values}


def of_agreement(step: Step, tie: float) -> list[Row]:
    """Return the rows of `agreement`: over all units (layer -1) and per layer; `tie` is the method's."""
    assert step.scores is not None
    assert step.impact is not None
    score, impact = step.scores.score.numpy(), step.impact.numpy()
    estimate = None if step.scores.estimate is None else step.scores.estimate.numpy()
    layers, error = step.layer.numpy(), step.evaluations["pruning"].error
    rows: list[Row] = []
    for layer in (-1, *np.unique(layers).tolist()):
        of = slice(None) if layer == -1 else layers == layer
        seen = agreement(score[of], None if estimate is None else estimate[of], impact[of], error, tie)
        rows.append({"event": step.event, "layer": layer, **seen})
    return rows


def of_surface(step: Step) -> Row:
    """Return the rows of `surfaces`, of the unit that goes next."""
    assert step.surface is not None
    assert step.next is not None
    gains, errors = step.surface
    place = {"event": step.event, "layer": step.next.layer, "unit": step.next.unit}
    return {**place, "gain": gains.numpy(), "error": errors.numpy()}


def of_pairs(network: Network, data: Dataset, settings: Settings, device: str) -> Row:
    """Return the rows of `pairs`: true impacts of all pairs of units of the trained network."""
    there, error = network.to(device_of(device)), ErrorFunction(network.output, settings.error)
    start = Stages(there, data.pruning, error)
    pairs, errors = pair_errors(there, data.pruning, error, replacement(settings.removal, start))
    return {**_places(network, *pairs.numpy().T), "impact": (errors - start.total()).numpy()}


def of_hessian(network: Network, data: Dataset, settings: Settings, device: str) -> Row:
    """Return the rows of `hessian`: second derivatives by the gains of every pair of units, each pair once."""
    there, error = network.to(device_of(device)), ErrorFunction(network.output, settings.error)
    start = Stages(there, data.pruning, error)
    _, hessian = gain_derivatives(start, *network.units, replacement(settings.removal, start))
    a, b = np.triu_indices(len(hessian))
    return {**_places(network, a, b), "curvature": hessian.cpu().numpy()[a, b]}


def of_reinserted(
    gains: list[Tensor], network: Network, gone: list[Choice], data: Dataset, settings: Settings, device: str
) -> Row:
    """Return the rows of `reinserted`: true impacts of units that are gone, put back one at a time."""
    there, error = network.to(device_of(device)), ErrorFunction(network.output, settings.error)
    without = Stages(there, data.pruning, error, gains).total()
    layer, unit = (torch.tensor([getattr(c, name) for c in gone], dtype=torch.int64) for name in ("layer", "unit"))
    instead = Instead(torch.cat([c.instead.constants for c in gone]))
    errors = reinserted_errors(there, data.pruning, error, gains, layer, unit, instead)
    return {"event": len(gone), "layer": layer.numpy(), "unit": unit.numpy(), "impact": (without - errors).numpy()}


def of_searched(network: Network, data: Dataset, settings: Settings, device: str) -> tuple[list[Row], list[Row]]:
    """Return the rows of `searched` and `searched_sets`."""
    there, error = network.to(device_of(device)), ErrorFunction(network.output, settings.error)
    found = best_sets(there, data.pruning, error, settings.search, settings.search_width)
    places = list(zip(*(of_units.tolist() for of_units in network.units), strict=True))
    errors, sets = [], []
    for event, (e, chosen) in enumerate(zip(found.errors.tolist(), found.sets, strict=True)):
        gains = ones(network)
        for m, k in (places[i] for i in chosen):
            gains[m][k] = 0.0
            sets.append({"event": event, "layer": m, "unit": k})
        z = network.logits(data.pruning.inputs, gains)
        right = int(correct(z, data.pruning.labels, network.output).sum()) if data.classes else np.nan
        errors.append({"event": event, "error": e, "correct": right})
    return errors, sets


def _places(network: Network, a: NDArray[np.int64], b: NDArray[np.int64]) -> Row:
    """Return layer and index of the units of pairs, which are counted through all layers."""
    layer, unit = (of_units.numpy() for of_units in network.units)
    return {"layer_a": layer[a], "unit_a": unit[a], "layer_b": layer[b], "unit_b": unit[b]}
