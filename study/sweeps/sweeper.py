"""Runs a sweep for Hydra: finds the cells that are not finished, launches them, and notes the failures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from hydra.core.utils import JobReturn
from rich.console import Console
from rich.markup import escape

from study.common.errors import said
from study.common.steps import Steps
from study.records import by_cause
from study.sweeps import report
from study.sweeps.composing import Composing
from study.sweeps.grid import Grid, Job, counted
from study.sweeps.launcher import Pool, launched, outcome
from study.sweeps.missing_data import fetched, runnable
from study.sweeps.outstanding import outstanding
from study.sweeps.plan import composed, planned
from study.sweeps.wanted import Asked, profile_of
from study.sweeps.workers import Workers
from study.tracking import Store
from study.tracking.stores import located, store_of, store_of_profile


@dataclass(frozen=True)
class _Sweep:
    """A sweep: its settings, its store and its launcher."""

    plugin: Asked
    console: Console

    @cached_property
    def profile(self) -> str | None:
        """The name of the profile; None for a sweep of another kind."""
        return profile_of(self.plugin.config)

    @cached_property
    def composing(self) -> Composing:
        return Composing(self.plugin.hydra_context, self.plugin.config)

    @cached_property
    def store(self) -> Store | None:
        cfg = located(self.plugin.config, Path.cwd())
        return store_of(cfg) if self.profile is None else store_of_profile(self.profile, cfg)

    @cached_property
    def outputs(self) -> Path:
        return Path(located(self.plugin.config, Path.cwd()).paths.outputs)

    def available(self, wanted: list[Grid]) -> list[Grid]:
        """Return the grids of a profile without the populations whose data are missing, which the store notes."""
        absent = fetched(wanted, self.console, self.plugin.offline)
        if self.store is not None:
            for population in {p for grid in wanted for p in grid.populations}:
                self.store.note_not_run(population, absent.get(population))
        for cause, names in by_cause(absent).items():
            self.console.print(f"[yellow]Left out:[/yellow] {names}: {escape(cause)}", highlight=False, soft_wrap=True)
        return runnable(wanted, absent)


def sweep(plugin: Asked, wanted: list[Grid]) -> list[Sequence[JobReturn]]:
    """Run the unfinished cells of a sweep; a cell is finished if the analysis can read it.

    Args:
        plugin: the sweeper, with its settings and its launcher.
        wanted: the grids, `study.sweeps.wanted`.

    Returns:
        The launcher's results, one list a batch; `report` also gets the failures.
    """
    asked = _Sweep(plugin, Console())
    _validate(wanted, asked)
    if asked.profile is not None:
        wanted = asked.available(wanted)
    with plugin.launcher.workers if isinstance(plugin.launcher, Pool) else Workers(1) as workers:
        try:
            return _launched(_todo(wanted, asked, workers), asked)
        finally:
            if asked.store is not None:
                asked.store.close_killed()  # runs of workers that were lost, or stopped from the keyboard


def _validate(wanted: list[Grid], asked: _Sweep) -> None:
    """Compose some cells that together have every value, so that a mistake is refused before any cell runs.

    For a profile one cell is enough: tests check its file, and every cell has the typed settings.
    """
    seen = set[str]()
    for job in wanted[0].jobs():
        if not seen.issuperset(job.overrides):
            composed(job, asked.composing)
            seen.update(job.overrides)
        if asked.profile is not None:
            return


def _todo(wanted: list[Grid], asked: _Sweep, workers: Workers) -> list[Job]:
    """Return the cells to run, print their number, and note the runs of the others."""
    if asked.store is None or asked.plugin.config.run.force:
        return [job for grid in wanted for job in grid.jobs()]
    several = len({name for grid in wanted for name in grid.populations}) > 1  # one is not worth starting processes for
    with Steps(asked.console if asked.profile else None) as step:
        step("Reading the plan: data, keys, what is finished")
        by_key = planned(wanted, asked.outputs, workers if several else None, asked.composing)
        todo = outstanding(asked.store, by_key, asked.plugin.check)
    if asked.profile is not None:
        counts = f"{counted(len(by_key), 'cell')} in {counted(len(wanted), 'grid')}, {len(todo.finished)} finished"
        asked.console.print(f"Profile {asked.profile}: {counts}, {len(todo.cells)} to run")
    elif todo.finished:
        asked.console.print(f"Finished, and skipped: {len(todo.finished)} of {len(by_key)} cells", highlight=False)
    todo.tell(asked.console)
    report.note_runs(todo.finished.values())
    return todo.jobs


def _launched(todo: list[Job], asked: _Sweep) -> list[Sequence[JobReturn]]:
    """Run cells by the launcher, and note the failures."""
    launcher, size = asked.plugin.launcher, asked.plugin.max_batch_size or len(todo)
    found: list[Sequence[JobReturn]] = []
    failed: list[tuple[str, str]] = []
    for begin in range(0, len(todo), max(1, size)):
        batch = todo[begin : begin + size]
        if isinstance(launcher, Pool):
            name = asked.profile or ("sweep" if asked.console.is_interactive else None)
            file = launcher.log or (asked.outputs / "logs" / f"{name}.log" if name else None)
            results: Sequence[JobReturn] = launched(launcher, batch, begin, file)
        else:
            results = launcher.launch([list(job.overrides) for job in batch], initial_job_idx=begin)
        for job, result in zip(batch, results, strict=True):
            if (error := outcome(result)[1]) is not None:
                failed.append((str(job), said(error)))
        found.append(results)
    report.note_failures(failed)
    return found
