"""Frames whose metrics and verdicts are known beforehand, without a store, a network or data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.frames import READ, RUN_COLUMNS, Frames, no_rows
from study.records import RECORDS_VERSION, conform

SAMPLES = 1000
SHAPES = {
    "brute_force": 6.0,
    "taylor2_exact": 4.0,
    "taylor2": 2.5,
    "mean_activation": 1.6,
    "magnitude": 1.5,
    "taylor1_abs": 1.2,
    "taylor1": 1.0,
    "random": 0.9,
    "worst_first": 0.2,
}
"""Exponent s of a method's curve E(q) = E0 + (E_all - E0) q^s: its AUC_E tends to 1 / (s + 1)."""

AGREEMENT = {"brute_force": 1.0, "taylor2_exact": 0.98, "taylor2": 0.8, "taylor1": 0.3, "worst_first": -1.0}
"""Spearman at every recorded event; 0.5 for the others."""

HIDDEN = {
    "mnist_1x100": (100,),
    "mnist_2x50": (50, 50),
    "cosine_2x10": (10, 10),
    "cosine_2x50": (50, 50),
    "one_vs_all_0": (100,),
    "one_vs_all_1": (100,),
    "one_vs_all_2": (100,),
    "diamond_2x50": (50, 50),
    "random_shape_2x50": (50, 50),
    "digits_1x100": (100,),
    "digits_2x50": (50, 50),
}
REGRESSIONS = ("cosine_2x10", "cosine_2x50")


@dataclass(frozen=True)
class Cell:
    """One cell with a chosen trajectory.

    `error` has shape (K + 1,); `accuracy`, shape (K + 1,), None in a regression; `layers`, shape (K,), the
    layer of each removed unit (None: alternating, from the layer nearest the output on); `impacts`, shape
    (K,), the true impacts in the trained network (None: 1, 2, ..., K); `best` and `best_accuracy`, shape (K + 1,), the
    errors and accuracies of the best sets that a search has found (None: no search).
    """

    population: str
    method: str
    error: Sequence[float]
    accuracy: Sequence[float] | None = None
    ranking: str = "iterative"
    seed: int = 100
    draw: int = 0
    hidden: tuple[int, ...] = (10,)
    layers: Sequence[int] | None = None
    impacts: Sequence[float] | None = None
    spearman: float = 0.5
    held_out_accuracy: Sequence[float] | None = None
    band: str = "met"
    selection: str = "pruning"
    ranked_error: str = "half_squared"
    protocol: str = "no_retrain"
    best: Sequence[float] | None = None
    best_accuracy: Sequence[float] | None = None

    @property
    def network_key(self) -> str:
        return f"network-{self.population}-{self.seed}"

    @property
    def key(self) -> str:
        parts = (
            self.population,
            self.method,
            self.ranking,
            self.selection,
            self.ranked_error,
            self.protocol,
            self.seed,
            self.draw,
            *(() if self.best is None else ("searched",)),
        )
        return "-".join(str(part) for part in parts)

    @property
    def units(self) -> int:
        return len(self.error) - 1


def frames(cells: Iterable[Cell], not_run: dict[str, str] | None = None) -> Frames:
    """Return the frames that a store with these cells would give."""
    cells = list(cells)
    rows: dict[str, dict[str, list[object]]] = {name: {} for name in READ}
    lengths = dict.fromkeys(READ, 0)
    for cell in cells:
        for name, columns in _tables(cell).items():
            n = len(columns["event"])
            for column, values in (columns | {"key": cell.key}).items():
                # A column that earlier cells lack is null in them.
                known = rows[name].setdefault(column, [np.nan] * lengths[name])
                known += [values] * n if isinstance(values, str | int | float) else list(values)
            lengths[name] += n
            for known in rows[name].values():
                known += [np.nan] * (lengths[name] - len(known))
    networks = {cell.network_key: _tags(cell, "network") for cell in cells}
    return Frames(
        cells=pd.DataFrame([_tags(cell, "cell") for cell in cells], columns=list(RUN_COLUMNS)),
        networks=pd.DataFrame(list(networks.values()), columns=list(RUN_COLUMNS)),
        not_run=pd.DataFrame(list((not_run or {}).items()), columns=["population", "reason"]),
        about={"store": "synthetic", "code_version": "0"},
        **{name: _table(name, columns) for name, columns in rows.items()},
    )


def study(
    populations: Iterable[str] = (
        "mnist_1x100",
        "mnist_2x50",
        "diamond_2x50",
        "random_shape_2x50",
        "cosine_2x10",
    ),
    seeds: Iterable[int] = range(100, 110),
    methods: Iterable[str] = ("brute_force", "taylor1", "taylor2", "taylor2_exact", "random", "worst_first"),
    rankings: Iterable[str] = ("iterative", "single_overall"),
    draws: int = 2,
    shapes: dict[str, float] | None = None,
    spread: float = 0.05,
    not_run: dict[str, str] | None = None,
) -> Frames:
    """Return a small study in which better methods have flatter curves.

    E0 = 10, E_all = 400, accuracy 1 - 0.9 q^s; a single ranking has half the exponent. Each seed shifts
    every exponent by the same factor, drawn with a fixed generator: the order of the methods holds in every
    network. Two-layer networks lose the layer nearest the output first under brute force.
    """
    exponents = SHAPES | (shapes or {})
    cells = []
    rng = np.random.default_rng(0)
    for population in populations:
        hidden = HIDDEN.get(population, (20,))
        k = sum(hidden)
        q = np.arange(k + 1) / k
        for seed in seeds:
            factor = float(np.exp(spread * rng.standard_normal()))
            for method in methods:
                for ranking in rankings:
                    for draw in range(draws if method == "random" else 1):
                        s = exponents[method] * factor * (1.0 if ranking == "iterative" else 0.5) * (1 + 0.01 * draw)
                        fall = q**s
                        cells.append(
                            Cell(
                                population,
                                method,
                                error=10 + 390 * fall,
                                accuracy=None if population in REGRESSIONS else 1 - 0.9 * fall,
                                ranking=ranking,
                                seed=seed,
                                draw=draw,
                                hidden=hidden,
                                layers=_output_first(hidden) if method == "brute_force" else None,
                                spearman=AGREEMENT.get(method, 0.5),
                            )
                        )
    return frames(cells, not_run)


def _table(name: str, columns: dict[str, list[object]]) -> pd.DataFrame:
    if not columns:
        return no_rows(name)
    frame = conform(name, {column: values for column, values in columns.items() if column != "key"})
    frame.insert(0, "key", columns["key"])
    return frame


def _output_first(hidden: tuple[int, ...]) -> list[int]:
    return [layer for layer in reversed(range(len(hidden))) for _ in range(hidden[layer])]


def _alternating(hidden: tuple[int, ...]) -> list[int]:
    left = list(hidden)
    order = []
    while any(left):
        for layer in reversed(range(len(hidden))):
            if left[layer]:
                order.append(layer)
                left[layer] -= 1
    return order


def _tags(cell: Cell, kind: str) -> dict[str, object]:
    known = {
        "kind": kind,
        "status": "finished",
        "key": cell.key if kind == "cell" else cell.network_key,
        "network_key": cell.network_key,
        "population": cell.population,
        "dataset": cell.population.rsplit("_", 1)[0],
        "network": "-".join(str(n) for n in (4, *_hidden(cell), 1)),
        "output": "sigmoid",
        "task": "regression" if cell.accuracy is None else "classification",
        "method": cell.method if kind == "cell" else "",
        "ranking": cell.ranking if kind == "cell" else "",
        "scope": "unit",
        "removal": "zero",
        "selection": cell.selection,
        "protocol": cell.protocol,
        "error": cell.ranked_error,
        "seed": cell.seed,
        "draw": cell.draw,
        "sweep": "synthetic",
        "band": cell.band,
        "band_text": f"band {cell.band}: accuracy {1.0 if cell.accuracy is None else cell.accuracy[0]:.4f}",
        "code_version": "0",
        "numerics_version": '{"oracle": 1}',
        "records_version": str(RECORDS_VERSION),
        "tables_digest": "",
        "run_id": f"run-{kind}-{cell.key}",
        "run_name": f"{cell.population}, {cell.method}, {cell.ranking}, seed {cell.seed}",
        "start_time": "2026-01-01T00:00:00",
    }
    return {name: known.get(name, "") for name in RUN_COLUMNS}


def _hidden(cell: Cell) -> tuple[int, ...]:
    return cell.hidden if sum(cell.hidden) == cell.units else (cell.units,)


def _tables(cell: Cell) -> dict[str, dict[str, object]]:
    k = cell.units
    hidden = _hidden(cell)
    layers = list(cell.layers if cell.layers is not None else _alternating(hidden))
    seen = dict.fromkeys(range(len(hidden)), 0)
    units = []
    for layer in layers:
        units.append(seen[layer])
        seen[layer] += 1
    searched = {} if cell.best is None else {"searched": _searched(cell)}
    return searched | {
        "events": _events(k, layers, units),
        "evaluations": _evaluations(cell),
        "impacts": _impacts(cell, layers, units),
        "agreement": _agreement(cell, hidden),
        "surfaces": _surfaces(cell, layers, units),
    }


def _events(k: int, layers: list[int], units: list[int]) -> dict[str, object]:
    left = np.arange(k, -1, -1)
    return {
        "event": np.arange(k + 1),
        "kind": ["start"] + ["remove"] * k,
        "layer": [-1, *layers],
        "unit": [-1, *units],
        "units_left": left,
        "parameters_left": 5 * left + 1,
        "multiply_adds_left": 5 * left,
        "estimate": [np.nan, *range(1, k + 1)],
        "score": [np.nan, *range(1, k + 1)],
        "forward_passes": 10 * np.arange(k + 1),
        "seconds": 0.001 * np.arange(k + 1),
        "scope": "unit",
        "removed": np.arange(k + 1),
        "round": np.arange(k + 1),
        "phase": "prune",
    }


def _evaluations(cell: Cell) -> dict[str, object]:
    accuracies = {"pruning": cell.accuracy, "held_out": cell.held_out_accuracy or cell.accuracy}
    events = cell.units + 1
    table: dict[str, list[object]] = {
        "event": [*range(events)] * 2,
        "split": [split for split in accuracies for _ in range(events)],
        "samples": [SAMPLES] * (2 * events),
        "error": np.tile(np.asarray(cell.error, dtype=float), 2).tolist(),
    }
    correct = [
        c
        for accuracy in accuracies.values()
        for c in (np.rint(np.asarray(accuracy) * SAMPLES).tolist() if accuracy is not None else [np.nan] * events)
    ]
    if any(accuracy is not None for accuracy in accuracies.values()):
        table["correct"] = correct
    table["correct_per_class"] = [[] if np.isnan(c) else [int(c) // 2, int(c) - int(c) // 2] for c in correct]
    table["samples_per_class"] = [[] if np.isnan(c) else [SAMPLES // 2, SAMPLES // 2] for c in correct]
    return table


def _searched(cell: Cell) -> dict[str, object]:
    right = {} if cell.best_accuracy is None else {"correct": np.rint(np.asarray(cell.best_accuracy) * SAMPLES)}
    return {"event": np.arange(cell.units + 1), "error": np.asarray(cell.best, dtype=float), **right}


def _impacts(cell: Cell, layers: list[int], units: list[int]) -> dict[str, object]:
    k = cell.units
    impact = np.arange(1.0, k + 1) if cell.impacts is None else np.asarray(cell.impacts, dtype=float)
    return {
        "event": [0] * k,
        "layer": layers,
        "unit": units,
        "estimate": 0.5 * impact,
        "first_order": 0.2 * impact,
        "curvature": 0.3 * impact,
        "score": 0.5 * impact,
        "impact": impact,
    }


def _agreement(cell: Cell, hidden: tuple[int, ...]) -> dict[str, object]:
    layers = [-1, *range(len(hidden))]
    event = np.repeat(np.arange(0, cell.units, 5), len(layers))
    return {
        "event": event,
        "layer": layers * (len(event) // len(layers)),
        "units": cell.units - event,
        "ties": 0,
        "spearman": cell.spearman,
        "kendall": 0.8 * cell.spearman,
        "spearman_25": 0.5 * cell.spearman,
        "overlap_10": max(0.0, cell.spearman),
        "overlap_25": max(0.0, cell.spearman),
        "regret": 1.0 - cell.spearman,
        "sign": 0.9,
        "scale": 0.5,
    }


def _surfaces(cell: Cell, layers: list[int], units: list[int]) -> dict[str, object]:
    gains = np.arange(0.0, 10.5, 0.5)
    drawn = range(0, cell.units, 10)
    return {
        "event": np.repeat(list(drawn), len(gains)),
        "layer": np.repeat([layers[k] for k in drawn], len(gains)),
        "unit": np.repeat([units[k] for k in drawn], len(gains)),
        "gain": np.tile(gains, len(drawn)),
        "error": np.concatenate([cell.error[k] + (gains - 1) ** 2 * (k + 1) for k in drawn]),
    }
