"""The tracking database: the client, its creation by one process at a time, patience where it is locked."""

from __future__ import annotations

import functools
import logging
import os
import random
import socket
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from study.common.errors import StudyError
from study.tracking import mlflow_internals

if TYPE_CHECKING:
    from mlflow import MlflowClient

P = ParamSpec("P")
R = TypeVar("R")

SQLITE = "sqlite:///"
SERVER_SECONDS = 10.0
PATIENCE = 7
"""Attempts at a locked database: MLflow waits 20 s in each, and we up to a few seconds between two."""
CROSSED = ("locked", "unique constraint", "duplicate key value", "deadlock detected")
"""What databases say when writers cross: one holds it, or both add the same data set, which the second then finds."""


def sqlite_file(uri: str) -> Path | None:
    """Return the absolute path of an SQLite store, None for any other.

    >>> sqlite_file("http://127.0.0.1:5000") is None
    True
    >>> sqlite_file("sqlite:////tmp/mlflow.db")
    PosixPath('/tmp/mlflow.db')
    """
    return Path(uri.removeprefix(SQLITE)).absolute() if uri.startswith(SQLITE) else None


def quiet() -> None:
    """Switch telemetry and progress chatter off; has to run before MLflow is imported for the first time."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["DO_NOT_TRACK"] = "true"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"  # a server's client prints two lines a run
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
    mlflow_internals.silence()


@functools.lru_cache(maxsize=8)
def client(uri: str) -> MlflowClient:
    """Return this process's client of a store that exists; 2 s the first time, the import included."""
    quiet()
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=uri)


def create_or_upgrade(file: Path) -> None:
    """Bring an SQLite store to the installed MLflow's schema; the caller holds a lock.

    A new store is built beside its place and moved there when it is whole, since a process that is killed
    while it creates the tables would leave a file that no later one can open. Write-ahead logging lets readers
    (the UI, other workers) read while a worker writes; a file system without it keeps the plain journal.

    Raises:
        StudyError: for a file that is no database, one of a newer MLflow, or a folder without permission.
    """
    quiet()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.stat().st_size == 0:
            unfinished = file.with_name(file.name + ".unfinished")
            unfinished.unlink(missing_ok=True)
            mlflow_internals.migrate(f"{SQLITE}{unfinished}")
            unfinished.replace(file)
        else:
            if tables := mlflow_internals.tables_of_another(file):  # MLflow would put its own among them
                raise StudyError(f"it is another program's database, with the tables {', '.join(tables[:5])}")
            mlflow_internals.migrate(f"{SQLITE}{file}")
        with closing(sqlite3.connect(file, timeout=60)) as connection:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
    except Exception as error:
        raise StudyError(
            f"the tracking store {file} cannot be created or opened ({type(error).__name__}: {error}); it has "
            "to be an SQLite file of the installed MLflow or an older one, in a folder that may be written to: "
            "move it away, or name another with tracking.uri=sqlite:///PATH"
        ) from error


def check_server(uri: str) -> None:
    """Refuse a server that does not answer at once: MLflow would try again for minutes.

    Raises:
        StudyError: when nothing listens there, or there is no such host.
    """
    if not uri.startswith(("http://", "https://")):
        return
    try:
        with urllib.request.urlopen(uri.rstrip("/") + "/health", timeout=SERVER_SECONDS):
            return
    except urllib.error.HTTPError:
        return  # something answers
    except urllib.error.URLError as error:
        if isinstance(error.reason, ConnectionRefusedError | socket.gaierror):
            raise StudyError(
                f"no tracking server answers at {uri} ({error.reason}); start it, or choose another store, as in "
                "tracking=local"
            ) from error
    except (OSError, ValueError):
        return  # MLflow knows more of addresses than this, and says so


def patiently(call: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Return `call(...)`, tried again for as long as another writer is in the way (`CROSSED`).

    MLflow looks whether a data set is there and then inserts it: of two that log the first cells of one, one fails.

    Raises:
        StudyError: when the database is held for longer than anything should take.
    """
    started = time.monotonic()
    for attempt in range(PATIENCE):
        try:
            return call(*args, **kwargs)
        except Exception as error:
            if not any(text in str(error).lower() for text in CROSSED):
                raise
            if attempt == PATIENCE - 1:
                if "locked" not in str(error):
                    raise
                raise StudyError(
                    f"the tracking store's database was locked by another process for {time.monotonic() - started:.0f} "
                    "s; close what holds it (a browser of databases, a stopped process), and run this again"
                ) from error
            time.sleep(random.uniform(0.05, 0.1) * 2**attempt)  # waiting times only; nothing scientific is drawn
    raise AssertionError("unreachable")
