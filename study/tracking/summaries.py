"""Summary runs, each for many cells, in an experiment of their own: the starting point in the UI.

The analysis writes them: it knows the medians and what they mean, this module how they are kept. A summary whose
content is there already is left alone, one that has changed takes the place of its predecessor.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from study.common.errors import StudyError
from study.records import TAG
from study.tracking import database, lookup, mlflow_internals
from study.tracking.database import patiently
from study.tracking.locks import lock, locks_beside
from study.tracking.mlflow_internals import COLOUR, HIDDEN, KIND, NOTE
from study.tracking.record import check_tags, thinned
from study.tracking.runs import Runs
from study.tracking.views import View

KIND_OF_RUN = "summary"
ORDER = "order"
"""Tag that holds a summary's place in the list."""
BUILT_FROM = f"{HIDDEN}{TAG}built_from"
"""Tag of the experiment; the UI does not show it."""
RUN = "{run}"
"""Stands for the run's id in its description."""


def name_of(experiment: str) -> str:
    """Return the name of the experiment that sums up another one."""
    return f"start here: {experiment}"


@dataclass(frozen=True)
class Summary:
    """Many cells as one run.

    Attributes:
        name: of the run.
        tags: by the names of `study.records.RUN_TAGS`, without the prefix; no two summaries have the same.
        metrics: scalars.
        curves: lists of (units removed, value), thinned to 25 steps each.
        description: in Markdown; `{run}` stands for the run's id.
        files: artefacts: path in the run -> file that is copied there.
        colour: of its lines in charts, as "#0072B2"; "" leaves it to the UI.
    """

    name: str
    tags: Mapping[str, str]
    metrics: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, list[tuple[int, float]]] = field(default_factory=dict)
    description: str = ""
    files: Mapping[str, Path] = field(default_factory=dict)
    colour: str = ""

    def __post_init__(self) -> None:
        check_tags(self.tags)

    @property
    def key(self) -> str:
        """A SHA-256 over all of it, the files' content included."""
        content = asdict(self) | {"files": {name: _sha256(file) for name, file in sorted(self.files.items())}}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Summaries:
    """The summaries beside the cells of a tracking store that exists.

    Attributes:
        uri: of the store.
        cells: name of the experiment of the cells.
        artifacts: folder of the runs' files; None for that of the cells.
    """

    uri: str
    cells: str
    artifacts: Path | None = None

    @property
    def client(self) -> Any:
        """This process's client."""
        return database.client(self.uri)

    @property
    def experiment(self) -> str | None:
        """Id of their experiment; None where nothing was summed up."""
        found = self._found()
        return found.experiment_id if found is not None else None

    def ids(self) -> tuple[str, str]:
        """Return the ids of the experiment of the cells and of their own, which is made where it is not there."""
        return self.client.get_experiment_by_name(self.cells).experiment_id, self._create()

    @property
    def built_from(self) -> str | None:
        """The `built_from` of the last `write`; None where there are no summaries."""
        found = self._found()
        return found.tags.get(BUILT_FROM) if found is not None else None

    def relocate(self) -> None:
        """Point the runs at their files where the store was moved together with them."""
        if (file := database.sqlite_file(self.uri)) is not None and self.experiment is not None:
            mlflow_internals.relocate(file, self.experiment, self._folder(file))

    def write(self, summaries: Sequence[Summary], description: str, views: Mapping[str, View], built_from: str) -> int:
        """Write changed summaries, remove obsolete ones, and return the number of runs written.

        Args:
            summaries: all that there are to be.
            description: of their experiment, in Markdown.
            views: saved views of it, by key.
            built_from: fingerprint of what they were made from.

        Raises:
            StudyError: when the store cannot be written to, or the experiment was deleted in the UI.
        """
        with self._lock():
            experiment = self._create()
            of_kind = {"kind": KIND_OF_RUN}
            finished = lookup.runs_with(self.uri, experiment, of_kind | {"status": "finished"}, "key")
            wanted = {summary.key: summary for summary in summaries}
            kept = {key: run for run, key in finished.items() if key in wanted}
            gone = set(lookup.runs_with(self.uri, experiment, of_kind, "key")) - set(kept.values())
            runs = self._runs(experiment)
            placed = lookup.runs_with(self.uri, experiment, of_kind, "order")
            for place, (key, summary) in enumerate(wanted.items()):
                if key not in kept:
                    _record(runs, key, f"{place:04}", summary)
                elif placed.get(kept[key]) != f"{place:04}":
                    patiently(self.client.set_tag, kept[key], f"{TAG}{ORDER}", f"{place:04}")
            for run in gone:
                self._remove(run)
            tags = {NOTE: description, BUILT_FROM: built_from} | dict(
                view.tag(key, made) for made, (key, view) in enumerate(views.items())
            )
            for name, value in tags.items():
                patiently(self.client.set_experiment_tag, experiment, name, value)
        return len(wanted) - len(kept)

    def _found(self) -> Any:
        """Return their experiment; None where nothing was summed up, or it is deleted."""
        found = self.client.get_experiment_by_name(name_of(self.cells))
        return found if found is not None and found.lifecycle_stage == "active" else None

    def _create(self) -> str:
        file = database.sqlite_file(self.uri)
        name = name_of(self.cells)
        try:
            found = self.client.get_experiment_by_name(name)
            if found is None:
                return patiently(
                    self.client.create_experiment,
                    name,
                    artifact_location=str(self._folder(file)) if file is not None else None,
                    tags=KIND,
                )
        except Exception as error:
            raise StudyError(f"the store {self.uri} cannot be written to ({type(error).__name__}: {error})") from error
        if found.lifecycle_stage != "active":
            raise StudyError(f"the experiment {name!r} in {self.uri} is deleted; restore it in the UI")
        self.relocate()
        return found.experiment_id

    def _runs(self, experiment: str) -> Runs:
        file = database.sqlite_file(self.uri)
        return Runs(self.uri, experiment, self._folder(file) if file is not None else None)

    def _folder(self, file: Path) -> Path:
        return self.artifacts or file.parent / "artifacts"

    def _remove(self, run: str) -> None:
        patiently(self.client.delete_run, run)
        if (file := database.sqlite_file(self.uri)) is not None:
            shutil.rmtree(self._folder(file) / run, ignore_errors=True)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        """Keep other processes of this machine from writing them at the same time."""
        file = database.sqlite_file(self.uri)
        if file is None:
            yield
            return
        with lock(locks_beside(file), "summaries"):
            yield


def _record(runs: Runs, key: str, place: str, summary: Summary) -> None:
    known = {**summary.tags, "kind": KIND_OF_RUN, "key": key, ORDER: place}
    tags = {TAG + name: value for name, value in known.items()}
    tags |= {COLOUR: summary.colour} if summary.colour else {}
    tags |= mlflow_internals.source("python -m analysis")
    now = int(1000 * time.time())
    made = patiently(runs.client.create_run, runs.experiment, start_time=now, tags=tags, run_name=summary.name)
    run = made.info.run_id
    with runs.recording(run):
        with runs.writing(run) as folder:
            for name, file in summary.files.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, folder / name)
        points = {name: thinned(curve) for name, curve in summary.curves.items()}
        runs.log(run, {}, points | {name: [(0, value)] for name, value in summary.metrics.items()})
        patiently(runs.client.set_tag, run, NOTE, summary.description.replace(RUN, run))
        runs.end(run, "FINISHED", {"status": "finished"})


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
