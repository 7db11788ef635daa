"""Finished cells and networks from one tracking store to another: `python -m study.move --from URI --to URI`.

As from the SQLite file of one machine to a server, from a server back to a file, or from several files into one. What
is there already is left alone, so the command can be stopped and given again. What failed stays behind.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from study.command import exit_code
from study.errors import StudyError
from study.records import TAG
from study.tracking import Store, alive, lookup
from study.tracking.artefacts import is_whole
from study.tracking.database import patiently, sqlite_file
from study.tracking.runs import PARAMS_A_BATCH, Runs
from study.tracking.standing import Standing
from study.tracking.store import NETWORK_FILE, TABLE_FILES

if TYPE_CHECKING:
    from mlflow.entities import Run

AT_ONCE = 4
"""Runs that are copied at the same time; most of it is waiting for a server."""
METRICS_A_BATCH = 1000
"""Values that MLflow takes in one call."""


@dataclass(frozen=True)
class Kind:
    """A kind of run that is copied.

    Attributes:
        name: value of the tag `kind`.
        key: tag that says what the run holds.
        digest: tag whose value the manifest of its files repeats.
        needed: files without which it is not whole.
    """

    name: str
    key: str
    digest: str
    needed: frozenset[str]


KINDS = (
    Kind("network", "network_key", "network_digest", frozenset({NETWORK_FILE})),
    Kind("cell", "key", "tables_digest", frozenset(TABLE_FILES)),
)


def move(source: Store, target: Store, console: Console) -> int:
    """Copy what the target lacks; return how many cells and networks were not copied since their files are harmed.

    Raises:
        StudyError: when there is no source, it is the target, or files did not arrive as they were.
    """
    file = sqlite_file(source.uri)
    if file is not None and not file.exists():
        raise StudyError(f"there is no tracking store {file}")
    if (source.uri, source.experiment) == (target.uri, target.experiment):
        raise StudyError(f"--from and --to are one and the same store, {source.uri}")
    origin, goal = source.standing(), target.standing()
    target.close_killed()  # what an interrupted copy has left
    harmed = 0
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    for kind in KINDS:
        here, there = finished(origin.runs, kind), finished(goal.runs, kind)
        todo = [runs for key, runs in here.items() if key not in there]
        console.print(f"{kind.name}s: {len(here)}, of which {len(here) - len(todo)} are there already")
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar, ThreadPoolExecutor(AT_ONCE) as pool:
            task = bar.add_task(f"{kind.name}s", total=len(todo))
            try:
                for done in pool.map(partial(copy_one, origin.runs, goal, kind), todo):
                    harmed += not done
                    bar.advance(task)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    copy_notes(origin.runs, target)
    return harmed


def finished(runs: Runs, kind: Kind) -> dict[str, list[str]]:
    """Return key -> its finished runs, newest first."""
    found: dict[str, list[str]] = {}
    wanted = {"status": "finished", "kind": kind.name}
    for run, key in lookup.runs_with(runs.uri, runs.experiment, wanted, kind.key).items():
        found.setdefault(key, []).append(run)
    return found


def copy_one(origin: Runs, goal: Standing, kind: Kind, runs: list[str]) -> bool:
    """Copy the first of a cell's (or network's) runs whose files are unharmed; say whether there is one."""
    for run in runs:
        found = origin.client.get_run(run)
        with origin.reading(run) as folder:
            if is_whole(folder, found.data.tags[TAG + kind.digest], set(kind.needed)):
                _copy(origin, goal, found, folder)
                return True
    return False


def _copy(origin: Runs, goal: Standing, found: Run, folder: Path) -> None:
    """Copy one run: like one that is recorded, it counts only when all its files are there, read back and compared."""
    from mlflow.entities import Param, RunTag

    to, tags = goal.runs, found.data.tags
    new = patiently(
        to.client.create_run,
        to.experiment,
        start_time=found.info.start_time,
        tags=tags | {f"{TAG}status": "running", f"{TAG}worker": alive.own(goal.locks)},
        run_name=found.info.run_name,
    ).info.run_id
    with to.recording(new):
        with to.writing(new) as written:
            shutil.copytree(folder, written, dirs_exist_ok=True)
        with to.reading(new) as arrived:
            if differing := contents(folder) ^ contents(arrived):
                names = ", ".join(sorted({path for path, _ in differing}))
                raise StudyError(f"{found.info.run_name}: {names} did not arrive in {to.uri} as they were")
        metrics = [m for name in found.data.metrics for m in origin.client.get_metric_history(found.info.run_id, name)]
        params = [Param(name, value) for name, value in found.data.params.items()]
        for at in range(0, len(metrics), METRICS_A_BATCH):
            patiently(to.client.log_batch, new, metrics=metrics[at : at + METRICS_A_BATCH])
        for at in range(0, len(params), PARAMS_A_BATCH):
            patiently(to.client.log_batch, new, params=params[at : at + PARAMS_A_BATCH])
        if found.inputs is not None and found.inputs.dataset_inputs:
            patiently(to.client.log_inputs, new, datasets=found.inputs.dataset_inputs)
        patiently(to.client.set_terminated, new, found.info.status, found.info.end_time)
        last = [RunTag(name, tags[name]) for name in (f"{TAG}worker", f"{TAG}status") if name in tags]
        patiently(to.client.log_batch, new, tags=last)


def contents(folder: Path) -> set[tuple[str, str]]:
    """Return path and SHA-256 of every file of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {(path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files}


def copy_notes(origin: Runs, target: Store) -> None:
    """Copy why populations were not run, for those of which the target has no cell."""
    goal = target.standing().runs
    ran = set(lookup.runs_with(goal.uri, goal.experiment, {"kind": "cell"}, "population").values())
    prefix = f"{TAG}not_run."
    for name, reason in origin.client.get_experiment(origin.experiment).tags.items():
        if name.startswith(prefix) and name.removeprefix(prefix) not in ran:
            target.note_not_run(name.removeprefix(prefix), reason)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and copy; return 1 when something harmed was left out."""
    parser = argparse.ArgumentParser(prog="python -m study.move", description=(__doc__ or "").split("\n\n", 1)[1])
    parser.add_argument("--from", dest="source", required=True, help="store, as in sqlite:///outputs/mlflow/mlflow.db")
    parser.add_argument("--to", dest="target", required=True, help="store, as in http://127.0.0.1:5000")
    parser.add_argument("--experiment", default="incredible_shrinking_network", help="in both (default: %(default)s)")
    asked, console = parser.parse_args(arguments), Console(stderr=True)
    harmed = move(Store(asked.source, asked.experiment), Store(asked.target, asked.experiment), console)
    if harmed:
        console.print(f"{harmed} were not copied: their files are not what they were when they were recorded")
    return 1 if harmed else 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
