"""A trajectory as tables: `prune` runs the rankings to the last unit and returns what was seen on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import pandas as pd
from torch import Tensor, nn

from study import measures, records
from study.common.device import on_cpu
from study.common.device import threads as torch_threads
from study.common.errors import StudyError, check_progress, whole
from study.data.base import Dataset, check_data
from study.measures.base import Block, Measure, Trajectory
from study.methods import Method
from study.methods import method as method_of
from study.networks import Network, as_network
from study.protocols import protocol as protocol_of
from study.pruning.choice import Choice
from study.pruning.run import steps
from study.pruning.settings import Selection, Settings
from study.pruning.state import Truths, evaluated
from study.pruning.weight_state import WeightState
from study.records.kept import removable
from study.training.further import Further
from study.trajectories.tables import (
    add,
    of_evaluations,
    of_event,
    of_removals,
    of_sparsity,
    of_training,
    tables,
)

Progress = Callable[[int, int], None]
"""Called with (units removed, units at the start) after every step."""


@dataclass(frozen=True)
class Result:
    """One network pruned by one method, down to its last unit.

    Attributes:
        tables: the tables of `study.records`, by name.
        path: gains of every hidden layer and the network (biases folded into under mean removal, outgoing weights of
            the units left, too, under compensation, trained under retraining), by step.
    """

    tables: Mapping[str, pd.DataFrame]
    path: list[tuple[list[Tensor], Network]]

    @cached_property
    def trajectory(self) -> pd.DataFrame:
        """One row a step: what went, what is left, error and accuracy on every split.

        Accuracy is the share of correct samples; in a regression 1 - E/N, as in the paper.
        """
        wide = self.tables["events"].set_index("event")
        for split, seen in self.tables["evaluations"].groupby("split", sort=False):
            seen = seen.set_index("event")
            wide[f"error_{split}"] = seen["error"]
            right = seen["correct"].astype("Float64").fillna(seen["samples"] - seen["error"])
            wide[f"accuracy_{split}"] = (right / seen["samples"]).astype("float64")
        return wide.reset_index()

    @property
    def impacts(self) -> pd.DataFrame:
        """Estimates, scores and true impacts of the remaining units, where the truth was computed."""
        return self.tables["impacts"]

    @property
    def agreement(self) -> pd.DataFrame:
        """How well they agree: correlations, overlap, regret, sign and scale, over all units and per layer."""
        return self.tables["agreement"]

    @property
    def pairs(self) -> pd.DataFrame:
        """True impacts of all pairs of units at the start, where they were asked for."""
        return self._on_demand("pairs")

    @property
    def reinserted(self) -> pd.DataFrame:
        """True impacts of removed units, put back one at a time, where they were asked for."""
        return self._on_demand("reinserted")

    @property
    def hessian(self) -> pd.DataFrame:
        """Second derivatives of E by the gains of all pairs of units at the start, where they were asked for."""
        return self._on_demand("hessian")

    @property
    def searched(self) -> pd.DataFrame:
        """The smallest E that was found for any set of so many removed units, where a search was asked for."""
        return self._on_demand("searched")

    @property
    def searched_sets(self) -> pd.DataFrame:
        """The units of those sets."""
        return self._on_demand("searched_sets")

    @property
    def surfaces(self) -> pd.DataFrame:
        """Error surfaces E(gain) of removed units, where they were asked for."""
        return self.tables["surfaces"]

    @property
    def _parts(self) -> str:
        return "weights" if (self.tables["events"]["scope"] == "weight").any() else "hidden units"

    def _on_demand(self, name: str) -> pd.DataFrame:
        return self.tables[name] if name in self.tables else records.empty(name)

    def removable(self, points: float = 1.0) -> int:
        """Units removed before accuracy on the pruning rows first falls by more than some points.

        In a regression: before the error first rises by more than so many percent of its range.
        """
        events = self.tables["events"]
        last = events.groupby("round", sort=False)["event"].last()  # a round that trains ends trained
        seen = self.tables["evaluations"]
        seen = seen[seen["event"].isin(last)]
        return int(events.set_index("event")["removed"][last.iloc[removable(seen, points)]])

    def network_after(self, removed: int) -> Network:
        """Return the physically smaller network with that many units removed; trained since, where it was.

        Where single weights went it is of the trained network's size, and what is gone is 0.

        Raises:
            StudyError: when there never were so many, or they went several at a time.
        """
        counts, what = self.tables["events"]["removed"].to_numpy(), self._parts
        if not 0 <= removed <= counts.max():
            raise StudyError(f"network_after({removed}): this network had {counts.max()} {what} to remove")
        if removed not in counts:
            raise StudyError(
                f"network_after({removed}): {what.removeprefix('hidden ')} went several at a time; there are "
                f"{sorted(set(counts.tolist()))}"
            )
        gains, network = self.path[int((counts == removed).nonzero()[0][-1])]
        return network.compact(gains)


def prune(
    network: Network | nn.Module,
    data: Dataset,
    method: str | Method = "brute_force",
    ranking: str | None = None,
    *,
    settings: Settings | None = None,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
    **options: Any,
) -> Result:
    """Prune a trained network unit by unit, without retraining unless asked for, down to its last hidden unit.

    With `scope="weight"` single weights go, those of the output layer, too. Sampled true impacts stand beside every
    `truth_every`-th round (`result.tables["bridge"]`, see `study.records`); one weight at a time this takes long, and
    `protocol="rounds"` takes many at once. Protocols that go back into the network's own training, as `lottery_ticket`
    does, need to know it: they are run by `python -m study`.

    Args:
        network: the network, or any stack of linear layers and activations as a torch module. Logits are given the
            output layer of the data, with a warning.
        data: rows to rank on, to measure on and to evaluate on.
        method: the criterion: its name (`study.methods.names()`), or a method.
        ranking: "single_overall" (one-shot: score once) or "iterative" (again after every removal; the default).
        settings: how to prune; None takes the defaults of `Settings`.
        seed: for methods that draw, and of the order of batches under retraining.
        device: "cpu", or "cuda" where there is one; single weights are pruned on the CPU.
        progress: called after every step with the units removed and the units at the start.
        **options: any field of `Settings` by its name, as in `removal="mean"`, `selection="held_out"`,
            `protocol="retrain"` or `truth_every=5`; every other name is a parameter of the method, as in
            `threshold="median"`.

    Raises:
        StudyError: when something does not fit, saying what and what would.

    >>> from study import load_dataset
    >>> from study.networks import mlp
    >>> result = prune(mlp(64, [3], 10, seed=0), load_dataset("digits"), "taylor2", removal="mean", threshold="median")
    >>> result.trajectory["units_left"].tolist()
    [3, 2, 1, 0]
    """
    check_data(data)
    chosen, of = _asked(method, ranking, settings, options)
    network = as_network(network, data, of.error)
    seed = whole("seed", seed)
    check_progress(progress)
    with on_cpu():
        return collect(network, chosen, of, Further(data, seed), device, progress)


def _asked(
    method: str | Method, ranking: str | None, settings: Settings | None, options: dict[str, Any]
) -> tuple[Method, Settings]:
    """Return the method and the settings that arguments of `prune` stand for."""
    known = {f.name for f in fields(Settings)}
    changed = {name: value for name, value in options.items() if name in known}
    params = {name: value for name, value in options.items() if name not in known}
    if ranking is not None:
        changed["ranking"] = ranking
    if isinstance(changed.get("selection"), str):
        changed["selection"] = Selection(changed["selection"])
    if isinstance(changed.get("protocol"), str):
        changed["protocol"] = protocol_of(changed["protocol"])
    if isinstance(method, Method) and params:
        raise StudyError(f"parameters {sorted(params)} go with a method's name, not with a method")
    chosen = method if isinstance(method, Method) else method_of(method, **params)
    return chosen, replace(settings or Settings(), **changed)


def collect(
    network: Network,
    method: Method,
    settings: Settings,
    further: Further,
    device: str = "cpu",
    progress: Progress | None = None,
    truths: Truths | None = None,
    asked: Sequence[Measure] | None = None,
) -> Result:
    """Run the steps and write them into the tables of `study.records`; arguments as `pruning.run.steps`.

    Args:
        asked: what is measured besides; None for what the settings ask for.
    """
    asked = measures.asked(settings) if asked is None else asked
    data = further.data
    for of in asked:
        of.check(network)  # before the work begins
    found: dict[str, list[Block]] = {name: [] for name in records.TABLES}
    path: list[tuple[list[Tensor], Network]] = []
    gone: list[Choice] = []
    sizes = {name: len(split) for name, split in data.evaluation_splits.items()}
    classes = {name: _per_class(split.labels, data.classes) for name, split in data.evaluation_splits.items()}
    with torch_threads(settings.threads):
        for step in steps(network, method, settings, further, device, truths):
            path.append((step.gains, step.network))
            gone += step.removed
            found["events"].append(of_event(step))
            found["evaluations"] += of_evaluations(step.event, step.evaluations, sizes, classes)
            if len(step.removed) > 1:
                found["removals"].append(of_removals(step))
            if isinstance(step.state, WeightState):
                sparsity, masks = of_sparsity(step)
                add(found, {"sparsity": sparsity, "masks": masks})
            if step.training is not None and step.training.stopped is not None:
                add(found, {"trainings": of_training(step.event, step.training.history)})
                stopped = evaluated(step.training.stopped, data, settings)
                found["stopped"] += of_evaluations(step.event, stopped, sizes, classes)
            for of in asked:
                add(found, of.at(step, method.tie))
            if progress is not None:
                progress(step.state.removed, step.state.units)
        whole_path = Trajectory(network, data, settings, device, path, gone, tables(found, asked))
        for of in asked:
            add(found, of.after(whole_path))
    return Result(tables(found, asked), path)


def _per_class(labels: Tensor, classes: int) -> list[int]:
    return labels.bincount(minlength=classes).tolist() if classes else []
