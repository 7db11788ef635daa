"""A cell in a few numbers, for the tracking UI and the terminal; the analysis computes its own from the tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from study.records import empty
from study.trajectories.trajectory import Result

Curves = dict[str, tuple[pd.Series, pd.Series]]
"""Steps and values, by name."""
CRITERIA = ("method", "taylor2")
"""Whose agreement with the true impacts of single weights is drawn: a store takes no more than eight curves a run."""


@dataclass(frozen=True)
class Summary:
    """Numbers of one trajectory, on the calibration rows unless stated otherwise.

    Attributes:
        error_start: E of the trained network.
        error_end: E with no hidden unit left; of single weights, E at the end of the protocol.
        accuracy_start, accuracy_start_held_out: share correct (regression: 1 - E/N).
        units: that may go, at the start; of single weights, weights, here and below.
        removable: units removed while accuracy stays within one point of the start (regression: E within 1 % of its
            range), for all removals up to there.
        spearman_start: rank correlation of estimate and true impact in the trained network.
        regret: mean over recorded steps of the chosen unit's impact minus the smallest, over E(end) - E(start); null of
            single weights.
        seconds: spent by the method on scores.
    """

    error_start: float
    error_end: float
    accuracy_start: float
    accuracy_start_held_out: float
    units: int
    removable: int
    spearman_start: float
    regret: float
    seconds: float

    def metrics(self) -> dict[str, float]:
        """Return the numbers that are finite, by name."""
        return {name: float(value) for name, value in asdict(self).items() if np.isfinite(value)}


def summary(result: Result) -> Summary:
    """Return the summary of a trajectory."""
    path = result.trajectory
    error, accuracy = path["error_pruning"].to_numpy(), path["accuracy_pruning"].to_numpy()
    everything = result.agreement[result.agreement["layer"] == -1]
    start = (_bridge(result) if of_weights(result) else everything).query("event == 0")["spearman"]
    span = error[-1] - error[0]
    return Summary(
        error_start=float(error[0]),
        error_end=float(error[-1]),
        accuracy_start=float(accuracy[0]),
        accuracy_start_held_out=float(path["accuracy_held_out"].iloc[0]),
        units=int(path["units_left"].iloc[0]),
        removable=result.removable(),
        spearman_start=float(start.iloc[0]) if len(start) else float("nan"),
        regret=float(everything["regret"].mean() / span) if span > 0 and len(everything) else float("nan"),
        seconds=float(path["seconds"].iloc[-1]),
    )


def step_metrics(result: Result) -> dict[str, list[tuple[int, float]]]:
    """Return the few curves that the UI draws; the store thins them.

    Their step is the number of removed units; of single weights, which go by the thousand, the protocol's round.
    """
    curves = _curves_of_weights(result) if of_weights(result) else _curves_of_units(result)
    return {
        name: [(int(k), float(v)) for k, v in zip(steps, values, strict=True) if np.isfinite(v)]
        for name, (steps, values) in curves.items()
    }


def _curves_of_units(result: Result) -> Curves:
    path = result.trajectory
    everything = result.agreement[result.agreement["layer"] == -1]
    n = result.tables["evaluations"].drop_duplicates("split").set_index("split")["samples"]
    return {
        "accuracy/pruning": (path["event"], path["accuracy_pruning"]),
        "accuracy/held_out": (path["event"], path["accuracy_held_out"]),
        "error_per_sample/pruning": (path["event"], path["error_pruning"] / n["pruning"]),
        "error_per_sample/held_out": (path["event"], path["error_held_out"] / n["held_out"]),
        "size/parameters_left": (path["event"], path["parameters_left"]),
        "agreement/spearman": (everything["event"], everything["spearman"]),
        "agreement/overlap_25": (everything["event"], everything["overlap_25"]),
        "agreement/regret": (everything["event"], everything["regret"]),
    }


def of_weights(result: Result) -> bool:
    """Whether single weights went."""
    return bool((result.tables["events"]["scope"] == "weight").any())


def before_first_cut(result: Result) -> float:
    """Return the rank correlation of the method's scores and the true impacts of single weights before the first cut.

    It is that of the first cut at which it was measured; NaN where it never was.
    """
    decisions = result.tables.get("decisions", empty("decisions"))
    known = _bridge(result)
    known = known[known["event"].isin(decisions["event"])]
    return float(known["spearman"].iloc[0]) if len(known) else float("nan")


def _bridge(result: Result, criterion: str = "method") -> pd.DataFrame:
    """Return what the bridge says of a criterion, of all weights that were left."""
    bridge = result.tables.get("bridge", empty("bridge"))
    return bridge[(bridge["layer"] == -1) & (bridge["criterion"] == criterion)]


def _curves_of_weights(result: Result) -> Curves:
    """Return the end of each round, how criteria rank in it, and what its cut did."""
    path = result.trajectory
    ends = path.drop_duplicates("round", keep="last")
    round_of = path.set_index("event")["round"]
    decisions = result.tables.get("decisions", empty("decisions"))
    curves = {f"accuracy/{split}": (ends["round"], ends[f"accuracy_{split}"]) for split in ("pruning", "held_out")}
    curves["size/share_left"] = (ends["round"], ends["units_left"] / path["units_left"].iloc[0])
    for criterion in CRITERIA:
        seen = _bridge(result, criterion)
        curves[f"agreement/{criterion}"] = (seen["event"].map(round_of), seen["spearman"])
    method = _bridge(result)
    curves["cut/regret"] = (method["event"].map(round_of), method["regret"])
    for name in ("interaction", "instability"):
        curves[f"cut/{name}"] = (decisions["event"].map(round_of), decisions[name])
    return curves
