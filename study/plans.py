"""Profiles and sweeps before they run: which cells they hold, which are finished, which cannot be run here."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hydra import compose
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from study.cell import Cell, prepare
from study.config import CONF, ROOT, data_folder, plain, plan
from study.data import missing
from study.errors import StudyError
from study.fingerprint import fingerprint
from study.population import composer


@dataclass(frozen=True)
class Sweep:
    """A named sweep: overrides by key, in order, the last varying fastest."""

    name: str
    params: dict[str, str]

    def without(self, populations: set[str]) -> Sweep | None:
        """Return the sweep without some populations; None when nothing is left."""
        left = [p for p in self.params["population"].split(",") if p not in populations]
        return Sweep(self.name, self.params | {"population": ",".join(left)}) if left else None

    @property
    def populations(self) -> list[str]:
        """Its populations."""
        return self.params["population"].split(",")


def profile(name: str) -> list[Sweep]:
    """Return the sweeps of a profile.

    Raises:
        StudyError: when there is none of that name, listing those that there are.
    """
    path = CONF / "profile" / f"{name}.yaml"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise StudyError(f"unknown profile {name!r}; known: {known} (files in {path.parent})")
    return [sweep(s) for s in plain(OmegaConf.load(path))["sweeps"]]


def sweep(name: str) -> Sweep:
    """Return the sweep of `conf/sweep/<name>.yaml`."""
    with composer():
        cfg = compose("config", overrides=[f"+sweep={name}"], return_hydra_config=True)
    return Sweep(name, {k: str(v) for k, v in plain(cfg.hydra.sweeper.params).items()})


def unavailable(sweeps: list[Sweep]) -> dict[str, str]:
    """Return the populations whose data cannot be had here, with the reason and the way to get them."""
    reasons = {}
    for name in dict.fromkeys(p for s in sweeps for p in s.populations):
        with composer():
            cfg = compose("config", overrides=[f"population={name}"])
        reason = missing(cfg.dataset.name, folder=data_folder(cfg))
        if reason is not None:
            reasons[name] = reason
    return reasons


def cells(chosen: Sweep) -> Iterator[Cell]:
    """Yield the cells of a sweep with their keys; data are loaded once a population.

    Choices of groups are composed; plain values (seeds, draws) are set on a copy, which is the same and quicker.
    """
    groups = {p.name for p in CONF.iterdir() if p.is_dir()}
    parsed = OverridesParser.create().parse_overrides([f"{k}={v}" for k, v in chosen.params.items()])
    (batch,) = BasicSweeper.split_arguments(parsed, None)
    bases: dict[tuple[str, ...], DictConfig] = {}
    for overrides in batch:
        choices = tuple(o for o in overrides if o.split("=", 1)[0] in groups)
        if choices not in bases:
            with composer():
                bases[choices] = compose("config", overrides=[f"+sweep={chosen.name}", *choices])
        cfg = copy.deepcopy(bases[choices])
        for override in overrides:
            key, value = override.split("=", 1)
            if key not in groups:
                OmegaConf.update(cfg, key, OmegaConf.create(f"v: {value}").v)
        yield prepare(plan(cfg), data_folder(cfg))


def planned_keys(sweeps: list[Sweep], outputs: Path) -> dict[str, set[str]]:
    """Return the keys of every sweep's cells, read from `outputs/plans/` where nothing has changed since.

    Computing a thousand keys takes seconds: all data are loaded and digested. What is kept holds for this very code,
    configuration and these libraries; data files are verified again by the cells that read them.
    """
    facts = [*(repr(s) for s in sweeps), os.environ.get("STUDY_DATA")]
    kept = outputs / "plans" / f"{fingerprint([ROOT / 'study', CONF], facts)}.json"
    if kept.is_file():
        return {name: set(keys) for name, keys in json.loads(kept.read_text()).items()}
    planned = {s.name: {cell.key for cell in cells(s)} for s in sweeps}
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps({name: sorted(keys) for name, keys in planned.items()}))
    part.replace(kept)
    return planned


def tracked(name: str) -> tuple[DictConfig, Path]:
    """Return a sweep's composed configuration (for its tracking) and its folder of outputs."""
    with composer():
        cfg = compose("config", overrides=[f"+sweep={name}"])
    return cfg, Path(cfg.paths.outputs)
