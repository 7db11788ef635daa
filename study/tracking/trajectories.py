"""Trajectories in finished runs: found by network and condition, and extended by further tables."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from filelock import FileLock

from study.tracking import artefacts, lookup
from study.tracking.digest import arrow_digest
from study.tracking.inspection import ALSO, CELL, listed, read_tables, tables_of
from study.tracking.manifest import DamagedError
from study.tracking.runs import Runs


@dataclass(frozen=True)
class Recorded:
    """A trajectory as it is recorded.

    Attributes:
        run: that holds it.
        measures: what was measured on it, by name, with parameters.
        tables: by name.
    """

    run: str
    measures: dict[str, dict[str, object]]
    tables: dict[str, pd.DataFrame]


@dataclass(frozen=True)
class Trajectories:
    """The trajectories of an experiment.

    Attributes:
        runs: of the experiment.
        lock: returns the lock of a name between this machine's processes.
    """

    runs: Runs
    lock: Callable[[str], FileLock]

    def find(self, trajectory_key: str) -> Recorded | None:
        """Return the newest whole run that holds a trajectory, whatever was measured on it; None if there is none."""
        runs, wanted = self.runs, {"trajectory_key": trajectory_key, "kind": CELL.name, "status": "finished"}
        for run, digest in lookup.runs_with(runs.uri, runs.experiment, wanted, CELL.digest).items():
            try:
                with runs.reading(run) as folder:
                    tables = tables_of(listed(folder, CELL, digest), digest)
            except DamagedError:
                continue
            known = json.loads(runs.tag(run, "measures") or "{}")
            return Recorded(run, known, {name: table.to_pandas() for name, table in tables.items()})
        return None

    def answer(self, run: str, key: str) -> None:
        """Note that a finished run answers a cell of another key, too: one that measures something else on its path."""
        with self._of(run):
            also = self.runs.tag(run, ALSO).split()
            if key not in also:
                self.runs.set_tags(run, {ALSO: " ".join([*also, key])})

    def add(self, run: str, key: str, tables: Mapping[str, pd.DataFrame], measures: str) -> None:
        """Add tables to a finished run, or replace them by larger ones; it then answers one more cell.

        Whenever this is broken off the run is whole, as it was or with the tables: they are written beside the others,
        in a folder of their own, and the tag of the digest says which of two manifests counts.

        Args:
            run: its id.
            key: of the cell that asked for them.
            tables: by name.
            measures: the run's tag of that name from now on.
        """
        with self._of(run):
            with self.runs.reading(run) as folder:
                known = listed(folder, CELL, self.runs.tag(run, CELL.digest))
            kept = [path for path in known if Path(path).stem not in tables]
            with self.runs.writing(run) as folder:
                _lay_down(known, folder)
                paths = [*kept, *artefacts.write_tables(folder, tables, f"tables/{uuid.uuid4().hex[:8]}")]
                digest = arrow_digest(read_tables({path: (folder / path).read_bytes() for path in paths}))
                artefacts.write_manifest(folder, paths, digest, artefacts.NEXT)
                manifest = (folder / artefacts.NEXT).read_bytes()
            self.runs.set_tags(run, {CELL.digest: digest, "measures": measures})
            with self.runs.writing(run) as folder:
                (folder / artefacts.NEXT).write_bytes(manifest)
                (folder / artefacts.NEXT).replace(folder / artefacts.MANIFEST)
                for path in set(known) - set(kept):
                    (folder / path).unlink(missing_ok=True)
        self.answer(run, key)

    def note(self, run: str, trajectory_key: str, measures: str) -> None:
        """Tag a run of an earlier version with its trajectory and its measures."""
        if not self.runs.tag(run, "trajectory_key"):
            self.runs.set_tags(run, {"trajectory_key": trajectory_key, "measures": measures})

    def _of(self, run: str) -> FileLock:
        return self.lock(f"run-{run[:2]}")


def _lay_down(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files that a folder lacks, as that of a server's run, which is uploaded anew."""
    for path, content in files.items():
        if not (folder / path).is_file():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
