"""Acceptance bands: whether a trained network is a member of its population; and whether training worked at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.common.errors import StudyError
from study.data.base import Dataset
from study.networks import ErrorFunction, Network, correct


def measured(band: Mapping[str, Any], network: Network, data: Dataset) -> float:
    """Return the value that a band is about: `accuracy` (share correct) or `error_per_sample` (E/N) on its split.

    Raises:
        StudyError: for another metric, or a split that the data lack.
    """
    if band["split"] not in data.splits:
        raise StudyError(f"population.band.split={band['split']}; {data.name} has: {', '.join(data.splits)}")
    split = data.splits[band["split"]]
    z = network.logits(split.inputs)
    if band["metric"] == "accuracy":
        return float(correct(z, split.labels, network.output).double().mean())
    if band["metric"] == "error_per_sample":
        return float(ErrorFunction(network.output).total(z, split.targets.T)) / len(split)
    raise StudyError(f"population.band.metric={band['metric']}; possible: accuracy, error_per_sample")


POOR = 0.1
"""Share of the best constant output's error above which a network counts as poorly trained."""


def poorly_trained(network: Network, data: Dataset) -> str | None:
    """Return in words how badly a network was trained; None where it was not.

    Its half squared error on the training rows is held against that of the best constant output, the mean target: a
    network that leaves more than `POOR` of it has hardly learnt its task, and what pruning says of it says little.
    """
    rows = data.training
    left = float(ErrorFunction(network.output).total(network.logits(rows.inputs), rows.targets.T))
    constant = float((rows.targets - rows.targets.mean(dim=0)).square().sum()) / 2
    if constant == 0 or not left > POOR * constant:  # with targets that are all the same there is nothing to learn
        return None
    share = f"{left / constant:.0%} of what a constant output leaves ({constant:.3g})"
    return f"poorly trained: E = {left:.4g} on the training rows of {data.name!r}, {share}"


def acceptance(band: Mapping[str, Any] | None, value: float) -> str:
    """Return "met", "missed" or, without a band, "none".

    >>> acceptance({"low": 0.995, "high": None}, 0.99)
    'missed'
    """
    if band is None:
        return "none"
    low, high = band["low"], band["high"]
    return "met" if (low is None or value >= low) and (high is None or value <= high) else "missed"
