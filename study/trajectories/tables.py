"""What is seen of a step, as rows of the tables of `study.records`; and blocks of rows as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from study import records
from study.measures.base import Block, Found, Measure
from study.networks.parts import Parts
from study.pruning.runner import Step
from study.pruning.state import Evaluation
from study.pruning.weight_state import WeightState
from study.records.masks import packed
from study.training.early_stop import early_stop


def add(found: dict[str, list[Block]], seen: Found) -> None:
    """Add what a measure has seen to what was seen before, by table."""
    for name, block in seen.items():
        found.setdefault(name, []).append(block)


def tables(found: dict[str, list[Block]], asked: Sequence[Measure]) -> dict[str, pd.DataFrame]:
    """Return the tables in the records' order, then those that measures of one's own declare."""
    frames = {name: pd.DataFrame(found[name]) for name in ("events", "evaluations", "stopped")}
    frames |= {name: _stacked(blocks) for name, blocks in found.items() if name not in frames}
    if len(frames.get("masks", ())):
        frames["masks"] = frames["masks"].drop_duplicates("mask", ignore_index=True)
    declared = records.TABLES | {name: columns for of in asked for name, columns in of.tables.items() if columns}
    made = {}
    for name, columns in declared.items():
        frame = frames.get(name, pd.DataFrame())
        if len(frame):
            made[name] = records.conform(name, frame, columns)
        elif name not in records.ON_DEMAND:
            made[name] = records.empty(name, columns)
    return made


def of_event(step: Step) -> Block:
    """Return the row of `events`: what went to get here, and what is left."""
    parameters, multiply_adds = step.state.size()
    one = step.removed[0] if len(step.removed) == 1 else None
    return {
        "event": step.event,
        "kind": "start" if not step.event else "remove" if step.went else "train",
        "layer": -1 if one is None else one.part.layer,
        "unit": -1 if one is None else one.part.index,
        "units_left": len(step.parts),
        "parameters_left": parameters,
        "multiply_adds_left": multiply_adds,
        "estimate": np.nan if one is None or one.estimate is None else one.estimate,
        "score": np.nan if one is None else one.score,
        "forward_passes": step.forward_passes,
        "seconds": step.seconds,
        "scope": _scope(step),
        "removed": step.state.removed,
        "round": step.round,
        "phase": step.phase,
    }


def _scope(step: Step) -> str:
    """Return what goes; a network with filters whose units all may go says filter, as it always did."""
    name = step.state.scope.name
    return "filter" if name == "unit" and step.network.front else name


def of_removals(step: Step) -> Block:
    """Return the rows of `removals`: the units that went in one step, in their order."""
    said = {name: [getattr(c, name) for c in step.removed] for name in ("score", "estimate")}
    return {"event": step.event, **Parts.of(c.part for c in step.removed).columns(), **said}


def of_evaluations(
    event: int, evaluations: Mapping[str, Evaluation], sizes: dict[str, int], classes: dict[str, list[int]]
) -> list[Block]:
    """Return the rows of `evaluations` or `stopped`, one a split; samples and samples per class by split."""
    rows: list[Block] = []
    for split, seen in evaluations.items():
        per_class = seen.correct.tolist()
        rows.append(
            {
                "event": event,
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


def of_sparsity(step: Step) -> tuple[Block, Block]:
    """Return the rows of `sparsity` and of `masks`, one a layer each, where single weights go."""
    assert isinstance(step.state, WeightState)
    masks = [mask.numpy() for mask in step.state.masks]
    digests, shapes, bits = zip(*(packed(mask) for mask in masks), strict=True)
    sizes = {"weights": [mask.size for mask in masks], "left": [int(mask.sum()) for mask in masks]}
    sparsity = {"event": step.event, "layer": list(range(len(masks))), **sizes, "mask": digests}
    return sparsity, {"mask": digests, "shape": shapes, "bits": bits}


def of_training(event: int, history: pd.DataFrame) -> Block:
    """Return the row of `trainings` of a training that has looked at validation rows."""
    stop, looks = early_stop(history), history.dropna(subset=["validation_error"])["step"]
    return {
        "event": event,
        "since": int(looks.min()),
        "until": int(looks.max()),
        "early_stop": stop.iteration,
        "censored": int(stop.censored),
        "validation_error": stop.error,
        "validation_accuracy": stop.accuracy,
    }


def _stacked(blocks: list[Block]) -> pd.DataFrame:
    """Return blocks of rows, each a column's values or one value for all of its rows, as one table."""
    if not blocks:
        return pd.DataFrame()
    longest = [max(np.size(v) for v in block.values()) for block in blocks]
    columns = {
        name: np.concatenate([np.broadcast_to(b[name], n) for b, n in zip(blocks, longest, strict=True)])
        for name in blocks[0]
    }
    return pd.DataFrame(columns)
