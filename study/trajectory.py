"""A trajectory as tables: `prune` runs the rankings to the last unit and returns what was seen on the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from torch import Tensor, nn

from study import records, rows
from study.data.base import Dataset, check_data
from study.device import on_cpu
from study.device import threads as torch_threads
from study.errors import StudyError, check_progress, whole
from study.kept import accuracy_kept, error_kept, steps_kept
from study.methods import Method
from study.methods import method as method_of
from study.networks import Network, as_network
from study.pruning import steps
from study.search import check_size
from study.settings import Protocol, Selection, Settings

Progress = Callable[[int, int], None]
"""Called with (units removed, units at the start) after every step."""
REINSERTED_WITHIN = 2.0
"""Points of accuracy that the network may have lost into which removed units are put back (claim C27)."""


@dataclass(frozen=True)
class Result:
    """One network pruned by one method, down to its last unit.

    Attributes:
        tables: the tables of `study.records`, by name.
        path: gains of every hidden layer and the network (biases folded into under mean removal, outgoing weights of
            the units left, too, under compensation, trained under retraining), by units removed.
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

    def _on_demand(self, name: str) -> pd.DataFrame:
        return self.tables[name] if name in self.tables else records.empty(name)

    def removable(self, points: float = 1.0) -> int:
        """Units removed before accuracy on the pruning rows first falls by more than some points.

        In a regression: before the error first rises by more than so many percent of its range.
        """
        return _removable(self.tables["evaluations"], points)

    def network_after(self, removed: int) -> Network:
        """Return the physically smaller network with that many units removed.

        Raises:
            StudyError: when there never were so many units.
        """
        if not 0 <= removed < len(self.path):
            raise StudyError(f"network_after({removed}): this network had {len(self.path) - 1} hidden units to remove")
        gains, network = self.path[removed]
        return network.compact(gains)


def prune(
    network: Network | nn.Module,
    data: Dataset,
    method: str | Method = "brute_force",
    ranking: str = "iterative",
    *,
    every: int = 1,
    removal: str = "zero",
    error: str = "half_squared",
    selection: str | Selection = "pruning",
    protocol: str | Protocol = "no_retrain",
    truth_every: int = 1,
    surfaces_every: int = 0,
    pairs: bool = False,
    reinsertion: bool = False,
    hessian: bool = False,
    search: str = "none",
    search_width: int = 100,
    seed: int = 0,
    device: str = "cpu",
    threads: int = 1,
    progress: Progress | None = None,
    **params: object,
) -> Result:
    """Prune a trained network unit by unit, without retraining unless asked for, down to its last hidden unit.

    Args:
        network: the network, or any stack of linear layers and activations as a torch module. Logits are given the
            output layer of the data, with a warning.
        data: rows to rank on, to measure on and to evaluate on.
        method: its name (`study.methods.names()`), or a method.
        ranking: "single_overall" (score once) or "iterative" (again after every removal).
        every: under "iterative", again after every so many removals.
        removal: "zero", "mean" or "compensate".
        error: "half_squared" or, under a softmax, "cross_entropy".
        selection: rows ranked on: "pruning", "held_out", or a `Selection` (for a subset).
        protocol: "no_retrain", "retrain" (5 epochs after each further 10 % of the units), or a `Protocol`.
        truth_every: true impacts at every n-th step.
        surfaces_every: error surfaces of removals 1, 1+n, 1+2n, ...; 0 for none.
        pairs: true impacts of all pairs of units at the start.
        reinsertion: true impacts of the units that go before two points of accuracy are lost, put back one at a time.
        hessian: second derivatives of E by the gains of all pairs of units at the start.
        search: "beam" or, of at most 14 units, "exhaustive": the best sets of removed units of each size.
        search_width: sets that a beam keeps of each size.
        seed: for methods that draw, and of the order of batches under retraining.
        device: "cpu", or "cuda" where there is one.
        threads: of PyTorch's, whatever it is set to; another count gives other bits.
        progress: called after every step.
        **params: the method's parameters, as in `threshold="median"`.

    Raises:
        StudyError: when something does not fit, saying what and what would.
    """
    check_data(data)
    network = as_network(network, data, error)
    seed = whole("seed", seed)
    check_progress(progress)
    if isinstance(method, Method) and params:
        raise StudyError(f"parameters {sorted(params)} go with a method's name, not with a method")
    chosen = method if isinstance(method, Method) else method_of(method, **params)
    settings = Settings(
        ranking=ranking,
        removal=removal,
        error=error,
        selection=selection if isinstance(selection, Selection) else Selection(selection),
        protocol=protocol if isinstance(protocol, Protocol) else Protocol(protocol),
        truth_every=truth_every,
        surfaces_every=surfaces_every,
        pairs=pairs,
        reinsertion=reinsertion,
        hessian=hessian,
        every=every,
        search=search,
        search_width=search_width,
        threads=threads,
    )
    with on_cpu():
        return collect(network, data, chosen, settings, seed, device, progress)


def collect(
    network: Network,
    data: Dataset,
    method: Method,
    settings: Settings,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
) -> Result:
    """Run the steps and write them into the tables of `study.records`."""
    check_size(network, settings.search)  # before the work begins
    found: dict[str, list[rows.Row]] = {name: [] for name in records.TABLES}
    path, gone = [], []
    sizes = {name: len(split) for name, split in data.evaluation_splits.items()}
    classes = {name: _per_class(split.labels, data.classes) for name, split in data.evaluation_splits.items()}
    total = sum(network.hidden)
    with torch_threads(settings.threads):
        for step in steps(network, data, method, settings, seed, device):
            path.append((step.gains, step.network))
            gone += [step.removed] if step.removed is not None else []
            found["events"].append(rows.of_event(step))
            found["evaluations"] += rows.of_evaluations(step, sizes, classes)
            if step.impact is not None:
                found["impacts"].append(rows.of_impacts(step))
                found["agreement"] += rows.of_agreement(step, method.tie)
            if step.surface is not None:
                found["surfaces"].append(rows.of_surface(step))
            if progress is not None:
                progress(step.event, total)
        if settings.pairs:
            found["pairs"].append(rows.of_pairs(network, data, settings, device))
        if settings.hessian:
            found["hessian"].append(rows.of_hessian(network, data, settings, device))
        if settings.reinsertion:
            size = _removable(pd.DataFrame(found["evaluations"]), REINSERTED_WITHIN)
            if size:
                found["reinserted"].append(rows.of_reinserted(*path[size], gone[:size], data, settings, device))
        if settings.search != "none":
            found["searched"], found["searched_sets"] = rows.of_searched(network, data, settings, device)
    blocks = {name: _stacked(found.pop(name)) for name in ("impacts", "surfaces", "pairs", "reinserted", "hessian")}
    frames = {name: pd.DataFrame(seen) for name, seen in found.items()} | blocks
    wanted = [n for n in records.TABLES if n not in records.ON_DEMAND or len(frames[n])]
    tables = {n: records.conform(n, frames[n]) if len(frames[n]) else records.empty(n) for n in wanted}
    return Result(tables, path)


def _stacked(blocks: list[rows.Row]) -> pd.DataFrame:
    """Return blocks of rows, each a column's values or one value for all of its rows, as one table."""
    if not blocks:
        return pd.DataFrame()
    longest = [max(np.size(v) for v in block.values()) for block in blocks]
    columns = {
        name: np.concatenate([np.broadcast_to(b[name], n) for b, n in zip(blocks, longest, strict=True)])
        for name in blocks[0]
    }
    return pd.DataFrame(columns)


def _per_class(labels: Tensor, classes: int) -> list[int]:
    return labels.bincount(minlength=classes).tolist() if classes else []


def _removable(evaluations: pd.DataFrame, points: float) -> int:
    path = evaluations[evaluations["split"] == "pruning"]
    if path["correct"].isna().any():
        return steps_kept(error_kept(path["error"], points / 100))
    return steps_kept(accuracy_kept(path["correct"], int(path["samples"].iloc[0]), points))
