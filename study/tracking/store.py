"""The tracking store: one flat run a cell, one a trained network, and whether a cell is finished."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import pandas as pd
from filelock import FileLock

from study.common.errors import StudyError
from study.records import TAG
from study.records.condition import DIMENSIONS
from study.tracking import artefacts, database, experiments, liveness, lookup, mlflow_internals
from study.tracking.database import patiently
from study.tracking.digest import tables_digest
from study.tracking.inspection import CELL, NETWORK, NETWORK_FILE, Inspected, Kind, flaw, further_keys, inspect
from study.tracking.locks import lock, locks_beside, own_folder
from study.tracking.path_file import write_path
from study.tracking.record import CellRecord, check_tags, thinned
from study.tracking.runs import Runs
from study.tracking.statuses import Statuses
from study.tracking.trajectories import Trajectories

HISTORY_FILE = "history.parquet"
CELL_ONLY = {"key", "draw", *DIMENSIONS}
"""Tags that tell the cells of one network apart."""


class Store:
    """Tracking of cells and networks in MLflow; cheap to make and to send to a worker.

    Attributes:
        uri: `sqlite:///PATH` (made absolute), or whatever else MLflow takes: an http address, a database.
        experiment: name of the experiment.
        artifacts: folder of the runs' files; for an SQLite store by default `artifacts` beside it, for a server
            None: the server decides.

    Raises:
        StudyError: when the address names a folder.
    """

    def __init__(
        self, uri: str, experiment: str = "incredible_shrinking_network", artifacts: Path | None = None
    ) -> None:
        file = database.sqlite_file(uri)
        if file is not None and file.is_dir():
            raise StudyError(f"tracking.uri={uri} names a folder, {file}; name a file: sqlite:///PATH/mlflow.db")
        self.uri = uri if file is None else f"{database.SQLITE}{file}"
        self.experiment = experiment
        self.artifacts = Path(artifacts).absolute() if artifacts else file.parent / "artifacts" if file else None
        self._file = file
        self._runs: Runs | None = None

    def create(self) -> None:
        """Create or upgrade the store and the experiment: once, before workers start; others wait meanwhile.

        A store that was moved together with its artefacts is pointed at their new place.

        Raises:
            StudyError: if the store cannot be created or reached, or the experiment was deleted in the UI.
        """
        with self._lock("store"):
            if self._file is not None:
                database.create_or_upgrade(self._file)
            database.check_server(self.uri)
            try:
                experiment = experiments.found_or_made(self.uri, self.experiment, self.artifacts)
                if self._file is not None and self.artifacts is not None:
                    mlflow_internals.relocate(self._file, experiment, self.artifacts)
            except StudyError:
                raise
            except Exception as error:
                raise StudyError(
                    f"the tracking store {self.uri} cannot be reached ({type(error).__name__}: {error}); start "
                    "its server, or choose another with tracking=local"
                ) from error
        self._runs = Runs(self.uri, experiment, self.artifacts if self._file is not None else None)

    @property
    def experiment_id(self) -> str:
        """MLflow's id of the experiment; opens the store, and creates it where it is not there."""
        return self._open().experiment

    def finished(self, key: str) -> str | None:
        """Return the id of the run that holds this cell, whole by every digest; None if there is none."""
        return self._looked_at(CELL, key)[0]

    def inspected(self, kind: Kind = CELL, keys: Collection[str] | None = None, thorough: bool = False) -> Inspected:
        """Return which cells or networks are there, whole, and which finished ones are damaged, as `inspect`."""
        return inspect(self._open(), kind, keys, thorough) if self._exists() else Inspected()

    def keys(self, status: str) -> set[str]:
        """Return the keys of all cells with a run of a status, in one query; no file is looked at.

        Args:
            status: "finished", "failed" or "killed".
        """
        if not self._exists():
            return set()
        found = set(self.statuses().with_status(status, "key").values())
        return found.union(*further_keys(self._open()).values()) if status == "finished" else found

    def statuses(self) -> Statuses:
        """Return how far its cells are; see also `keys`. Creates the store where it is not there."""
        return Statuses(self._open(), self._locks())

    def trajectories(self) -> Trajectories:
        """Return the trajectories that finished runs hold. Creates the store where it is not there."""
        return Trajectories(self._open(), self._lock)

    def begin_cell(self, tags: Mapping[str, str], started: float | None = None) -> str:
        """Begin the run of a cell that is about to be computed, and return its id.

        Args:
            tags: what is known of the cell so far.
            started: when it began, in seconds since the epoch; None for now.
        """
        return self._begin({**tags, "kind": "cell"}, started)

    def record_cell(self, record: CellRecord, run: str | None = None) -> str:
        """Record a cell and return its run's id; a cell that is there, whole, is not written again.

        The status becomes finished, with the tables' digest, after everything else; whatever ends the recording
        before that leaves a run that does not count, marked failed or killed where there is time to.

        Args:
            record: of the cell.
            run: of `begin_cell`; None to begin it now.
        """
        tags = record.tags | {"kind": "cell"}
        runs = self._open()
        with self._lock(f"cell-{tags['key'][:2]}"):
            if (present := self.finished(tags["key"])) is not None:
                if run is not None:
                    reason = f"the cell was recorded meanwhile, as run {present}"
                    runs.end(run, "KILLED", {"status": "killed", "reason": reason})
                return present
            run = run or self._begin(tags)
            with runs.recording(run):
                with runs.writing(run) as folder:
                    paths = artefacts.write_tables(folder, record.tables)
                    (folder / "config.yaml").write_text(record.config_yaml)
                    (folder / "environment.json").write_text(json.dumps(record.environment, indent=1) + "\n")
                    artefacts.write_figures(folder, record.figures)
                    write_path(folder, record.tables)
                    digest = tables_digest(record.tables)
                    artefacts.write_manifest(folder, paths, digest)
                runs.describe(run, tags, figures=bool(record.figures))
                steps = {name: thinned(points) for name, points in record.step_metrics.items()}
                runs.log(run, record.params, steps | _at_start(record.metrics))
                runs.log_dataset(run, record.dataset)
                runs.finish(run, "tables_digest", digest)
        return run

    def record_network(
        self,
        tags: dict[str, str],
        network_file: Path | bytes,
        metrics: dict[str, float],
        history: pd.DataFrame | None = None,
    ) -> str:
        """Record a trained network once and return its run's id; one that is there is not written again.

        Args:
            tags: with `network_key`; those of the cell alone (its key, method, ...) are left out.
            network_file: the safetensors file or its content.
            metrics: final scalars.
            history: the course of training, one row an epoch.
        """
        tags = {name: value for name, value in tags.items() if name not in CELL_ONLY} | {"kind": "network"}
        content = network_file if isinstance(network_file, bytes) else network_file.read_bytes()
        runs = self._open()
        with self._lock(f"network-{tags['network_key'][:2]}"):
            if (present := self._looked_at(NETWORK, tags["network_key"])[0]) is not None:
                return present
            run = self._begin(tags)
            with runs.recording(run):
                with runs.writing(run) as folder:
                    (folder / NETWORK_FILE).write_bytes(content)
                    paths = [NETWORK_FILE]
                    if history is not None:
                        history.to_parquet(folder / HISTORY_FILE, compression="zstd", index=False)
                        paths.append(HISTORY_FILE)
                    digest = hashlib.sha256(content).hexdigest()
                    artefacts.write_manifest(folder, paths, digest)
                runs.log(run, {}, _at_start(metrics))
                runs.finish(run, "network_digest", digest)
        return run

    def record_failure(
        self, run: str, params: Mapping[str, object], config_yaml: str, traceback: str, how: str = "failed"
    ) -> None:
        """End a cell's run as failed, with its traceback as an artefact and its last line as the reason.

        Args:
            run: of `begin_cell`.
            params: the scientific configuration, flattened.
            config_yaml: the composed configuration.
            traceback: or what there is to say.
            how: "failed", or "killed" where it was stopped.
        """
        reason = (traceback.strip().splitlines() or ["unknown"])[-1]
        runs = self._open()
        try:
            with runs.writing(run) as folder:
                (folder / "traceback.txt").write_text(traceback)
                (folder / "config.yaml").write_text(config_yaml)
        except OSError as error:
            reason += f" (its traceback could not be kept: {error})"
        runs.log(run, params, {})
        runs.end(run, how.upper(), {"status": how, "reason": reason})

    def close_killed(self) -> int:
        """End the runs whose process was killed, or is given up, and return how many there were."""
        ended = self.statuses().ended()
        for run, reason in ended.items():
            self._open().end(run, "KILLED", {"status": "killed", "reason": reason})
        return len(ended)

    def note_not_run(self, population: str, reason: str | None) -> None:
        """Note on the experiment why a population was not run; None takes the note back."""
        runs, name = self._open(), f"{TAG}not_run.{population}"
        if reason is not None:
            patiently(runs.client.set_experiment_tag, runs.experiment, name, reason)
        elif name in runs.client.get_experiment(runs.experiment).tags:
            patiently(runs.client.delete_experiment_tag, runs.experiment, name)

    def _exists(self) -> bool:
        return self._file is None or self._file.exists()

    def _open(self) -> Runs:
        if self._runs is None:
            self.create()
        assert self._runs is not None
        return self._runs

    def damaged(self, kind: Kind, key: str) -> str | None:
        """Return the newest finished run of a cell or a network none of whose runs is whole; else None."""
        whole, damaged = self._looked_at(kind, key)
        return None if whole else next(iter(damaged), None)

    def _looked_at(self, kind: Kind, key: str) -> tuple[str | None, list[str]]:
        """Return the newest run that is whole by every digest, and the finished ones that were found damaged."""
        if not self._exists():
            return None, []
        runs, damaged = self._open(), list[str]()
        for run, digest in self._holding(kind, key):
            if flaw(runs, kind, run, digest, thorough=True) is None:
                return run, damaged
            damaged.append(run)
        return None, damaged

    def _holding(self, kind: Kind, key: str) -> Iterator[tuple[str, str]]:
        """Yield the finished runs of a cell or a network with their digests, those that answer it besides at last."""
        runs, wanted = self._open(), {kind.key: key, "kind": kind.name, "status": "finished"}
        yield from lookup.runs_with(self.uri, runs.experiment, wanted, kind.digest).items()
        if kind is CELL:
            for run in further_keys(runs, key):
                yield run, runs.tag(run, kind.digest)

    def _begin(self, tags: Mapping[str, str], started: float | None = None) -> str:
        check_tags(tags)
        return self._open().begin({**tags, "worker": liveness.own(self._locks())}, started)

    def _lock(self, name: str) -> FileLock:
        """Return a lock between this machine's processes; names are few, so that no heap of files is left."""
        return lock(self._locks(), name)

    def _locks(self) -> Path:
        """Return the folder of the locks, made if absent."""
        if self._file is not None:
            return locks_beside(self._file)
        return own_folder(f"locks-{hashlib.sha256(self.uri.encode()).hexdigest()[:16]}")


def _at_start(metrics: Mapping[str, float]) -> dict[str, list[tuple[int, float]]]:
    """Return scalars as metrics with the one step 0."""
    return {name: [(0, value)] for name, value in metrics.items()}
