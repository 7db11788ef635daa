"""The tracking store -> tidy frames: what it lists, then the tables of what is whole."""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.exported import export, read_export, read_known
from analysis.frames import (
    FAILED_COLUMNS,
    INTEGER_TAGS,
    MADE_AGAIN,
    RUN_COLUMNS,
    Frames,
    StoreError,
    no_runs,
    tell_damaged,
)
from analysis.mending import commands
from analysis.stored import environment, looked_at, read_cells
from study.common.errors import said
from study.records import READABLE, RUN_TAGS, TAG, subject
from study.records.condition import DIMENSIONS, USUAL
from study.tracking import Store
from study.tracking.database import SQLITE
from study.tracking.inspection import CELL, NETWORK
from study.tracking.mlflow_internals import check_tables, silence
from study.tracking.runs import Runs

if TYPE_CHECKING:  # loading MLflow takes a second, which an export does not need
    from mlflow.entities import Experiment, Run
    from mlflow.tracking import MlflowClient

__all__ = ["SQLITE", "Found", "StoreError", "export", "find", "read", "read_export", "read_store"]

NOT_RUN = f"{TAG}not_run."
PAGE = 1000


@dataclass(frozen=True)
class Found:
    """What a store lists, before any table is read.

    Attributes:
        uri: of the store.
        experiment: its name.
        runs: of the experiment.
        cells: one row a finished cell, the newest whole run of each key: its tags and run.
        spare: older runs of the same cells, in case the newest turns out to be damaged.
        networks: one row a network of these cells.
        not_run: population and the reason why none of its cells was run.
        failed: cells that were begun and never finished (`frames.FAILED_COLUMNS`).
        damaged: finished cells and networks whose files are not there as they were written (`frames.DAMAGED_COLUMNS`).
    """

    uri: str
    experiment: str
    runs: Runs
    cells: pd.DataFrame
    spare: pd.DataFrame
    networks: pd.DataFrame
    not_run: pd.DataFrame
    failed: pd.DataFrame
    damaged: pd.DataFrame

    @property
    def facts(self) -> list[object]:
        """What decides what there is to read: a run, once finished, never changes."""
        small = [frame.to_csv(index=False) for frame in (self.not_run, self.failed, self.damaged)]
        return [sorted(self.cells["run_id"]), sorted(self.networks["run_id"]), *small]


def read_store(uri: str, experiment: str, sweep: str | None = None, artifacts: Path | None = None) -> Frames:
    """Read the finished cells and networks of an experiment; arguments and errors as `find` and `read`.

    What is damaged is left out, with a warning that tells how many there are and the command that makes them again.
    """
    frames = read(find(uri, experiment, sweep, artifacts))
    if len(frames.damaged):
        told = f"{tell_damaged(frames.damaged)} damaged since they were recorded, cells are left out"
        warnings.warn(f"{uri}: {told}; made again by: {frames.about[MADE_AGAIN]}", stacklevel=2)
    return frames


def find(uri: str, experiment: str, sweep: str | None = None, artifacts: Path | None = None) -> Found:
    """List the finished cells and networks of an experiment.

    Args:
        uri: of the tracking store, as in sqlite:///outputs/mlflow/mlflow.db.
        experiment: its name.
        sweep: only cells that this sweep asked for first.
        artifacts: folder of the runs' files of an SQLite file; None for `artifacts` beside it. What the store itself
            says of their place is not followed: a copy would read the original's, a forged one anybody's.

    Raises:
        StoreError: when the store, the experiment or finished cells are not there, or were written by another version.
    """
    client, about = _opened(uri, experiment)
    runs = Runs(uri, about.experiment_id, Store(uri, artifacts=artifacts).artifacts)
    listing = _listing(client, about.experiment_id)
    if listing.empty or not (listing["kind"] == "cell").any():
        raise StoreError(f"the store {uri} has no finished cell in {experiment!r}; run `make reproduce` first")
    cells, spare, damaged = looked_at(runs, CELL, listing[listing["kind"] == "cell"])
    if sweep is not None:
        cells, damaged = (frame[frame["sweep"] == sweep] for frame in (cells, damaged))
        if cells.empty and damaged.empty:
            raise StoreError(f"no finished cell belongs to sweep {sweep!r}; there are: {sorted(set(listing['sweep']))}")
    strange = set(cells["records_version"]) - {str(version) for version in READABLE}
    if strange:
        raise StoreError(
            f"cells were recorded with records version {', '.join(sorted(strange))}, this analysis reads "
            f"{' and '.join(map(str, READABLE))}; use the code of the version that wrote them, or run them again"
        )
    networks = listing[(listing["kind"] == "network") & listing["network_key"].isin(set(cells["network_key"]))]
    harmed = looked_at(runs, NETWORK, networks)[2]
    networks = networks.drop_duplicates("network_key", keep="last")
    reasons = {k.removeprefix(NOT_RUN): v for k, v in about.tags.items() if k.startswith(NOT_RUN)}
    not_run = pd.DataFrame({"population": list(reasons), "reason": list(reasons.values())}, dtype="str")
    failed = _failed(client, about.experiment_id, listing[listing["kind"] == "cell"])
    lost = pd.concat([damaged, harmed], ignore_index=True)
    found = Found(uri, experiment, runs, cells, spare, networks, not_run, failed, lost)
    if cells.empty:
        raise _nothing(found)
    return found


def _opened(uri: str, experiment: str) -> tuple[MlflowClient, Experiment]:
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")  # a server that is not there is said within seconds
    silence()
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
    return client, found


def _listing(client: MlflowClient, experiment: str) -> pd.DataFrame:
    """Return the tags of all finished runs, oldest first: by their turn; by the clock where older code noted none."""
    found = pd.DataFrame(
        [
            {
                **{name: run.data.tags.get(TAG + name, USUAL.get(name, "")) for name in RUN_TAGS},
                "run_id": run.info.run_id,
                "run_name": run.info.run_name,
                "start_time": pd.Timestamp(run.info.start_time, unit="ms"),
            }
            for run in _runs(client, experiment, f"tags.`{TAG}status` = 'finished'")
        ]
    )
    if found.empty:
        return found
    found = found.assign(place=pd.to_numeric(found["turn"], errors="coerce").fillna(0))
    return found.sort_values(["place", "start_time"]).assign(place=range(len(found)))


def _check_file(file: Path) -> None:
    """Refuse a file that is no tracking store: MLflow would make it one.

    Raises:
        StoreError: when it is not there, or something else.
    """
    if not file.is_file():
        raise StoreError(f"no tracking store at {file}; run `make reproduce` first, or name --store")
    try:
        check_tables(file)
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


SAME = ("population", *DIMENSIONS, "seed", "draw")
"""Tags by which an attempt that failed before its key was known is told to be that of a finished cell."""


def _failed(client: MlflowClient, experiment: str, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the last attempt of every cell that has not been finished since."""
    finished = set(cells["key"]) | set(cells[list(SAME)].itertuples(index=False, name=None))
    unfinished = _runs(client, experiment, f"tags.`{TAG}kind` = 'cell' AND tags.`{TAG}status` != 'finished'")
    last: dict[object, dict[str, str]] = {}
    for run in sorted(unfinished, key=lambda run: run.info.start_time):
        tags = {name.removeprefix(TAG): value for name, value in run.data.tags.items()}
        key = tags.get("key") or tuple(tags.get(name, USUAL.get(name, "")) for name in SAME)
        if key not in finished:
            tags.setdefault("reason", f"still {tags['status']}, or killed")
            last[key] = {name: tags.get(name, "") for name in FAILED_COLUMNS}
    return pd.DataFrame(list(last.values()), columns=list(FAILED_COLUMNS), dtype="str")


def read(found: Found, exported: Path | None = None) -> Frames:
    """Read the tables of what was found; a cell whose tables cannot be used is left out and told in `damaged`.

    Args:
        found: by `find`.
        exported: folder of an earlier export: a run never changes once it is finished, so the tables of runs that are
            in there are taken from it. What cannot be used is read from the store.

    Raises:
        StoreError: when no finished cell can be read.
    """
    known = read_known(exported, found.cells)
    there = found.cells["key"].isin(set(known.cells["key"]))
    fresh, tables, lost = read_cells(found.runs, found.cells[~there], found.spare)
    found = replace(found, damaged=pd.concat([found.damaged, lost], ignore_index=True))
    cells = pd.concat([found.cells[there], fresh]).sort_values("place")
    if cells.empty:
        raise _nothing(found)
    if len(known.cells):
        tables = {
            n: pd.concat([getattr(known, n), t], ignore_index=True) if len(t) else getattr(known, n)
            for n, t in tables.items()
        }
    return Frames(
        cells=_typed(cells),
        networks=_typed(found.networks[found.networks["network_key"].isin(set(cells["network_key"]))]),
        not_run=found.not_run,
        failed=found.failed,
        damaged=found.damaged,
        about=_about(found, cells),
        **tables,
    )


def _nothing(found: Found) -> StoreError:
    """Return what is told where all finished cells are damaged."""
    first, again = found.damaged.iloc[0], "; ".join(commands(found.damaged, found.uri, found.experiment))
    count, where = (found.damaged["kind"] == "cell").sum(), f" in {found.runs.folder}" if found.runs.folder else ""
    return StoreError(
        f"none of the {count} finished cells of {found.uri} can be read: the files of the first, run "
        f"{first['run_id']}{where}, cannot be used ({first['reason']}); where they lie in another folder, name it with "
        f"--artifacts FOLDER, else make them again: {again}"
    )


def _typed(runs: pd.DataFrame) -> pd.DataFrame:
    if runs.empty:
        return no_runs()
    runs = runs[list(RUN_COLUMNS)].reset_index(drop=True)
    # Every free combination is a population of its own, else a sweep's networks of one seed would count as one.
    runs = runs.assign(population=runs.apply(subject, axis=1))
    return runs.assign(**{name: runs[name].replace("", "0").astype("int64") for name in INTEGER_TAGS})


def _about(found: Found, cells: pd.DataFrame) -> dict[str, str]:
    uri = found.uri
    again = commands(found.damaged, uri, found.experiment)
    return {
        "store": uri if "://" in uri and not uri.startswith(SQLITE) else Path(uri.removeprefix(SQLITE)).name,
        "cells": str(len(cells)),
        **({MADE_AGAIN: "; ".join(again)} if again else {}),
        "sweeps": ", ".join(sorted(set(cells["sweep"]))),
        "code version": ", ".join(sorted(set(cells["code_version"]))),
        **environment(found.runs, cells.iloc[-1]["run_id"]),
    }
