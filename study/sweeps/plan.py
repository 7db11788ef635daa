"""Profiles and sweeps before they run: which cells they hold, which are finished, which cannot be run here."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hydra import compose
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from study.authors.networks import missing as network_missing
from study.cell import Cell, prepare
from study.config import data_folder, dataset_name, plain, plan
from study.data import collection, missing
from study.data._sources import Collection as Files
from study.errors import StudyError, among, said
from study.fingerprint import fingerprint
from study.places import CONF, PACKAGE
from study.population import composer
from study.stores import located
from study.sweeps.workers import Workers

log = logging.getLogger("study")
AUTHORS = "files of the authors' repository are not at hand; `make authors` says which, and how to get them"
"""Why a population of theirs is left out."""
PLACES = ("paths.", "tracking.")
"""How values that name places begin."""


@dataclass(frozen=True)
class Sweep:
    """A named sweep: overrides by key, in order, the last varying fastest."""

    name: str
    params: dict[str, str]

    def without(self, populations: set[str]) -> Sweep | None:
        """Return the sweep without some populations; None when nothing is left."""
        left = [p for p in self.params["population"].split(",") if p not in populations]
        return Sweep(self.name, self.params | {"population": ",".join(left)}) if left else None

    def into(self, outputs: Path) -> Sweep:
        """Return the sweep with another folder of outputs; its cells keep their keys."""
        path = str(outputs.absolute()).replace('"', '\\"')  # double quotes mean the same to Hydra and to YAML
        return Sweep(self.name, self.params | {"paths.outputs": f'"{path}"'})

    @property
    def populations(self) -> list[str]:
        """Its populations."""
        return self.params["population"].split(",")


@dataclass(frozen=True)
class Job:
    """One cell of a sweep.

    Attributes:
        sweep: the sweep's name.
        choices: overrides that choose groups, as in "population=mnist_1x100".
        values: overrides of plain values, as in "seed=3".
    """

    sweep: str
    choices: tuple[str, ...]
    values: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((*self.choices, *self.values))

    @property
    def population(self) -> str:
        """Its population."""
        return dict(o.split("=", 1) for o in self.choices)["population"]


def profile(name: str) -> list[Sweep]:
    """Return the sweeps of a profile.

    Raises:
        StudyError: when there is none of that name, listing those that there are.
    """
    path = _file("profile", name)
    try:
        names = [str(name) for name in plain(OmegaConf.load(path))["sweeps"]]
    except (OmegaConfBaseException, YAMLError, KeyError, TypeError) as error:
        raise StudyError(f"{path} must list the names of its sweeps under `sweeps:` ({said(error)})") from error
    return [sweep(s) for s in names]


def sweep(name: str) -> Sweep:
    """Return the sweep of `conf/sweep/<name>.yaml`.

    Raises:
        StudyError: when there is none of that name, or it cannot be composed.
    """
    return Sweep(name, dict(_parameters(_file("sweep", name))))


@cache  # profiles have sweeps in common, and composing one takes long
def _parameters(path: Path) -> dict[str, str]:
    try:
        with composer():
            cfg = compose("config", overrides=[f"+sweep={path.stem}"], return_hydra_config=True)
        return {k: str(v) for k, v in plain(cfg.hydra.sweeper.params).items()}
    except (HydraException, OmegaConfBaseException, YAMLError, AttributeError) as error:
        raise StudyError(f"{path} is not a sweep that can be composed: {said(error)}") from error


def _file(folder: str, name: str) -> Path:
    """Return the file of a profile or a sweep; only names of files in that folder are taken."""
    there = {p.stem: p for p in sorted((CONF / folder).glob("*.yaml"))}
    if name not in there:
        raise StudyError(f"unknown {folder} {name!r}; {among(name, there)}; they are files in {CONF / folder}")
    return there[name]


def unavailable(sweeps: list[Sweep]) -> dict[str, str]:
    """Return the populations whose data cannot be had here, with the cause and the way to get them, in a few words.

    It is told in reports of other machines, so that no place on this one is named.
    """
    reasons = {}
    for name, cfg in populations(sweeps).items():
        if missing(dataset_name(cfg), folder=data_folder(cfg), **plain(cfg.dataset.params)) is not None:
            files = collection(dataset_name(cfg))
            reasons[name] = AUTHORS if files is None else f"{files.title} is not at hand; `make data` downloads it"
        elif cfg.network.stored is not None and network_missing(cfg.network.stored, data_folder(cfg)) is not None:
            reasons[name] = AUTHORS
    return reasons


def downloadable(sweeps: list[Sweep], absent: Collection[str]) -> list[Files]:
    """Return the collections of files that absent populations lack and that `make data` downloads."""
    of = {name: collection(dataset_name(cfg)) for name, cfg in populations(sweeps).items() if name in absent}
    return list(dict.fromkeys(files for name, files in of.items() if files is not None))


def populations(sweeps: list[Sweep]) -> dict[str, DictConfig]:
    """Return the configuration of every population of some sweeps."""
    names = dict.fromkeys(p for s in sweeps for p in s.populations)
    return {name: located(_population(name), Path.cwd()) for name in names}


@cache  # composing takes long; where its places are is asked every time, since environment and folder may change
def _population(name: str) -> DictConfig:
    with composer():
        return compose("config", overrides=[f"population={name}"])


def runnable(sweeps: list[Sweep], absent: Collection[str]) -> list[Sweep]:
    """Return the sweeps without the populations that are absent; sweeps that have no other are left out."""
    return [left for sweep in sweeps if (left := sweep.without(set(absent))) is not None]


def jobs(chosen: Sweep) -> list[Job]:
    """Return the cells of a sweep in its order, as Hydra's own sweeper has them."""
    groups = {p.name for p in CONF.iterdir() if p.is_dir()}
    parsed = OverridesParser.create().parse_overrides([f"{k}={v}" for k, v in chosen.params.items()])
    (batch,) = BasicSweeper.split_arguments(parsed, None)
    found = []
    for overrides in batch:
        choices = tuple(o for o in overrides if o.split("=", 1)[0] in groups)
        found.append(Job(chosen.name, choices, tuple(o for o in overrides if o not in choices)))
    return found


def composed(job: Job) -> DictConfig:
    """Return a cell's configuration, to be used before the next one of this sweep is asked for.

    Composing takes a tenth of a second. It is done once for every choice of groups and places; plain values (seeds,
    draws), which all cells of a sweep have, are then set in place.
    """
    places = tuple(v for v in job.values if v.startswith(PLACES))  # the store's place follows from that of the outputs
    cfg = _base(job.sweep, (*job.choices, *places), Path.cwd(), os.environ.get("STUDY_DATA"))
    for value in (v for v in job.values if v not in places):
        key, text = value.split("=", 1)
        OmegaConf.update(cfg, key, OmegaConf.create(f"v: {text}").v)
    return cfg


@cache  # by what places depend on, too: locating takes as long as all the rest of a cell's configuration
def _base(sweep_name: str, overrides: tuple[str, ...], here: Path, _data: str | None) -> DictConfig:
    with composer():
        return located(compose("config", overrides=[f"+sweep={sweep_name}", *overrides]), here)


def cell(job: Job) -> Cell:
    """Return a job's cell with its data, which are loaded once a process, and its key."""
    cfg = composed(job)
    return prepare(plan(cfg), data_folder(cfg))


def planned(sweeps: list[Sweep], outputs: Path, workers: Workers | None = None) -> dict[str, Job]:
    """Return the cells of sweeps by key, read from `outputs/plans/` where nothing has changed since.

    Computing a thousand keys takes seconds: all data are loaded and digested. What is kept holds for this very code,
    configuration and these libraries; data files are verified again by the cells that read them. A cell whose key
    cannot be computed (its data are damaged, say) stands under a name that is no key, so that it is run, and says why.

    Args:
        sweeps: in their order; a cell of two sweeps is the first one's.
        outputs: folder of the outputs.
        workers: processes that share the work, which then have data and configurations at hand; None for this one.
    """
    facts = [*(repr(s) for s in sweeps), os.environ.get("STUDY_DATA")]
    kept = outputs / "plans" / f"{fingerprint([PACKAGE, CONF], facts)}.json"
    if (known := _kept(kept)) is not None:
        return known
    everything = [job for s in sweeps for job in jobs(s)]
    populations = dict.fromkeys(job.population for job in everything)  # each to one worker: it loads the data once
    shares = [tuple(job for job in everything if job.population == name) for name in populations]
    key_of = {job: key for share in (workers or Workers(1)).each(_keys, shares) for job, key in share}
    by_key: dict[str, Job] = {}
    for job in everything:
        by_key.setdefault(key_of[job] or f"no key: {job}", job)
    if None in key_of.values():  # it may be mended before the next call
        return by_key
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps({key: [j.sweep, j.choices, j.values] for key, j in by_key.items()}))
    part.replace(kept)
    return by_key


def _kept(file: Path) -> dict[str, Job] | None:
    """Return what an earlier call has left; None where there is nothing, or nothing that can be read."""
    try:
        return {key: Job(name, tuple(c), tuple(v)) for key, (name, c, v) in json.loads(file.read_text()).items()}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s is damaged (%s); the cells are planned again", file, said(error))
        return None


def _keys(share: tuple[Job, ...]) -> list[tuple[Job, str | None]]:
    return [(job, _key(job)) for job in share]


def _key(job: Job) -> str | None:
    """Return a job's key; None where it has none, because of damaged data, say: it is then run, and fails alone."""
    try:
        return cell(job).key
    except StudyError:
        return None


def tracked(chosen: Sweep) -> tuple[DictConfig, Path]:
    """Return a sweep's composed configuration (for its tracking) and its folder of outputs."""
    folder = chosen.params.get("paths.outputs")
    with composer():
        cfg = compose("config", overrides=[f"+sweep={chosen.name}", *([f"paths.outputs={folder}"] if folder else [])])
    cfg = located(cfg, Path.cwd())
    return cfg, Path(cfg.paths.outputs)
