"""The keys of cells, made from the names and default values with which recorded keys were made.

A key stands for everything scientific of a cell. Fields of settings may be renamed, moved and get other defaults. What
is written here stays: a changed key disowns every recorded result. What is usual is left out, so that a new setting
disowns none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from study.config.plan import Plan
from study.data import Dataset
from study.impact import ORACLE_VERSION
from study.pruning.search import SEARCH_VERSION
from study.pruning.settings import Settings
from study.pruning.weight_state import WEIGHTS_VERSION
from study.records.condition import USUAL
from study.training.cache import TRAINING_VERSION

MEASURED = (
    *("truth_every", "surfaces_every", "surface_gain", "surface_step", "pairs", "reinsertion", "hessian"),
    *("search", "search_width"),
)
"""Fields of settings that say what is measured beside the path."""


def cell_key(plan: Plan, network: str, source: Dataset | None = None) -> str:
    """Return the SHA-256 over everything scientific.

    Args:
        plan: of the cell.
        network: the key of its network, which stands for data (by digest), architecture, recipe, seed and the version
            of training.
        source: the data set that a ticket is taken from; its content enters the key, whatever it is called.
    """
    science = {
        "network": network,
        "population": plan.population,
        "method": {"name": plan.method_name, **plan.method_params},
        "settings": of_settings(plan.settings),
        **({} if plan.pruned_output is None else {"pruned_output": plan.pruned_output}),
        **({} if source is None else {"source": source.digest}),
        "seed": plan.seed,
        "numerics": numerics(plan),
    }
    text = json.dumps(science, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def trajectory_key(plan: Plan, network: str, source: Dataset | None = None) -> str:
    """Return the SHA-256 over everything that decides a trajectory, whatever is measured beside its path.

    It is the key of the cell that measures what is usual; arguments as `cell_key`.
    """
    usual = {name: getattr(Settings, name) for name in MEASURED}
    return cell_key(replace(plan, settings=replace(plan.settings, **usual, measures={})), network, source)


def numerics(plan: Plan) -> dict[str, int]:
    """Return the versions of the numbers that a cell depends on; raising one makes its cells run again."""
    found = {"oracle": ORACLE_VERSION, "method": plan.method.version}
    if plan.settings.protocol.trains:
        found |= {"training": TRAINING_VERSION, "retraining": plan.settings.protocol.version}
    if plan.settings.search != "none":
        found |= {"search": SEARCH_VERSION}
    if plan.settings.scope == "weight" and WEIGHTS_VERSION > 1:
        found |= {"weights": WEIGHTS_VERSION}
    return found


def of_settings(of: Settings) -> dict[str, Any]:
    """Return the settings in the key: by name, those that differ from their defaults.

    >>> of_settings(Settings(removal="mean", truth_every=5))
    {'removal': 'mean', 'truth_every': 5}
    """
    rows, protocol = of.selection, of.protocol
    selection = {"rows": (rows.rows, "pruning"), "samples": (rows.samples, None), "seed": (rows.seed, 0)}
    usual = {"every": 0.1, "epochs": 5} if protocol.name == "retrain" else type(protocol)().__dict__
    trained = {"name": (protocol.name, "no_retrain")} | {k: (v, usual[k]) for k, v in vars(protocol).items()}
    known = {
        "ranking": (of.ranking, "iterative"),
        "removal": (of.removal, "zero"),
        "error": (of.error, "half_squared"),
        "selection": (_unusual(selection), {}),
        "protocol": (_unusual(trained), {}),
        "truth_every": (of.truth_every, 1),
        "surfaces_every": (of.surfaces_every, 0),
        "surface_gain": (of.surface_gain, 10.0),
        "surface_step": (of.surface_step, 0.1),
        "pairs": (of.pairs, False),
        "reinsertion": (of.reinsertion, False),
        "hessian": (of.hessian, False),
        "every": (of.every, 1),
        "search": (of.search, "none"),
        "search_width": (of.search_width, 100),
        "threads": (of.threads, 1),
        "measures": (of.measures, {}),
    }
    later = {name: (label, USUAL[name]) for name, label in of.labels.items() if name not in known}
    return _unusual(known | later)


def _unusual(named: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    """Return the values that are not usual, of pairs of a value and the usual one."""
    return {name: value for name, (value, usual) in named.items() if value != usual}
