"""The work of one Hydra job: from a composed configuration to a recorded cell."""

from __future__ import annotations

import json
import logging
import re
import shlex
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from study import measures
from study.cells.cell import Cell, Done, compute, network_of, prepare
from study.cells.provenance import environment
from study.cells.shown import line, show
from study.cells.summary import step_metrics
from study.cells.tags import cell_tags, done_tags, params, tags
from study.common.errors import said
from study.common.targets import short
from study.config.plan import Plan, checked, data_folder, draws_figures, plan
from study.config.population import check_population
from study.measures.base import Measure
from study.records.condition import DIMENSIONS
from study.tracking import CellRecord, DatasetNote, Store, tables_digest
from study.tracking.mending import mend_network
from study.tracking.stores import store_of

log = logging.getLogger("study")
LONGEST_TAG = 5000
"""Characters that every store takes."""


def run_cell(cfg: DictConfig, alone: bool) -> str | None:
    """Run one cell and record it; return the run's id, the present one where the cell is finished already.

    Its run is there from the beginning, as running; what breaks it off is noted there.

    Args:
        cfg: the composed configuration.
        alone: whether a person waits for this very cell: a progress bar and a table are shown.

    Raises:
        StudyError: with what is wrong and the way out.
    """
    started = time.time()
    cfg, planned = _understood(cfg, alone, started)
    torch.set_num_threads(cfg.run.threads)
    store, run = store_of(cfg), None
    known = tags(planned, cfg.sweep.name) | typed()
    try:
        cell = prepare(planned, data_folder(cfg))
        if store is not None and not cfg.run.force and (present := _recorded(store, cell, cfg, alone)) is not None:
            return present
        known |= cell_tags(cell)
        run = store.begin_cell(known, started) if store is not None else None
        done = _compute(cell, cfg, alone)
        if store is not None:
            run = _record(store, run, known | done_tags(done), done, cfg)
    except BaseException as error:
        if store is not None:
            _note(store, run, known, started, cfg, error, params(planned))
        raise
    _tell(done, time.time() - started)
    if alone:
        show(done, title(done.cell.plan), run)
    return run


def _understood(cfg: DictConfig, alone: bool, started: float) -> tuple[DictConfig, Plan]:
    """Return the configuration, checked, and the plan made of it; what a sweep is refused is noted as a run."""
    try:
        cfg = checked(cfg)
        planned = plan(cfg)
        check_population(cfg)
    except Exception as error:
        if not alone and (store := store_of(cfg)) is not None:  # of a sweep's cells, each is accounted for
            _note(store, None, None, started, cfg, error)
        raise
    return cfg, planned


def _recorded(store: Store, cell: Cell, cfg: DictConfig, alone: bool) -> str | None:
    """Return the run that answers the cell: its own, finished before and whole, or else that of its trajectory.

    A network whose files were damaged is recorded again. None where the cell has to be computed.
    """
    present = store.finished(cell.key)
    if present is None:
        return _measured(store, cell, cfg, alone)
    log.info("%s: finished before, run %s", title(cell.plan), present)
    if mended := mend_network(store, cell.network_key, partial(_network, cell, cfg)):
        log.info("%s: its network's files were damaged, it is recorded again, run %s", title(cell.plan), mended)
    store.trajectories().note(present, cell.trajectory_key, cell.measures)
    return present


def _tell(done: Done, seconds: float) -> None:
    """Log the result of a cell."""
    planned = done.cell.plan
    band = f", band {done.band[0]}" if planned.band else ""
    log.info("%s: %s, %.1f s%s", title(planned), line(done), seconds, band)
    if done.poor is not None:
        log.warning("%s: %s", title(planned), done.poor)


def _measured(store: Store, cell: Cell, cfg: DictConfig, alone: bool) -> str | None:
    """Return the run of the cell's trajectory, where it is recorded, with what is asked for besides added to it.

    None where it is not recorded, or cannot take what is asked for: it then is a cell of its own.
    """
    if (held := store.trajectories().find(cell.trajectory_key)) is None:
        return None
    lacking = measures.lacking(measures.asked(cell.plan.settings), held.measures)
    if lacking is None:
        return None
    if not lacking:
        store.trajectories().answer(held.run, cell.key)
        log.info("%s: measured before, run %s", title(cell.plan), held.run)
        return held.run
    done = _compute(cell, cfg, alone, lacking)
    now = done.result.tables
    if not same_path(now, held.tables):
        log.warning("%s: run %s has other numbers (another machine's?): a run of its own", title(cell.plan), held.run)
        return None
    added = {name: now[name] for of in lacking for name in of.tables if name in now}
    measured = json.dumps(held.measures | measures.stated(lacking))
    store.trajectories().add(held.run, cell.key, added, measured)
    log.info("%s: %s added to run %s", title(cell.plan), ", ".join(of.name for of in lacking), held.run)
    return held.run


def same_path(now: Mapping[str, pd.DataFrame], then: Mapping[str, pd.DataFrame]) -> bool:
    """Whether two trajectories have the same events and evaluations, to the bit; of one's columns, those of both."""
    of = ("events", "evaluations")
    return tables_digest({n: now[n][list(then[n])] for n in of}) == tables_digest({n: then[n] for n in of})


def _note(
    store: Store,
    run: str | None,
    known: dict[str, str] | None,
    started: float,
    cfg: DictConfig,
    error: BaseException,
    settings: dict[str, object] | None = None,
) -> None:
    """Note in a cell's run what broke it off; what breaks that off, too, must not hide it."""
    if isinstance(error, Exception):
        how, text = "failed", f"{traceback.format_exc()}\n{said(error)}"  # the last line becomes the reason
    else:
        how, text = "killed", f"stopped: {type(error).__name__}"
    try:
        run = run or store.begin_cell(known or asked(cfg), started)
        store.record_failure(run, settings or {}, OmegaConf.to_yaml(cfg, resolve=True), text, how)
    except Exception as second:
        log.warning("the failure of a cell could not be recorded (%s): %s", said(second), said(error))


def asked(cfg: DictConfig) -> dict[str, str]:
    """Return the tags of a cell whose configuration is refused: the requested values, unchecked."""
    found = {part: cfg[part] for part in ("population", "dataset", *DIMENSIONS)}
    named = {part: node if isinstance(node, str) else _named(node) for part, node in found.items()}
    return {part: str(name) for part, name in named.items()} | {"seed": f"{cfg.seed}", "sweep": cfg.sweep.name}


def _named(node: DictConfig) -> str:
    """Return the name of what a group's choice is."""
    return short(node._target_) if "_target_" in node else node.get("name") or node.rows


def typed() -> dict[str, str]:
    """Return the tag with the typed command of a cell that Hydra runs; nothing elsewhere.

    Nor is it kept where it holds a password, as an address may, or is longer than a tag.
    """
    if not (HydraConfig.initialized() and GlobalHydra.instance().is_initialized()):
        return {}
    command = shlex.join(["python", "-m", "study", *HydraConfig.get().overrides.task])
    return {} if re.search("://[^/ ]*@", command) or len(command) > LONGEST_TAG else {"command": command}


def title(planned: Plan) -> str:
    """Return a cell's name for people.

    As in "digits_1x100, taylor2, iterative, seed 3"; what is retrained says so.
    """
    layers = f"{planned.hidden}" if not planned.front else f"{planned.front.filters} filters, {planned.hidden}"
    what = planned.population if planned.population != "free" else f"{planned.dataset} {layers}"
    draw = f", draw {planned.method.draw}" if hasattr(planned.method, "draw") else ""
    condition = planned.condition
    return ", ".join([what, condition.method, f"{condition.ranking}, seed {planned.seed}{draw}", *condition.unusual()])


def _network(cell: Cell, cfg: DictConfig) -> tuple[Path, pd.DataFrame]:
    trained = network_of(cell, Path(cfg.paths.outputs) / "networks")
    return trained.file, trained.history


def _compute(cell: Cell, cfg: DictConfig, alone: bool, asked: Sequence[Measure] | None = None) -> Done:
    networks = Path(cfg.paths.outputs) / "networks"
    if not (alone and cfg.run.progress):
        return compute(cell, networks, cfg.run.device, asked=asked)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    what = "weights" if cell.plan.settings.scope == "weight" else "units"
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(f"{title(cell.plan)}: {what} removed", total=None)
        return compute(cell, networks, cfg.run.device, lambda k, n: bar.update(task, completed=k, total=n), asked)


def _record(store: Store, run: str | None, found: dict[str, str], done: Done, cfg: DictConfig) -> str:
    data = done.cell.data
    store.record_network(found, done.trained.file, done.summary.metrics(), done.trained.history)
    words, front = title(done.cell.plan), done.cell.plan.front
    figures = {}
    if draws_figures(cfg):
        from study.figures import draw_all  # matplotlib: half a second that most cells of a sweep can do without

        figures = draw_all(done.result.tables, words, len(front))
    record = CellRecord(
        tags=found,
        params=params(done.cell.plan),
        tables=dict(done.result.tables),
        config_yaml=OmegaConf.to_yaml(cfg, resolve=True),
        environment=environment(cfg.run.device),
        dataset=DatasetNote(data.name, data.digest, data.source, {k: len(v) for k, v in data.splits.items()}),
        figures=figures,
        step_metrics=step_metrics(done.result),
        metrics=done.summary.metrics(),
    )
    return store.record_cell(record, run)
