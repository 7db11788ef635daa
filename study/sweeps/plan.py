"""Cells before they run: the configuration and the key of each, computed cheaply for thousands of them."""

from __future__ import annotations

import json
import logging
import os
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from hydra import compose
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import OverrideType
from hydra.errors import ConfigCompositionException
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from study.cell import Cell, prepare
from study.config import data_folder, plan
from study.errors import StudyError, said
from study.fingerprint import fingerprint
from study.places import CONF, PACKAGE
from study.population import composer
from study.stores import located
from study.sweeps.grid import Grid, Job
from study.sweeps.workers import Workers

log = logging.getLogger("study")
PLACES = ("paths.", "tracking.")
"""How values that name places begin."""


def composed(job: Job) -> DictConfig:
    """Return a cell's configuration, a copy of its own.

    Composing takes a tenth of a second. It is done once for every choice of groups; the cell's plain values (seeds,
    draws), as Hydra's grammar reads them, are then set in a copy.
    """
    whole = tuple(v for v in job.values if not _is_plain(v))
    cfg = _base((*job.shared, *job.choices, *whole), Path.cwd(), os.environ.get("STUDY_DATA")).copy()
    for text in job.values:
        if text not in whole:
            key, value = _read(text)
            try:
                OmegaConf.update(cfg, key, value)
            except OmegaConfBaseException as error:
                raise ConfigCompositionException(f"Error merging override {text}") from error
    return cfg


@cache  # by what places depend on, too: locating takes as long as all the rest of a cell's configuration
def _base(overrides: tuple[str, ...], here: Path, _data: str | None) -> DictConfig:
    with composer():
        return located(compose("config", overrides=list(overrides)), here)


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


def cell(job: Job) -> Cell:
    """Return a job's cell with its data, which are loaded once a process, and its key."""
    cfg = composed(job)
    return prepare(plan(cfg), data_folder(cfg))


def planned(grids: list[Grid], outputs: Path, workers: Workers | None = None) -> dict[str, Job]:
    """Return the cells of grids by key, read from `outputs/plans/` where nothing has changed since.

    Computing a thousand keys takes seconds: all data are loaded and digested. What is kept holds for this very code,
    configuration and these libraries; data files are verified again by the cells that read them. A cell whose key
    cannot be computed (its data are damaged, say) stands under a name that is no key, so that it is run, and says why.

    Args:
        grids: in their order; a cell of two grids is the first one's.
        outputs: folder of the outputs.
        workers: processes that share the work, which then have data and configurations at hand; None for this one.
    """
    facts = [*(f"{g.name} {g.shared} {g.params} {sorted(g.left_out)}" for g in grids), os.environ.get("STUDY_DATA")]
    kept = outputs / "plans" / f"{fingerprint([PACKAGE, CONF], facts)}.json"
    if (known := _kept(kept)) is not None:
        return known
    everything = [job for grid in grids for job in grid.jobs()]
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
    part.write_text(json.dumps({key: [j.grid, j.shared, j.choices, j.values] for key, j in by_key.items()}))
    part.replace(kept)
    return by_key


def _kept(file: Path) -> dict[str, Job] | None:
    """Return what an earlier call has left; None where there is nothing, or nothing that can be read."""
    try:
        listed = json.loads(file.read_text()).items()
        return {key: Job(grid, tuple(s), tuple(c), tuple(v)) for key, (grid, s, c, v) in listed}
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


def tracked(grid: Grid) -> tuple[DictConfig, Path]:
    """Return the configuration that all cells of a grid share (for its tracking), and its folder of outputs."""
    cfg = _base(grid.shared, Path.cwd(), os.environ.get("STUDY_DATA"))
    return cfg, Path(cfg.paths.outputs)
