"""The tracking store -> tidy frames, and the analysis's own export of them."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlparse

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from analysis.frames import FAILED_COLUMNS, INTEGER_TAGS, RUN_COLUMNS, Frames, no_rows, no_runs
from study.errors import StudyError, said
from study.records import ON_DEMAND, RECORDS_VERSION, RUN_TAGS, TABLES, TAG, conform, subject

if TYPE_CHECKING:  # loading MLflow takes a second, which an export does not need
    from mlflow.entities import Run
    from mlflow.tracking import MlflowClient

SQLITE = "sqlite:///"
NOT_RUN = f"{TAG}not_run."
PAGE = 1000
ABOUT, CHECKSUMS = "about.json", "checksums.json"
FILES = ("cells", "networks", "not_run", "failed", *TABLES)
"""Tables of an export."""
AGAIN = "the same sweep, run again, replaces it"


class StoreError(StudyError):
    """A store that cannot be read; says what was looked for and how to make one."""


@dataclass(frozen=True)
class Found:
    """What a store lists, before any table is read.

    Attributes:
        uri: of the store.
        cells: one row a finished cell, the newest of each key: its tags, run and place of its artefacts.
        networks: one row a network of these cells.
        not_run: population and the reason why none of its cells was run.
        failed: cells that were begun and never finished (`frames.FAILED_COLUMNS`).
    """

    uri: str
    cells: pd.DataFrame
    networks: pd.DataFrame
    not_run: pd.DataFrame
    failed: pd.DataFrame

    @property
    def facts(self) -> list[object]:
        """What decides what there is to read: a run, once finished, never changes."""
        small = [frame.to_csv(index=False) for frame in (self.not_run, self.failed)]
        return [sorted(self.cells["run_id"]), sorted(self.networks["run_id"]), *small]


def read_store(uri: str, experiment: str, sweep: str | None = None) -> Frames:
    """Read the finished cells and networks of an experiment; arguments and errors as `find` and `read`."""
    return read(find(uri, experiment, sweep))


def find(uri: str, experiment: str, sweep: str | None = None) -> Found:
    """List the finished cells and networks of an experiment.

    Args:
        uri: of the tracking store, as in sqlite:///outputs/mlflow/mlflow.db.
        experiment: its name.
        sweep: only cells that this sweep asked for first.

    Raises:
        StoreError: when the store, the experiment or finished cells are not there, or were written by another version.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # a server that is not there is said within seconds
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # prints tracebacks of what it raises, too
    if uri.startswith(SQLITE):
        _check_file(Path(uri.removeprefix(SQLITE)))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="IProgress not found")  # in a notebook: a bar that is never shown
        from mlflow.exceptions import MlflowException
        from mlflow.tracking import MlflowClient
        from sqlalchemy.exc import SQLAlchemyError

    try:
        client = MlflowClient(uri)
        found = client.get_experiment_by_name(experiment)
    except (MlflowException, SQLAlchemyError) as error:
        raise StoreError(f"the store {uri} cannot be read: {said(error)}; name another with --store") from error
    if found is None:
        names = ", ".join(e.name for e in client.search_experiments())
        raise StoreError(f"the store {uri} has no experiment {experiment!r}; it has: {names}")
    runs = list(_runs(client, found.experiment_id, f"tags.`{TAG}status` = 'finished'"))
    tags = pd.DataFrame(
        [
            {
                **{name: run.data.tags.get(TAG + name, "") for name in RUN_TAGS},
                "run_id": run.info.run_id,
                "run_name": run.info.run_name,
                "start_time": pd.Timestamp(run.info.start_time, unit="ms"),
                "artifacts": run.info.artifact_uri,
            }
            for run in runs
        ]
    )
    if tags.empty or not (tags["kind"] == "cell").any():
        raise StoreError(f"the store {uri} has no finished cell in {experiment!r}; run `make reproduce` first")
    cells = tags[tags["kind"] == "cell"].sort_values("start_time").drop_duplicates("key", keep="last")
    if sweep is not None:
        cells = cells[cells["sweep"] == sweep]
        if cells.empty:
            raise StoreError(f"no finished cell belongs to sweep {sweep!r}; there are: {sorted(set(tags['sweep']))}")
    strange = set(cells["records_version"]) - {str(RECORDS_VERSION)}
    if strange:
        raise StoreError(
            f"cells were recorded with records version {', '.join(sorted(strange))}, this analysis reads "
            f"{RECORDS_VERSION}; use the code of the version that wrote them, or run them again"
        )
    networks = tags[tags["kind"] == "network"].sort_values("start_time").drop_duplicates("network_key", keep="last")
    networks = networks[networks["network_key"].isin(set(cells["network_key"]))]
    reasons = {k.removeprefix(NOT_RUN): v for k, v in found.tags.items() if k.startswith(NOT_RUN)}
    not_run = pd.DataFrame({"population": list(reasons), "reason": list(reasons.values())}, dtype="str")
    return Found(uri, cells, networks, not_run, _failed(client, found.experiment_id, cells))


def _check_file(file: Path) -> None:
    """Refuse a file that is no tracking store: MLflow would make it one.

    Raises:
        StoreError: when it is not there, or something else.
    """
    if not file.is_file():
        raise StoreError(f"no tracking store at {file}; run `make reproduce` first, or name --store")
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.execute("SELECT experiment_id FROM experiments LIMIT 1").fetchone()
    except sqlite3.Error as error:
        raise StoreError(f"{file} is no tracking store of MLflow ({error}); name one with --store") from error


def _runs(client: MlflowClient, experiment: str, wanted: str) -> Iterator[Run]:
    token = None
    while True:
        page = client.search_runs([experiment], wanted, max_results=PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            break


SAME = ("population", "method", "ranking", "removal", "selection", "protocol", "error", "seed", "draw")
"""Tags by which an attempt that failed before its key was known is told to be that of a finished cell."""


def _failed(client: MlflowClient, experiment: str, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the last attempt of every cell that has not been finished since."""
    finished = set(cells["key"]) | set(cells[list(SAME)].itertuples(index=False, name=None))
    unfinished = _runs(client, experiment, f"tags.`{TAG}kind` = 'cell' AND tags.`{TAG}status` != 'finished'")
    last: dict[object, dict[str, str]] = {}
    for run in sorted(unfinished, key=lambda run: run.info.start_time):
        tags = {name.removeprefix(TAG): value for name, value in run.data.tags.items()}
        key = tags.get("key") or tuple(tags.get(name, "") for name in SAME)
        if key not in finished:
            tags.setdefault("reason", f"still {tags['status']}, or killed")
            last[key] = {name: tags.get(name, "") for name in FAILED_COLUMNS}
    return pd.DataFrame(list(last.values()), columns=list(FAILED_COLUMNS), dtype="str")


def read(found: Found, exported: Path | None = None) -> Frames:
    """Read the tables of what was found.

    Args:
        found: by `find`.
        exported: folder of an earlier export: a run never changes once it is finished, so the tables of runs that are
            in there are taken from it. What cannot be used is read from the store.

    Raises:
        StoreError: when a finished cell's table cannot be read.
    """
    cells, uri = found.cells, found.uri
    known = _exported(exported, cells)
    fresh = cells[~cells["key"].isin(set(known.cells["key"]))]
    folders = [_folder(uri, run, artifacts) for run, artifacts in zip(fresh["run_id"], fresh["artifacts"], strict=True)]
    tables = _tables(folders, fresh["key"].tolist(), fresh["tables_digest"].tolist())
    if len(known.cells):
        tables = {
            n: pd.concat([getattr(known, n), t], ignore_index=True) if len(t) else getattr(known, n)
            for n, t in tables.items()
        }
    last = cells.iloc[-1]
    return Frames(
        cells=_typed(cells),
        networks=_typed(found.networks),
        not_run=found.not_run,
        failed=found.failed,
        about=_about(_folder(uri, last["run_id"], last["artifacts"]), cells, uri),
        **tables,
    )


def _exported(folder: Path | None, cells: pd.DataFrame) -> Frames:
    """Return what an export holds of these very runs, nothing where it cannot be read."""
    if folder is None or not (folder / "cells.parquet").is_file():
        return Frames()
    try:
        known = read_export(folder)
    except StoreError:
        return Frames()
    same = known.cells[known.cells["run_id"].isin(set(cells["run_id"]))]
    return known if len(same) == len(known.cells) else known.of(same["key"].tolist())


def _folder(uri: str, run: str, artifacts: str) -> Path:
    """Return where a run's artefacts lie, even when a local store was moved since; downloaded from a server."""
    parsed = urlparse(artifacts)
    if parsed.scheme in ("", "file"):
        path = Path(unquote(parsed.path))
        if path.is_dir() or not uri.startswith(SQLITE):
            return path
        return Path(uri.removeprefix(SQLITE)).parent / "artifacts" / run / "artifacts"
    import mlflow

    return Path(mlflow.artifacts.download_artifacts(artifact_uri=artifacts, tracking_uri=uri))


def _tables(folders: list[Path], keys: list[str], digests: list[str]) -> dict[str, pd.DataFrame]:
    """Return every table of all cells, led by the cell's key: read as Arrow, made a data frame once."""
    out = {}
    with ThreadPoolExecutor(2) as pool:
        written = list(pool.map(_written, folders, digests))
        for name in TABLES:
            found = zip(keys, pool.map(lambda f, files, n=name: _table(n, f, files), folders, written), strict=True)
            of_key = {key: table for key, table in found if table is not None and len(table)}
            out[name] = _frame(name, of_key) if of_key else no_rows(name)
    return out


def _written(folder: Path, digest: str) -> dict[str, str]:
    """Return the SHA-256 of a finished cell's files as they were written: its manifest, which has to be of its digest.

    Raises:
        StoreError: when it is not there, or that of another cell.
    """
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
        if manifest["digest"] == digest:
            return dict(manifest["files"])
        reason = "it is about other tables than the run"
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = said(error)
    raise StoreError(f"{folder / 'manifest.json'} of a finished cell cannot be used: {reason}; {AGAIN}")


def _table(name: str, folder: Path, written: dict[str, str]) -> pa.Table | None:
    """Return one table of a finished cell; None for one on demand that it does not have.

    Raises:
        StoreError: when it is not there, or not as it was written.
    """
    path = f"tables/{name}.parquet"
    if name in ON_DEMAND and path not in written:
        return None
    try:
        content = (folder / path).read_bytes()
        if hashlib.sha256(content).hexdigest() != written.get(path):
            raise StoreError(f"{folder / path} of a finished cell is not as it was written; {AGAIN}")
        with pq.ParquetFile(pa.BufferReader(content)) as parquet:
            return parquet.read(use_threads=False).replace_schema_metadata(None)
    except (OSError, pa.ArrowException) as error:
        raise StoreError(f"a table of a finished cell cannot be read: {said(error)}; {AGAIN}") from error


def _frame(name: str, of_key: dict[str, pa.Table]) -> pd.DataFrame:
    frame = conform(name, pa.concat_tables(of_key.values(), promote_options="permissive").to_pandas())
    lengths = [len(table) for table in of_key.values()]
    frame.insert(0, "key", pd.Series(np.repeat(np.array(list(of_key), dtype=object), lengths), dtype="str"))
    return frame


def _typed(runs: pd.DataFrame) -> pd.DataFrame:
    if runs.empty:
        return no_runs()
    runs = runs[list(RUN_COLUMNS)].reset_index(drop=True)
    # Every free combination is a population of its own, else a sweep's networks of one seed would count as one.
    runs = runs.assign(population=runs.apply(subject, axis=1))
    return runs.assign(**{name: runs[name].replace("", "0").astype("int64") for name in INTEGER_TAGS})


def _about(folder: Path, cells: pd.DataFrame, uri: str) -> dict[str, str]:
    path = folder / "environment.json"
    environment = json.loads(path.read_text()) if path.is_file() else {}
    return {
        "store": uri if "://" in uri and not uri.startswith(SQLITE) else Path(uri.removeprefix(SQLITE)).name,
        "cells": str(len(cells)),
        "sweeps": ", ".join(sorted(set(cells["sweep"]))),
        "code version": ", ".join(sorted(set(cells["code_version"]))),
        **{k: str(v) for k, v in environment.items()},
    }


def export(frames: Frames, folder: Path) -> None:
    """Write the frames as parquet files; with them everything can be rebuilt without the store."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        getattr(frames, name).to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    (folder / ABOUT).write_text(json.dumps(frames.about, indent=1))
    (folder / CHECKSUMS).write_text(json.dumps({name: _sha256(folder / name) for name in _files(folder)}, indent=1))


def read_export(folder: Path) -> Frames:
    """Read what `export` wrote.

    Raises:
        StoreError: when a file is missing, or is not as it was written.
    """
    missing = {n for n in FILES if not (folder / f"{n}.parquet").is_file()}
    if missing - set(ON_DEMAND):  # an export may be older than a table that only some cells have
        raise StoreError(f"{folder} is no export of this analysis: {', '.join(sorted(missing))} missing")
    try:
        if (folder / CHECKSUMS).is_file():  # an older export has none
            written = json.loads((folder / CHECKSUMS).read_text())
            changed = [name for name in _files(folder) if written.get(name) != _sha256(folder / name)]
            if changed:
                raise ValueError(f"{', '.join(changed)} not as written")
        tables = {n: no_rows(n) if n in missing else pd.read_parquet(folder / f"{n}.parquet") for n in FILES}
        return Frames(about=json.loads((folder / ABOUT).read_text()), **tables)
    except (OSError, pa.ArrowException, ValueError, KeyError, AttributeError) as error:
        raise StoreError(f"the export {folder} is damaged ({said(error)}); make it again from the store") from error


def _files(folder: Path) -> list[str]:
    return [name for name in (*(f"{n}.parquet" for n in FILES), ABOUT) if (folder / name).is_file()]


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
