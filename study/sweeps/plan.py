"""Computes the configuration and the key of every cell before it runs, fast enough for thousands of cells."""

from __future__ import annotations

import json
import logging
import os
import pickle
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import OverrideType
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig, OmegaConf, open_dict
from omegaconf.errors import OmegaConfBaseException

from study.cells.cell import Cell, prepare
from study.common.errors import StudyError, said
from study.common.fingerprint import fingerprint
from study.common.paths import CONF, PACKAGE
from study.config.plan import data_folder, plan
from study.config.population import composer
from study.sweeps.composing import Composing
from study.sweeps.grid import Grid, Job
from study.sweeps.workers import Workers
from study.tracking.stores import located

log = logging.getLogger("study")
PLACES = ("paths.", "tracking.")
"""Prefixes of settings that name folders and files."""


def composed(job: Job, composing: Composing | None = None) -> DictConfig:
    """Return a cell's configuration, a copy of its own.

    Composing takes a tenth of a second. It is done once for every choice of groups; the cell's plain values (seeds,
    draws), as Hydra's grammar reads them, are then set in a copy.

    Args:
        job: the cell.
        composing: of the running sweep; None for the study's `conf/`.
    """
    return _with_values(job, _of_cell(_base_of(job), Path.cwd(), os.environ.get("STUDY_DATA"), composing))


def composed_with_hydra(job: Job, composing: Composing) -> DictConfig:
    """Return a cell's configuration together with Hydra's own, as a launcher needs it."""
    return _with_values(job, _base(_base_of(job), Path.cwd(), os.environ.get("STUDY_DATA"), composing))


def _base_of(job: Job) -> tuple[str, ...]:
    return (*job.shared, *job.choices, *(v for v in job.values if not _is_plain(v)))


def _with_values(job: Job, base: bytes) -> DictConfig:
    cfg: DictConfig = pickle.loads(base)
    for text in job.values:
        if _is_plain(text):
            key, value = _read(text)
            try:
                OmegaConf.update(cfg, key, value)
            except OmegaConfBaseException as error:
                raise ConfigCompositionException(f"Error merging override {text}") from error
    return cfg


@cache  # by what places depend on, too: locating takes as long as all the rest of a cell's configuration
def _base(overrides: tuple[str, ...], here: Path, _data: str | None, composing: Composing | None = None) -> bytes:
    """Return a composed configuration, pickled: five times as fast to copy as by `DictConfig.copy`."""
    if composing is not None:
        return pickle.dumps(located(composing.compose(overrides), here))
    with composer():
        return pickle.dumps(located(compose("config", overrides=list(overrides)), here))


@cache
def _of_cell(overrides: tuple[str, ...], here: Path, data: str | None, composing: Composing | None = None) -> bytes:
    """Return a composed configuration, Hydra's own apart."""
    base = _base(overrides, here, data, composing)
    if composing is None:
        return base
    cfg: DictConfig = pickle.loads(base)
    with open_dict(cfg):
        del cfg["hydra"]
    return pickle.dumps(cfg)


@lru_cache(4096)
def _read(text: str) -> tuple[str, Any]:
    override = OverridesParser.create().parse_override(text)
    return str(override.key_or_group), override.value()


@lru_cache(4096)
def _is_plain(text: str) -> bool:
    """Whether an override just gives a value to a setting that is there; Hydra itself is asked about any other."""
    override = OverridesParser.create().parse_override(text)
    place = str(override.key_or_group).startswith(PLACES)  # the store's place follows from that of the outputs
    return override.type is OverrideType.CHANGE and not place and not isinstance(override.value(), dict)


def cell(job: Job, composing: Composing | None = None) -> Cell:
    """Return a job's cell with its data, which are loaded once a process, and its key."""
    cfg = composed(job, composing)
    return prepare(plan(cfg), data_folder(cfg))


def planned(
    grids: list[Grid], outputs: Path, workers: Workers | None = None, composing: Composing | None = None
) -> dict[str, Job]:
    """Return the cells of grids by key; an unchanged plan is read from `outputs/plans/`.

    A thousand keys take seconds: all data are loaded and digested. A kept plan is valid for the same code,
    configuration and libraries; cells verify the data files that they read. A cell without a key (its data are damaged,
    say) is listed under another name, so that it runs and reports the error.

    Args:
        grids: in their order; a cell of two grids is the first one's.
        outputs: folder of the outputs.
        workers: processes that share the work, which then have data and configurations at hand; None for this one.
        composing: of the running sweep; None for the study's `conf/`.
    """
    facts = [*(f"{g.name} {g.shared} {g.params} {sorted(g.left_out)}" for g in grids), os.environ.get("STUDY_DATA")]
    kept = outputs / "plans" / f"{fingerprint([PACKAGE, CONF, *(composing.folders if composing else ())], facts)}.json"
    if (known := _kept(kept)) is not None:
        return known
    everything = [job for grid in grids for job in grid.jobs()]
    populations = dict.fromkeys(job.population for job in everything)  # each to one worker: it loads the data once
    shares = [tuple(job for job in everything if job.population == name) for name in populations]
    key_of = {
        job: key
        for share in (workers or Workers(1)).each(partial(_keys, composing=composing), shares)
        for job, key in share
    }
    by_key: dict[str, Job] = {}
    for job in everything:
        by_key.setdefault(key_of[job] or f"no key: {job}", job)
    if None in key_of.values():  # it may be mended before the next call
        return by_key
    kept.parent.mkdir(parents=True, exist_ok=True)
    part = kept.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps({key: [j.grid, j.shared, j.choices, j.values] for key, j in by_key.items()}))
    part.replace(kept)
    return by_key


def _kept(file: Path) -> dict[str, Job] | None:
    """Return the plan that an earlier call kept; None where there is none, or it cannot be read."""
    try:
        listed = json.loads(file.read_text()).items()
        return {key: Job(grid, tuple(s), tuple(c), tuple(v)) for key, (grid, s, c, v) in listed}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s is damaged (%s); the cells are planned again", file, said(error))
        return None


def _keys(share: tuple[Job, ...], composing: Composing | None) -> list[tuple[Job, str | None]]:
    return [(job, _key(job, composing)) for job in share]


def _key(job: Job, composing: Composing | None) -> str | None:
    """Return a job's key; None where it has none, because of damaged data, say: it is then run, and fails alone."""
    try:
        return cell(job, composing).key
    except StudyError:
        return None


def tracked(grid: Grid) -> tuple[DictConfig, Path]:
    """Return the configuration that all cells of a grid share (for its tracking), and its folder of outputs."""
    cfg: DictConfig = pickle.loads(_base(grid.shared, Path.cwd(), os.environ.get("STUDY_DATA")))
    return cfg, Path(cfg.paths.outputs)
