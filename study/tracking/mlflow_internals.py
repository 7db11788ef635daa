"""What the study takes from inside MLflow, for want of a public way; a test fails where a version moves it.

Its tables, its tags and what its user interface keeps in them, a logger, the parts of its server. MLflow itself is
loaded by the functions that need it alone: to look a run up in an SQLite file takes milliseconds.
"""

from __future__ import annotations

import json
import logging
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, cast

HIDDEN = "mlflow."
"""The UI hides tags that begin so."""
NOTE = "mlflow.note.content"
"""Tag of a run's or an experiment's description, in Markdown."""
COLOUR = "mlflow.runColor"
"""Tag of the colour of a run's lines in charts."""
COMMIT = "mlflow.source.git.commit"
SOURCE, SOURCE_TYPE, LOCAL = "mlflow.source.name", "mlflow.source.type", "LOCAL"
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""Tag of an experiment with which the UI opens on runs, not on generative AI."""
SAVED_VIEW = "mlflow.sharedViewState."
"""Beginning of an experiment's tag that holds a saved view; the view's key follows."""
OPENED_VIEW, OPENED_ON = "viewStateShareKey", "workflowType"
OPENED_AS, OPENED_FILTER = "compareRunsMode", "searchFilter"
"""Parameters of the address of an experiment's page."""
RUN_NAME, CREATED = "attributes.`Run Name`", "runDateAndNestInfo"
"""Columns that the UI always shows first, by its own names for them."""
PREFERRED = {"mlflow.workflowType_v1": "machine_learning", "mlflow.assistant.fab.autoOpenedOnFirstLoad_v1": True}
"""What the UI keeps in a browser: that it was asked for model training, and that its assistant has been seen."""

READ = {
    "experiments": ("experiment_id", "artifact_location"),
    "runs": ("run_uuid", "experiment_id", "lifecycle_stage", "start_time", "artifact_uri"),
    "tags": ("run_uuid", "key", "value"),
    "params": ("run_uuid",),
    "metrics": ("run_uuid",),
    "latest_metrics": ("run_uuid",),
    "alembic_version": (),
}
"""Table of MLflow's -> columns that are named here."""
OF_A_RUN = ("runs", "tags", "params", "metrics", "latest_metrics")
"""Tables with one row or more a run."""
LOUD = "mlflow.store.db.utils"
"""Logger that prints the traceback of what MLflow raises, too."""
MIGRATION = "import sys; from mlflow.db import upgrade; upgrade.callback(sys.argv[1])"
"""Program that does `mlflow db upgrade`, without the other commands of MLflow, which take longer to import."""
SECONDS = 60
"""How long a statement waits for another process that holds the database."""


def silence() -> None:
    """Let MLflow not print what it raises."""
    logging.getLogger(LOUD).setLevel(logging.CRITICAL)


def source(name: str) -> dict[str, str]:
    """Return the tags that say which program made a run."""
    return {SOURCE: name, SOURCE_TYPE: LOCAL}


def migrate(uri: str) -> None:
    """Bring the tables of a database to the installed MLflow's schema; make them where there are none."""
    from mlflow.db import upgrade

    cast(Callable[[str], None], upgrade.callback)(uri)


@contextmanager
def _reading(file: Path, seconds: float = SECONDS) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, timeout=seconds)) as connection:
        yield connection


def tables_of_another(file: Path) -> list[str]:
    """Return the tables of a database that has some, but none of MLflow's."""
    with closing(sqlite3.connect(file)) as connection:
        tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return [] if "alembic_version" in tables else sorted(tables)


def check_tables(file: Path) -> None:
    """Look for MLflow's experiments in a file.

    Raises:
        sqlite3.Error: when it has none, or another process holds it for long.
    """
    with _reading(file, 5) as connection:
        connection.execute("SELECT experiment_id FROM experiments LIMIT 1").fetchone()


def runs_with(file: Path, experiment: str, tags: Mapping[str, str], value_of: str, containing: str) -> dict[str, str]:
    """Return run id -> value of one more tag, newest first, for every run with these tags (deleted ones not).

    Args:
        file: of an SQLite store.
        experiment: its id.
        tags: that a run has, by their whole names.
        value_of: tag whose value is returned, of the runs that have it.
        containing: text that is in its value.
    """
    joins: list[str] = []
    values: list[str | int] = []
    for i, (name, value) in enumerate(tags.items()):
        joins.append(f"JOIN tags t{i} ON t{i}.run_uuid = r.run_uuid AND t{i}.key = ? AND t{i}.value = ?")
        values += [name, value]
    query = (
        f"SELECT r.run_uuid, v.value FROM runs r {' '.join(joins)} "
        "JOIN tags v ON v.run_uuid = r.run_uuid AND v.key = ? "
        "WHERE r.experiment_id = ? AND r.lifecycle_stage = 'active' AND v.value LIKE ? "
        "ORDER BY r.start_time DESC, r.run_uuid"
    )
    values += [value_of, int(experiment), f"%{containing}%"]
    with _reading(file) as connection:
        return dict(connection.execute(query, values).fetchall())


def largest(file: Path, experiment: str, tag: str) -> int:
    """Return the largest value of a tag with whole numbers; 0 where no run of the experiment has it."""
    query = (
        "SELECT MAX(CAST(t.value AS INTEGER)) FROM tags t JOIN runs r ON r.run_uuid = t.run_uuid "
        "WHERE t.key = ? AND r.experiment_id = ?"
    )
    with _reading(file) as connection:
        (found,) = connection.execute(query, (tag, int(experiment))).fetchone()
    return found or 0


def relocate(file: Path, experiment: str, artifacts: Path) -> bool:
    """Point an experiment and its runs at the folder `artifacts` if the store was moved there; say whether.

    MLflow stores absolute paths. A store counts as moved if its recorded folder is another one than `artifacts`
    and either `artifacts` exists or the recorded one no longer does; or if runs of it name another place, as of the
    store that it is a copy of.
    """
    ours = "? || '/' || run_uuid || '/artifacts'"
    with closing(sqlite3.connect(file, timeout=SECONDS)) as connection, connection:
        query = "SELECT artifact_location FROM experiments WHERE experiment_id = ?"
        recorded = connection.execute(query, (int(experiment),)).fetchone()[0].removeprefix("file://")
        if recorded != str(artifacts) and Path(recorded).exists() and not artifacts.exists():
            return False
        of = (str(artifacts), int(experiment))
        elsewhere = f"SELECT 1 FROM runs WHERE artifact_uri != {ours} AND experiment_id = ? LIMIT 1"
        if recorded == str(artifacts) and connection.execute(elsewhere, of).fetchone() is None:
            return False
        connection.execute(f"UPDATE runs SET artifact_uri = {ours} WHERE experiment_id = ?", of)
        connection.execute("UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", of)
    return True


def multiply(file: Path, kind: tuple[str, str], key: str, copies: int) -> None:
    """Copy one run of a store many times, as far as the database goes, and forget the keys of those that it had.

    Args:
        file: of an SQLite store.
        kind: tag and value that the run has.
        key: tag that gets a value of its own in every copy; in the runs of before it becomes the run's id.
        copies: how many.
    """
    with closing(sqlite3.connect(file)) as connection, connection:
        (first,) = connection.execute("SELECT run_uuid FROM tags WHERE key = ? AND value = ? LIMIT 1", kind).fetchone()
        numbers = json.dumps([*range(copies)])
        connection.execute("CREATE TEMP TABLE copies AS SELECT value AS n FROM json_each(?)", [numbers])
        for table in OF_A_RUN:
            names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            taken = ["printf('copy%06d', n)" if name == "run_uuid" else f'"{name}"' for name in names]
            given: list[str] = []
            if table == "tags":
                taken[names.index("value")] = "CASE key WHEN ? THEN printf('copy%06d', n) ELSE value END"
                given.append(key)
            columns = ", ".join(f'"{name}"' for name in names)
            connection.execute(
                f"INSERT INTO {table} ({columns}) SELECT {', '.join(taken)} FROM {table}, copies WHERE run_uuid = ?",
                [*given, first],
            )
        connection.execute("UPDATE tags SET value = run_uuid WHERE key = ? AND run_uuid NOT LIKE 'copy%'", [key])


def ui_page() -> Path:
    """Return the file of the UI's one page."""
    from mlflow.server import app

    return Path(str(app.static_folder)) / "index.html"


def ui_application() -> Any:
    """Return the ASGI application that answers the UI and the clients."""
    from mlflow.server.fastapi_app import app

    return app


def guarded(application: Any, names: Sequence[str]) -> Any:
    """Return an ASGI application behind MLflow's own guards, which answer only to some names of this machine.

    Args:
        application: that they let requests in to.
        names: as patterns; those of the variable `MLFLOW_SERVER_ALLOWED_HOSTS` are let in, too.
    """
    from mlflow.server.fastapi_security import HostValidationMiddleware, SecurityHeadersMiddleware
    from mlflow.server.security_utils import get_allowed_hosts_from_env

    allowed = [*names, *(get_allowed_hosts_from_env() or ())]
    return SecurityHeadersMiddleware(HostValidationMiddleware(application, allowed))
