"""Tags and parameters of a cell's run; the tags distinguish it from other runs."""

from __future__ import annotations

import json
from dataclasses import fields

from study import records
from study.cells.cell import Cell, Done
from study.cells.keys import numerics
from study.cells.provenance import code_version
from study.config.plan import Plan
from study.data import Dataset, parameters
from study.networks import layers_name
from study.records.condition import NAMED
from study.training.cache import TRAINING_VERSION
from study.training.recipe import Recipe
from study.training.recipes import has_recipe, read_recipe


def tags(plan: Plan, sweep: str) -> dict[str, str]:
    """Return the tags that follow from the plan, by the names of `records.RUN_TAGS`; `cell_tags`, `done_tags` add."""
    found = {
        "kind": "cell",
        "population": plan.population,
        "dataset": plan.dataset,
        **plan.condition.tags,
        "seed": plan.seed,
        "draw": getattr(plan.method, "draw", 0),
        "sweep": sweep,
        "code_version": code_version(),
        "numerics_version": json.dumps(numerics(plan) | {"training": TRAINING_VERSION}),
        "records_version": records.RECORDS_VERSION,
    }
    return {name: str(value) for name, value in found.items()}


def cell_tags(cell: Cell) -> dict[str, str]:
    """Return the tags that follow from the data."""
    plan, data = cell.plan, cell.data
    network = cell.network or cell.start
    layers = plan.architecture(data)
    return {
        "key": cell.key,
        "trajectory_key": cell.trajectory_key,
        "measures": cell.measures,
        "network_key": cell.network_key,
        "dataset": data.name,
        "network": network.name if network else layers.fitted(data.features, data.outputs),
        "activation": plan.activation,
        "output": plan.pruned_output or (network or layers).output,
        "variant": variant(plan, data),
        "task": data.task,
    }


def variant(plan: Plan, data: Dataset) -> str:
    """Return in words where a plan differs from its data set's own parameters, output and recipe."""
    if plan.stored is not None:
        return ""
    own = read_recipe(plan.dataset) if has_recipe(plan.dataset) else Recipe()
    usual = {name: value for name, (_, value) in parameters(plan.dataset).items()}
    changed: dict[str, object] = {k: v for k, v in plan.dataset_params.items() if v != usual.get(k)}
    changed |= {"dataset.seed": plan.dataset_seed} if plan.dataset_seed not in (0, plan.seed) else {}
    if plan.builder is not None:
        changed |= {"network": plan.builder.target, **plan.builder.params}
    changed |= {"output": plan.output} if plan.builder is None and plan.output not in (None, data.output) else {}
    changed |= {"pruned_output": plan.pruned_output} if plan.pruned_output is not None else {}
    changed |= {f.name: v for f in fields(own) if (v := getattr(plan.recipe, f.name)) != getattr(own, f.name)}
    return " ".join(f"{name}={value}" for name, value in changed.items())


def done_tags(done: Done) -> dict[str, str]:
    """Return the tags that follow from the trained network."""
    return {"band": done.band[0], "band_text": "; ".join(filter(None, (done.band[1], done.poor)))}


def params(plan: Plan) -> dict[str, object]:
    """Return the scientific configuration, flattened, for a run's parameters."""
    flat: dict[str, object] = {
        "population": plan.population,
        "dataset": plan.dataset,
        "dataset_seed": plan.dataset_seed,
        "hidden": layers_name(plan.hidden),
        "activation": plan.activation,
        "method": plan.method_name,
        "seed": plan.seed,
        "ranking": plan.settings.ranking_label,
        **{name: getattr(plan.settings, name) for name in NAMED},
        "error": plan.settings.error,
        "protocol": plan.settings.protocol.name,
        "truth_every": plan.settings.truth_every,
        "surfaces_every": plan.settings.surfaces_every,
        "threads": plan.settings.threads,
    }
    flat |= {f"dataset.{k}": v for k, v in plan.dataset_params.items()}
    if plan.builder is not None:
        flat |= {"network": plan.builder.target, **{f"network.{k}": v for k, v in plan.builder.params.items()}}
    if plan.front:
        flat |= {name: layers_name(value) for name, value in vars(plan.front).items()}
    flat |= {f"method.{k}": v for k, v in plan.method_params.items()}
    flat |= {f"selection.{k}": v for k, v in vars(plan.settings.selection).items()}
    flat |= {f"protocol.{k}": v for k, v in vars(plan.settings.protocol).items()}
    flat |= {f"training.{k}": v for k, v in vars(plan.recipe).items() if k != "threads"}
    return flat
