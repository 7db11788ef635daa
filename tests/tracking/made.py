"""Records with made-up numbers, of the size of a small cell, and a store to put them in."""

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd

from study.records import conform
from study.tracking import CellRecord, DatasetNote, Store

STEPS = 30


def store_in(folder: Path, empty: Path, name: str = "mlflow.db") -> Store:
    """Return a store of its own in a folder, copied from an empty one."""
    folder.mkdir(exist_ok=True)
    with closing(sqlite3.connect(empty)) as origin, closing(sqlite3.connect(folder / name)) as copy:
        origin.backup(copy)
    return Store(f"sqlite:///{folder}/{name}")


def tables(seed: int = 0, steps: int = STEPS) -> dict[str, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    event = np.arange(steps + 1)
    removed = {"event": event, "kind": ["start"] + ["remove"] * steps, "layer": np.where(event, event % 2, -1)}
    left = {"units_left": steps - event, "parameters_left": 10 * (steps - event), "multiply_adds_left": event}
    spent = {"forward_passes": event, "seconds": rng.random(steps + 1)}
    spent |= {"scope": "unit", "removed": event, "round": event, "phase": "prune"}
    evaluations = pd.DataFrame(
        {
            "event": np.repeat(event, 2),
            "split": ["pruning", "held_out"] * (steps + 1),
            "samples": 500,
            "error": np.sort(rng.lognormal(2, 2, 2 * steps + 2)),
            "correct": np.sort(rng.integers(50, 500, 2 * steps + 2))[::-1],
            "correct_per_class": [[1, 2, 3]] * (2 * steps + 2),
            "samples_per_class": [[10, 20, 30]] * (2 * steps + 2),
        }
    )
    at, unit = (a.ravel() for a in np.meshgrid(event[:-1:5], np.arange(steps), indexing="ij"))
    impact = rng.standard_t(2, len(at))
    impacts = {"event": at, "layer": unit % 2, "unit": unit, "impact": impact, "score": impact}
    impacts |= {"estimate": impact + 0.3 * rng.standard_normal(len(at))}
    layers = np.tile([-1, 0, 1], len(event) - 1)
    rho = np.tanh(rng.standard_normal(len(layers)) + 1)
    agreement = {"event": np.repeat(event[:-1], 3), "layer": layers, "units": 5, "ties": 0, "spearman": rho}
    agreement |= {"kendall": 0.7 * rho, "overlap_10": np.clip(rho, 0, 1), "regret": rng.exponential(1, len(layers))}
    gains = np.linspace(0, 10, 41)
    surfaces = [
        {"event": e, "layer": 0, "unit": e, "gain": g, "error": 5 + (g - 1) ** 2} for e in (0, 10, 20) for g in gains
    ]
    return {
        "events": conform("events", removed | left | spent | {"unit": np.where(event, event, -1)}),
        "evaluations": conform("evaluations", evaluations),
        "impacts": conform("impacts", impacts),
        "agreement": conform("agreement", agreement),
        "surfaces": conform("surfaces", pd.DataFrame(surfaces)),
    }


def record(key: str = "k0", seed: int = 0, **changes: object) -> CellRecord:
    tags = {
        "key": key, "network_key": f"n{seed}", "population": "mnist_2x50", "dataset": "mnist",
        "network": "784-50-50-10", "output": "sigmoid", "task": "classification", "method": "taylor2",
        "ranking": "iterative", "removal": "zero", "selection": "pruning", "protocol": "no_retrain",
        "error": "half_squared", "seed": str(seed), "draw": "0", "sweep": "smoke", "band": "met",
        "band_text": "accuracy 0.97 in 0.95 to 1", "code_version": "0123456", "numerics_version": '{"oracle": 1}',
        "records_version": "1",
    }  # fmt: skip
    values: dict = {
        "tags": tags,
        "params": {"seed": seed, "training.epochs": 30, "method.name": "taylor2", "removal": None},
        "tables": tables(seed),
        "config_yaml": "seed: 0\n",
        "environment": {"python": "3.11", "torch": "2.13.0"},
        "dataset": DatasetNote("mnist", "d" * 64, "https://example.org/mnist.gz", {"training": 5, "pruning": 5}),
        "step_metrics": {"error": [(k, 1.0 * k) for k in range(STEPS + 1)], "accuracy": [(k, 0.5) for k in range(9)]},
        "metrics": {"auc_error": 0.25},
    }
    return CellRecord(**(values | changes))
