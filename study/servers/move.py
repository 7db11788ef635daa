"""Finished cells and networks from one tracking store to another: `python -m study.move --from URI --to URI`.

As from the SQLite file of one machine to a server, from a server back to a file, or from several files into one. What
is there already is left alone, so the command can be stopped and given again. What failed stays behind.

Of a run, the files are copied that its manifest names, no others, and none through a link: a store may come from
somebody else. A run that is damaged, or has a link among its files, is left out and named; the others are copied.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from study.common.errors import StudyError, said
from study.records import TAG
from study.tracking import Store, inspection, liveness, lookup
from study.tracking.artefacts import MANIFEST
from study.tracking.database import patiently, sqlite_file
from study.tracking.inspection import CELL, NETWORK, Kind
from study.tracking.manifest import DamagedError, beside, content, counting, no_links
from study.tracking.runs import PARAMS_A_BATCH, Runs
from study.tracking.statuses import Statuses

if TYPE_CHECKING:
    from mlflow.entities import Run

AT_ONCE = 4
"""Runs that are copied at the same time; most of it is waiting for a server."""
METRICS_A_BATCH = 1000
"""Values that MLflow takes in one call."""
SHOWN = 20
"""Runs that were left out which are named, at most."""
REFUSED = ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "RESOURCE_DOES_NOT_EXIST", "DATA_LOSS")
"""What MLflow says of a run that it cannot take, or give; whatever else it says stops the copy."""


def move(source: Store, target: Store, console: Console) -> int:
    """Copy the runs that the target lacks; print the cells and networks left out, and return their number.

    Raises:
        StudyError: when there is no source, it is the target, its files lie behind a link, or files did not arrive as
            they were.
    """
    file = sqlite_file(source.uri)
    if file is not None and not file.exists():
        raise StudyError(f"there is no tracking store {file}")
    if (source.uri, source.experiment) == (target.uri, target.experiment):
        raise StudyError(f"--from and --to are one and the same store, {source.uri}")
    if file is not None and source.artifacts is not None and source.artifacts.is_symlink():
        raise StudyError(
            f"{source.artifacts} is a link, which is not followed: where the folder that it leads to is that of the "
            "store's files, name it with --artifacts FOLDER"
        )
    origin, goal = source.statuses(), target.statuses()
    target.close_killed()  # what an interrupted copy has left
    left: dict[str, str] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    for kind in (NETWORK, CELL):
        here, there = finished(origin.runs, kind), _there(goal.runs, kind)
        todo = [runs for key, runs in here.items() if key not in there]
        console.print(f"{kind.name}s: {len(here)}, of which {len(here) - len(todo)} are there already")
        with Progress(*columns, TimeRemainingColumn(), console=console) as bar, ThreadPoolExecutor(AT_ONCE) as pool:
            task = bar.add_task(f"{kind.name}s", total=len(todo))
            try:
                for bad in pool.map(partial(copy_one, origin.runs, goal, kind), todo):
                    left |= bad
                    bar.advance(task)
            except BaseException:
                pool.shutdown(cancel_futures=True)
                raise
    copy_notes(origin.runs, target)
    if left:
        console.print(f"{len(left)} were not copied: their files are not what they were when they were recorded")
    for name, reason in list(left.items())[:SHOWN]:
        console.print(f"[red]left out[/red] {escape(f'{name}: {reason}')}", highlight=False, soft_wrap=True)
    return len(left)


def _there(runs: Runs, kind: Kind) -> set[str]:
    """Return the keys that need not be copied; behind a server no file is looked at."""
    return set(finished(runs, kind)) if runs.folder is None else set(inspection.inspect(runs, kind).whole)


def finished(runs: Runs, kind: Kind) -> dict[str, list[str]]:
    """Return key -> its finished runs, newest first."""
    found: dict[str, list[str]] = {}
    wanted = {"status": "finished", "kind": kind.name}
    for run, key in lookup.runs_with(runs.uri, runs.experiment, wanted, kind.key).items():
        found.setdefault(key, []).append(run)
    return found


def copy_one(origin: Runs, goal: Statuses, kind: Kind, runs: list[str]) -> dict[str, str]:
    """Copy the first of a cell's (or network's) runs that is whole; return name -> reason where there is none."""
    from mlflow.exceptions import MlflowException

    reasons: dict[str, str] = {}
    for run in runs:
        name = run
        try:
            found = origin.client.get_run(run)
            name = f"{found.info.run_name} ({kind.name}, run {run})"
            _copy(origin, goal, found, files_of(origin, kind, found))
            return {}
        except DamagedError as error:
            reasons[name] = said(error)
        except StudyError:
            raise
        except MlflowException as error:
            if error.error_code not in REFUSED:
                raise
            reasons[name] = said(error)
        except (KeyError, TypeError, ValueError) as error:  # what the store says of the run cannot be so
            reasons[name] = said(error)
    return dict([next(iter(reasons.items()))])


def files_of(origin: Runs, kind: Kind, found: Run) -> dict[str, bytes]:
    """Return path -> content of the files to copy of a run: those in its manifest, and the manifest.

    Raises:
        DamagedError: when it is not as it was written, or there is a link in the run's folder.
    """
    with origin.reading(found.info.run_id) as folder:
        no_links(folder)
        digest = found.data.tags[TAG + kind.digest]
        files = inspection.contents(folder, kind, digest)
        return files | beside(folder) | {MANIFEST: counting(partial(content, folder), digest)}


def _copy(origin: Runs, goal: Statuses, found: Run, files: Mapping[str, bytes]) -> None:
    """Copy one run: like one that is recorded, it counts only when all its files are there, read back and compared."""
    from mlflow.entities import Param, RunTag

    to, tags = goal.runs, found.data.tags
    new = patiently(
        to.client.create_run,
        to.experiment,
        start_time=found.info.start_time,
        tags=tags | {f"{TAG}status": "running", f"{TAG}worker": liveness.own(goal.locks)},
        run_name=found.info.run_name,
    ).info.run_id
    with to.recording(new):
        with to.writing(new) as written:
            write(written, files)
        with to.reading(new) as arrived:
            sent = {(path, hashlib.sha256(of_path).hexdigest()) for path, of_path in files.items()}
            if differing := sent ^ contents(arrived):
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


def write(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder."""
    for path, of_path in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(of_path)


def contents(folder: Path) -> set[tuple[str, str]]:
    """Return path and SHA-256 of every file of a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {(path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in files}


def copy_notes(origin: Runs, target: Store) -> None:
    """Copy why populations were not run, for those of which the target has no cell."""
    goal = target.statuses().runs
    ran = set(lookup.runs_with(goal.uri, goal.experiment, {"kind": "cell"}, "population").values())
    prefix = f"{TAG}not_run."
    for name, reason in origin.client.get_experiment(origin.experiment).tags.items():
        if name.startswith(prefix) and name.removeprefix(prefix) not in ran:
            target.note_not_run(name.removeprefix(prefix), reason)


def main(arguments: list[str] | None = None) -> int:
    """Read the command line and copy; return 1 when a run was left out."""
    parser = argparse.ArgumentParser(prog="python -m study.move", description=(__doc__ or "").split("\n\n", 1)[1])
    parser.add_argument("--from", dest="source", required=True, help="store, as in sqlite:///outputs/mlflow/mlflow.db")
    parser.add_argument("--to", dest="target", required=True, help="store, as in http://127.0.0.1:5000")
    parser.add_argument("--experiment", default="incredible_shrinking_network", help="in both (default: %(default)s)")
    parser.add_argument(
        "--artifacts", type=Path, help="folder of the runs' files of an SQLite file (default: artifacts beside it)"
    )
    asked, console = parser.parse_args(arguments), Console(stderr=True)
    source = Store(asked.source, asked.experiment, asked.artifacts)
    return 1 if move(source, Store(asked.target, asked.experiment), console) else 0
