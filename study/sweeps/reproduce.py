"""`python -m study.reproduce PROFILE`: run a profile's cells, skip what is finished, show how far it is."""

from __future__ import annotations

import argparse
import logging
import shlex
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from study.command import tell_failed
from study.common.steps import Steps
from study.errors import said
from study.records import by_cause
from study.run import run_cell
from study.stores import store_of_profile
from study.sweeps.board import Board
from study.sweeps.grid import Job
from study.sweeps.missing_data import fetched, runnable
from study.sweeps.outstanding import outstanding
from study.sweeps.plan import composed, planned, tracked
from study.sweeps.profile import profile
from study.sweeps.workers import Workers

console = Console()


def main() -> int:
    """Run a profile; return 0 when every cell that can be run here is finished."""
    parser = argparse.ArgumentParser(prog="python -m study.reproduce", description=__doc__)
    parser.add_argument("profile", nargs="?", default="paper", help="a file in conf/profile/ (default: paper)")
    parser.add_argument("--jobs", type=int, default=-1, help="worker processes (default: one a core)")
    parser.add_argument("--outputs", type=Path, help="folder of the outputs (default: outputs/ in the checkout)")
    parser.add_argument("--check", action="store_true", help="read every finished cell's files and compare digests")
    parser.add_argument("--offline", action="store_true", help="do not download data that are not at hand")
    arguments = parser.parse_args()
    if arguments.jobs < -1 or arguments.jobs == 0:
        parser.error(f"--jobs {arguments.jobs}: 1 or more, or -1 for one a core")
    return reproduce(arguments.profile, arguments.jobs, arguments.outputs, arguments.check, arguments.offline)


def reproduce(
    name: str, workers: int = -1, folder: Path | None = None, check: bool = False, offline: bool = False
) -> int:
    """Run the cells of a profile that are not finished; finished is what the analysis can read.

    Args:
        name: of the profile.
        workers: worker processes; -1 for one a core.
        folder: of the outputs; None for that of the configuration.
        check: whether every finished cell's files are read and compared; else each is looked at.
        offline: leave out what lacks data, instead of downloading them.
    """
    grids = [g.into(folder) if folder else g for g in profile(name)]
    cfg, outputs = tracked(grids[0])
    store = store_of_profile(name, cfg)
    absent = fetched(grids, console, offline)
    for population in {p for g in grids for p in g.populations}:
        store.note_not_run(population, absent.get(population))
    left = runnable(grids, absent)
    for cause, names in by_cause(absent).items():
        console.print(f"[yellow]Left out:[/yellow] {names}: {escape(cause)}", highlight=False, soft_wrap=True)
    try:
        with Workers(workers) as pool:
            with Steps(console) as step:
                step("Reading the plan: data, keys, what is finished")
                by_key = planned(left, outputs, pool)
                todo = outstanding(store, by_key, check)
            counts = f"{len(by_key)} cells in {len(left)} grids, {len(todo.finished)} finished"
            console.print(f"Profile {name}: {counts}, {len(todo.cells)} to run")
            todo.tell(console)
            failed = run_all(todo.jobs, pool, outputs / "logs" / f"{name}.log") if todo.jobs else []
    finally:
        store.close_killed()  # those of workers that were lost, or stopped from the keyboard
    tell_failed(failed, console)
    if failed:
        console.print(
            f"{len(failed)} cells failed; see {outputs / 'logs' / f'{name}.log'} and the failed runs in the UI.",
            soft_wrap=True,
        )
        again = f"make reproduce PROFILE={name}"
        if folder is not None:
            again = shlex.join(["python", "-m", "study.reproduce", name, "--outputs", str(folder)])
        console.print(f"The same command runs just those again: {escape(again)}", highlight=False, soft_wrap=True)
    return 1 if failed else 0


def run_all(todo: list[Job], pool: Workers, log: Path) -> list[tuple[Job, str]]:
    """Run cells in the pool's processes and show what these are at; return those that failed, with the reason."""
    failed = []
    log.parent.mkdir(parents=True, exist_ok=True)
    console.print(f"A line a cell goes to {log}", highlight=False, soft_wrap=True, markup=False)
    with Board(todo, pool.count, console) as board:
        for job, reason in pool.each(partial(run_job, log=log), todo, lost=_lost, begun=board.begun):
            failed += [] if reason is None else [(job, reason)]
            board.ended(job, reason is not None)
    return failed


def run_job(job: Job, log: Path) -> tuple[Job, str | None]:
    """Run one cell, a line to the log; return why it failed, if it did."""
    try:
        write_to(log)
        run_cell(composed(job), alone=False)
    except Exception as error:
        logging.getLogger("study").exception("%s: failed", job)
        return job, said(error)
    return job, None


def _lost(job: Job, error: Exception) -> tuple[Job, str | None]:
    return job, str(error)


def write_to(log: Path) -> None:
    """Let this process append its messages to a log, whole lines at a time."""
    study = logging.getLogger("study")
    if any(isinstance(h, logging.FileHandler) and h.baseFilename == str(log.absolute()) for h in study.handlers):
        return
    handler = logging.FileHandler(log)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", datefmt="%H:%M:%S"))
    logging.raiseExceptions = False  # on a full disk a line is lost; Python would print a traceback for each
    study.addHandler(handler)
    study.setLevel(logging.INFO)
