"""Tables of a cell of single weights with numbers that are known: rounds of cut and training, 4 x 4 inputs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from study.records import conform
from study.records.masks import packed

SIZES = ((6, 16), (3, 6))
"""Shapes of the layers: units, then what they see."""
SAMPLES = 200
CRITERIA = ("method", "magnitude", "taylor1", "taylor2", "random", "other_rows")


def masks(seed: int, rounds: int) -> list[list[np.ndarray]]:
    """Return the masks of every round, by layer: half of what is left goes, drawn by the seed."""
    draws = np.random.default_rng(seed)
    found = [[np.ones(shape, dtype=bool) for shape in SIZES]]
    for _ in range(rounds):
        mask = [m.copy() for m in found[-1]]
        for m in mask:
            there = np.flatnonzero(m)
            m.flat[draws.choice(there, len(there) // 2, replace=False)] = False
        found.append(mask)
    return found


def tables(seed: int = 0, rounds: int = 3, loss: float = 0.0) -> dict[str, pd.DataFrame]:
    """Return the tables: after round k the network is right in .9 - .01 k - `loss`, right after its cut in .5."""
    made = masks(seed, rounds)
    whole = sum(m.size for m in made[0])
    events, evaluations, sparsity, known, trainings, stopped = [], [], [], {}, [], []
    for event in range(2 * rounds + 1):
        step = (event + 1) // 2
        mask, train = made[step], event > 0 and event % 2 == 0
        left = int(sum(m.sum() for m in mask))
        events.append(
            {"event": event, "kind": "train" if train else "remove" if event else "start", "layer": -1, "unit": -1}
            | {"units_left": left, "parameters_left": left, "multiply_adds_left": left, "forward_passes": event}
            | {"seconds": 0.1, "scope": "weight", "removed": whole - left, "round": step}
            | {"phase": "train" if train else "prune"}
        )
        share = 0.5 if event % 2 else 0.9 - 0.01 * step - (loss if event else 0)
        for split, more in (("pruning", 0.05), ("held_out", 0.0), ("validation", 0.02)):
            right = round(SAMPLES * (share + more))
            row = {"event": event, "split": split, "samples": SAMPLES, "error": 9.0 + event, "correct": right}
            evaluations.append(row | {"correct_per_class": [right], "samples_per_class": [SAMPLES]})
        for layer, m in enumerate(mask):
            digest, shape, bits = packed(m)
            known[digest] = {"mask": digest, "shape": shape, "bits": bits}
            sparsity.append({"event": event, "layer": layer, "weights": m.size, "left": m.sum(), "mask": digest})
        if not event % 2:
            row = {"event": event, "since": 0, "until": 700, "early_stop": 300 - 20 * step + seed}
            row |= {"censored": int(event == 0), "validation_error": 0.1, "validation_accuracy": 0.9}
            trainings.append(row)
            stopped += [of | {"correct": of["correct"] - 2} for of in evaluations[-3:]]
    found = {"events": events, "evaluations": evaluations, "sparsity": sparsity, "masks": list(known.values())}
    found |= {"trainings": trainings, "stopped": stopped, **_seen(rounds, seed)}
    return {name: conform(name, pd.DataFrame(rows)) for name, rows in found.items()}


def _seen(rounds: int, seed: int) -> dict[str, list[dict[str, object]]]:
    """Return the rows of bridge and decisions of the events before cuts, and of the last one."""
    bridge, decisions = [], []
    for step in range(rounds + 1):
        for n, criterion in enumerate(CRITERIA):
            rho = 0.9 - 0.1 * n - 0.02 * step + 0.01 * seed
            row = {"event": 2 * step, "layer": -1, "criterion": criterion, "weights": 90, "silent": 0.1, "near": 9}
            row |= {"spearman": rho, "spearman_absolute": rho + 0.05, "near_cut": rho / 2, "regret": 0.01 * (n + 1)}
            bridge.append(row | {"chosen_mean": 0.02, "oracle_mean": 0.01})
        if step < rounds:
            row = {"event": 2 * step, "weights_left": 10, "going": 5, "better_gone": 0.3, "going_better_gone": 0.25}
            row |= {"silent": 0.1, "single_sum": 1.0, "joint": 2.0, "interaction": 2.0 + step, "instability": 0.4}
            decisions.append(row | {"survivors": 0.6})
    return {"bridge": bridge, "decisions": decisions}
