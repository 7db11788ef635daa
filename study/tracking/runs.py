"""Runs of one experiment: begun, filled and ended, whatever breaks in between."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from study.common.errors import said
from study.records import TAG
from study.tracking import database, dataset_input, lookup, mlflow_internals
from study.tracking.database import patiently
from study.tracking.manifest import DamagedError, content
from study.tracking.mlflow_internals import COMMIT, NOTE
from study.tracking.names import held, run_description, run_name
from study.tracking.record import DatasetNote

LONGEST_REASON = 500
PARAMS_A_BATCH = 100
TURN, TURN_DIGITS = "turn", 9
"""Tag of a run's place in the order in which runs were finished, and its width: a server sorts tags as text."""


@dataclass(frozen=True)
class Runs:
    """The runs of an experiment in a store that exists.

    Attributes:
        uri: of the store.
        experiment: the experiment's id.
        folder: where the artefacts are if this machine writes them itself, else None: they are uploaded.
    """

    uri: str
    experiment: str
    folder: Path | None

    @property
    def client(self) -> Any:
        """This process's client."""
        return database.client(self.uri)

    @contextlib.contextmanager
    def recording(self, run: str) -> Iterator[None]:
        """If the recording of a run breaks off, say so in the run as far as possible and pass the error on."""
        try:
            yield
        except BaseException as error:
            how = "failed" if isinstance(error, Exception) else "killed"
            reason = f"{type(error).__name__} while it was recorded: {error}"
            with contextlib.suppress(Exception):
                self.end(run, how.upper(), {"status": how, "reason": reason})
            raise

    def begin(self, tags: Mapping[str, str], started: float | None = None) -> str:
        """Create a run with all its tags at once, status running, and return its id."""
        all_tags = {TAG + name: str(value) for name, value in tags.items() if str(value)} | {
            f"{TAG}status": "running",
            NOTE: run_description(tags),
            **mlflow_internals.source("python -m study"),
        }
        if "code_version" in tags:
            all_tags[COMMIT] = tags["code_version"]
        run = patiently(
            self.client.create_run,
            self.experiment,
            start_time=int(1000 * (time.time() if started is None else started)),
            tags=all_tags,
            run_name=run_name(tags),
        )
        return run.info.run_id

    def log(self, run: str, params: Mapping[str, object], metrics: Mapping[str, list[tuple[int, float]]]) -> None:
        """Log parameters and metrics, (step, value) each, in as few calls as MLflow allows."""
        from mlflow.entities import Metric, Param

        now = int(1000 * time.time())
        values = [Metric(name, float(v), now, int(step)) for name, points in metrics.items() for step, v in points]
        pairs = [Param(name, "null" if value is None else str(value)) for name, value in params.items()]
        patiently(self.client.log_batch, run, metrics=values, params=pairs[:PARAMS_A_BATCH])
        for at in range(PARAMS_A_BATCH, len(pairs), PARAMS_A_BATCH):
            patiently(self.client.log_batch, run, params=pairs[at : at + PARAMS_A_BATCH])

    def log_dataset(self, run: str, note: DatasetNote) -> None:
        """Note the data set as the run's input."""
        patiently(self.client.log_inputs, run, datasets=[dataset_input.of(note)])

    def describe(self, run: str, tags: Mapping[str, str], figures: bool) -> None:
        """Set the tags of a cell's run that holds its files, and its description from them.

        Args:
            run: its id.
            tags: without the prefix.
            figures: whether there are figures among the files.
        """
        from mlflow.entities import RunTag

        pairs = [RunTag(TAG + name, str(value)) for name, value in tags.items() if str(value)]
        patiently(self.client.log_batch, run, tags=[*pairs, RunTag(NOTE, run_description(tags, held(figures)))])

    def tag(self, run: str, name: str) -> str:
        """Return the value of a run's tag, named without the prefix; nothing where it has none."""
        return str(patiently(self.client.get_run, run).data.tags.get(TAG + name, ""))

    def set_tags(self, run: str, tags: Mapping[str, str]) -> None:
        """Set tags of a run, named without the prefix."""
        from mlflow.entities import RunTag

        patiently(self.client.log_batch, run, tags=[RunTag(TAG + name, value) for name, value in tags.items()])

    def end(self, run: str, how: str, tags: Mapping[str, str]) -> None:
        """End a run as FINISHED, FAILED or KILLED and set its last tags, in this order."""
        from mlflow.entities import RunTag

        patiently(self.client.set_terminated, run, how)
        pairs = [RunTag(TAG + name, value[:LONGEST_REASON]) for name, value in tags.items()]
        patiently(self.client.log_batch, run, tags=pairs)

    def finish(self, run: str, tag: str, digest: str) -> None:
        """End a run as finished: its digest, then its turn, and the status last.

        The turn is larger than that of every run that was finished before, whatever the clocks of its machines say;
        of two that are finished at the same moment it may be the same.

        Args:
            run: its id.
            tag: that holds the digest.
            digest: of what it holds.
        """
        turn = f"{lookup.largest(self.uri, self.experiment, TURN) + 1:0{TURN_DIGITS}}"
        self.end(run, "FINISHED", {tag: digest, TURN: turn, "status": "finished"})

    @contextlib.contextmanager
    def writing(self, run: str) -> Iterator[Path]:
        """Give a folder whose files become the run's: its own on this machine, else one that is uploaded."""
        if self.folder is not None:
            folder = self.folder / run / "artifacts"
            folder.mkdir(parents=True, exist_ok=True)
            yield folder
            return
        with tempfile.TemporaryDirectory() as name:
            yield Path(name)
            self.client.log_artifacts(run, name)

    @contextlib.contextmanager
    def reading(self, run: str) -> Iterator[Path]:
        """Give a folder with the run's files: its own on this machine, else one that they are loaded to.

        Raises:
            DamagedError: when its folder is a link, or they cannot be loaded.
        """
        if self.folder is not None:
            yield folder_of(self.folder, run)
            return
        with tempfile.TemporaryDirectory() as name:
            self._load(run, "", name)
            yield Path(name)

    def file(self, run: str, path: str) -> bytes:
        """Return the content of one file of a run behind a server.

        Raises:
            DamagedError: when it cannot be loaded.
        """
        with tempfile.TemporaryDirectory() as name:
            self._load(run, path, name)
            return content(Path(name), path)

    def sizes(self, run: str, folders: Collection[str]) -> dict[str, int]:
        """Return path -> bytes of the files in some folders of a run behind a server, as it lists them."""
        listed = [self.client.list_artifacts(run, None if folder == "." else folder) for folder in folders]
        return {entry.path: entry.file_size or 0 for entries in listed for entry in entries if not entry.is_dir}

    def _load(self, run: str, path: str, to: str) -> None:
        from mlflow.exceptions import MlflowException
        from requests import HTTPError

        try:
            self.client.download_artifacts(run, path, to)
        except (HTTPError, MlflowException, OSError) as error:
            database.check_server(self.uri)  # that nothing answers says nothing of the run
            raise DamagedError(f"{path or 'its files'} cannot be loaded ({said(error)})") from error


def folder_of(artifacts: Path, run: str) -> Path:
    """Return the folder of a run's files below that of all artefacts.

    Raises:
        DamagedError: when it is a link, or the run's id is no plain name: it would lead elsewhere.
    """
    if not run.isalnum():
        raise DamagedError(f"the run's id {run!r} is no id")
    for folder in (artifacts / run, artifacts / run / "artifacts"):
        if folder.is_symlink():
            raise DamagedError(f"{folder} is a link: only what lies in the store itself is read")
    return artifacts / run / "artifacts"
