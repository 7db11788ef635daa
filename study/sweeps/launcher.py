"""Runs cells as Hydra jobs in worker processes of this machine; a process is kept for the next cell."""

from __future__ import annotations

import contextlib
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, runtime_checkable

from hydra.core.utils import JobReturn, JobStatus, configure_log, run_job, setup_globals
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict
from rich.console import Console

from study.common.errors import StudyError
from study.config.population import composer
from study.sweeps.board import Board
from study.sweeps.composing import Composing, as_job
from study.sweeps.grid import Job
from study.sweeps.plan import composed_with_hydra
from study.sweeps.workers import Workers


@runtime_checkable
class Pool(Protocol):
    """The launcher plugin `pool`: Hydra's three attributes, the processes, and the log.

    A protocol, since Hydra executes a plugin's module each time it looks for plugins: its class exists several times.
    """

    hydra_context: HydraContext
    task_function: TaskFunction
    config: DictConfig
    log: Path | None

    @property
    def workers(self) -> Workers:
        """The processes, which may also plan the sweep before they run its cells."""


@dataclass(frozen=True)
class _Numbered:
    """A cell and its number in the sweep."""

    number: int
    job: Job


@dataclass(frozen=True)
class _Ended:
    """The result of a cell: the value of its job, or the exception that ended it."""

    of: _Numbered
    value: object = None
    error: Exception | None = None

    def as_return(self) -> JobReturn:
        """Return the result as Hydra's `JobReturn`."""
        status = JobStatus.COMPLETED if self.error is None else JobStatus.FAILED
        found = JobReturn(overrides=self.of.job.overrides, status=status)
        found.return_value = self.value if self.error is None else self.error
        return found


def workers_of(jobs: object) -> Workers:
    """Return the processes that `hydra.launcher.jobs` asks for.

    Raises:
        StudyError: when it is no number of processes.
    """
    if not isinstance(jobs, int) or isinstance(jobs, bool) or jobs < -1 or jobs == 0:
        raise StudyError(f"hydra.launcher.jobs={jobs}: write the number of processes, 1 or more, or -1 for one a core")
    return Workers(jobs)


def launch(plugin: Pool, overrides: Sequence[Sequence[str]], first: int) -> list[JobReturn]:
    """Run cells for a sweeper other than `grids`.

    Args:
        plugin: how.
        overrides: what is typed for each.
        first: number of the first one in the sweep.
    """
    name = str(plugin.config.sweep.name)
    with plugin.workers:
        return launched(plugin, [Job.of(name, texts) for texts in overrides], first, plugin.log)


def launched(plugin: Pool, jobs: Sequence[Job], first: int, log: Path | None) -> list[JobReturn]:
    """Run cells in the plugin's processes; a failed cell does not stop the others.

    Args:
        plugin: how.
        jobs: the cells.
        first: number of the first one in the sweep.
        log: gets a line a cell, while the terminal shows how far the sweep is; None for the error stream.
    """
    setup_globals()
    console = Console()
    items = [_Numbered(first + place, job) for place, job in enumerate(jobs)]
    board: Board | None = None
    config = plugin.config.copy()
    if log is not None:
        _check_log(log)
        with open_dict(config):
            config.hydra.job_logging = _into(log)
        console.print(f"A line a cell goes to {log}", highlight=False, soft_wrap=True, markup=False)
    run = partial(_run, composing=Composing(plugin.hydra_context, config), task=plugin.task_function)
    ended: dict[_Numbered, _Ended] = {}
    workers = plugin.workers if len(items) > 1 else Workers(1)
    with contextlib.ExitStack() as stack:
        if log is not None:
            board = stack.enter_context(Board(jobs, workers.count, console))
        begun = (lambda item: board.begun(item.job)) if board is not None else (lambda _: None)
        for one in workers.each(run, items, lost=_lost, begun=begun):
            ended[one.of] = one
            if board is not None:
                board.ended(one.of.job, one.error is not None)
    configure_log(plugin.config.hydra.hydra_logging, plugin.config.hydra.verbose)
    return [ended[item].as_return() for item in items]


def _check_log(log: Path) -> None:
    """Make the folder of a log, and refuse a log that cannot be written.

    Raises:
        StudyError: naming it.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("a"):
            pass
    except OSError as error:
        raise StudyError(
            f"the log {log} cannot be written ({error.strerror}): name another by hydra.launcher.log=FILE"
        ) from error


def outcome(result: JobReturn) -> tuple[object, Exception | None]:
    """Return the value of a Hydra job and its exception; one of the two is None."""
    try:
        with contextlib.redirect_stderr(io.StringIO()):  # Hydra prints the overrides of a failed job
            return result.return_value, None
    except Exception as error:
        return None, error


def _run(item: _Numbered, composing: Composing, task: TaskFunction) -> _Ended:
    """Run one cell, in a worker process."""
    logging.raiseExceptions = False  # on a full disk a line is lost; Python would print a traceback for each
    try:
        with composer():
            cfg = as_job(composed_with_hydra(item.job, composing), item.number, item.job.overrides, composing.config)
            result = run_job(
                task_function=task,
                config=cfg,
                job_dir_key="hydra.sweep.dir",
                job_subdir_key="hydra.sweep.subdir",
                hydra_context=composing.context,
            )
        return _Ended(item, *outcome(result))
    except Exception as error:
        return _Ended(item, error=error)


def _lost(item: _Numbered, error: Exception) -> _Ended:
    return _Ended(item, error=error)


def _into(log: Path) -> object:
    """Return the logging of jobs whose lines are appended to a file, whole lines at a time."""
    return OmegaConf.create(
        {
            "version": 1,
            "formatters": {"simple": {"format": "%(asctime)s %(message)s", "datefmt": "%H:%M:%S"}},
            "handlers": {"file": {"class": "logging.FileHandler", "formatter": "simple", "filename": str(log)}},
            "root": {"level": "WARNING", "handlers": ["file"]},
            "loggers": {"study": {"level": "INFO"}},
            "disable_existing_loggers": False,
        }
    )
