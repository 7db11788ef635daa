"""`python -m study.reproduce PROFILE`: run a profile's sweeps, skip what is finished, show how far it is."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from study.errors import StudyError
from study.plans import Sweep, planned_keys, profile, tracked, unavailable
from study.run import store_of
from study.tracking import Store

console = Console()


def main() -> int:
    """Run a profile; return 0 when every cell that can be run here is finished."""
    parser = argparse.ArgumentParser(prog="python -m study.reproduce", description=__doc__)
    parser.add_argument("profile", nargs="?", default="paper", help="a file in conf/profile/ (default: paper)")
    parser.add_argument("--jobs", type=int, default=-1, help="worker processes (default: one a core)")
    arguments = parser.parse_args()
    try:
        return reproduce(arguments.profile, arguments.jobs)
    except StudyError as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        return 2


def reproduce(name: str, jobs: int = -1) -> int:
    """Run the sweeps of a profile one after the other.

    Args:
        name: of the profile.
        jobs: worker processes; -1 for one a core.
    """
    sweeps = profile(name)
    cfg, outputs = tracked(sweeps[0].name)
    store = store_of(cfg)
    assert store is not None, "a profile is recorded"
    absent = unavailable(sweeps)
    for population in {p for s in sweeps for p in s.populations}:
        store.note_not_run(population, absent.get(population))
    left = [s for s in (sweep.without(set(absent)) for sweep in sweeps) if s is not None]
    if absent:
        console.print(f"[yellow]Not run, for want of data:[/yellow] {', '.join(absent)}", highlight=False)
        for reason in dict.fromkeys(absent.values()):
            console.print(f"  {reason}", highlight=False)
    with console.status("Reading the plan: data, keys, what is finished"):
        planned = planned_keys(left, outputs)
        finished = store.finished_keys()
    total = len(set().union(*planned.values()))
    todo = sum(len(keys - finished) for keys in planned.values())
    console.print(f"Profile {name}: {total} cells in {len(left)} sweeps, {total - todo} finished before, {todo} to run")
    if not todo:
        return 0
    failed = {}
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=console, refresh_per_second=2, speed_estimate_period=600) as bar:
        task = bar.add_task("cells", total=todo)
        before = 0
        for sweep in left:
            if planned[sweep.name] <= finished:
                continue
            bar.update(task, description=f"sweep {sweep.name}")
            log = outputs / "logs" / f"{sweep.name}.log"
            _run(sweep, jobs, log, store, bar, task, planned[sweep.name] - finished, before)
            now = store.finished_keys()
            before += len((planned[sweep.name] - finished) & now)
            if lost := planned[sweep.name] - now:
                failed[sweep.name] = (len(lost), log)
    for sweep_name, (n, log) in failed.items():
        console.print(f"[red]Sweep {sweep_name}: {n} cells are not finished; see {log} and the failed runs in the UI")
    if failed:
        console.print(f"The same command runs just those again: make reproduce PROFILE={name}")
    return 1 if failed else 0


def _run(
    sweep: Sweep,
    jobs: int,
    log: Path,
    store: Store,
    bar: Progress,
    task: object,
    keys: set[str],
    before: int,
) -> None:
    """Start the sweep's multirun in a process of its own and move the bar as its cells get finished."""
    log.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "study", "-m", f"+sweep={sweep.name}", f"hydra.launcher.n_jobs={jobs}"]
    command += [f"hydra.sweeper.params.population='{sweep.params['population']}'"]
    with log.open("a") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            while process.poll() is None:
                time.sleep(1)
                bar.update(task, completed=before + len(keys & store.finished_keys()))  # type: ignore[arg-type]
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
    bar.update(task, completed=before + len(keys & store.finished_keys()))  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
