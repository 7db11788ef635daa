"""What is taken from inside MLflow is there, as it was: an upgrade that moves it is told here.

The UI is looked at as the text of its programs; that a saved view opens in a browser is seen in `tests/browser`.
"""

import ast
import asyncio
import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from study.common.paths import PACKAGE, ROOT
from study.tracking import database
from study.tracking import mlflow_internals as inside
from study.tracking.experiments import EXPERIMENT_TAGS
from study.tracking.names import EXPERIMENT_VIEWS
from study.tracking.views import page
from tests.tracking.made import record, store_in

FILES = [file for part in (PACKAGE, ROOT / "analysis", ROOT / "hydra_plugins") for file in part.rglob("*.py")]


def rows(file: Path, query: str) -> list[tuple]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


@pytest.fixture(scope="module")
def program() -> str:
    """The UI's programs, as one text."""
    folder = inside.ui_page().parent
    return "\n".join(file.read_text(encoding="utf-8") for file in sorted(folder.rglob("*.js")))


def test_mlflows_tables_have_the_columns_that_are_read(empty_store):
    for table, columns in inside.READ.items():
        there = {name for _, name, *_ in rows(empty_store, f"PRAGMA table_info({table})")}
        assert there, f"no table {table}"
        assert there >= set(columns), table
    assert inside.tables_of_another(empty_store) == []
    inside.check_tables(empty_store)


def test_every_table_with_rows_of_runs_is_known(empty_store):
    """Those of traces and models aside, which the study has none of; inputs hang on data sets, which are shared."""
    tables = [name for (name,) in rows(empty_store, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    of_runs = {t for t in tables if any(row[1] == "run_uuid" for row in rows(empty_store, f"PRAGMA table_info({t})"))}
    assert of_runs == set(inside.OF_A_RUN)


def test_a_new_database_gets_the_tables_of_a_store(tmp_path, empty_store):
    inside.migrate(f"sqlite:///{tmp_path}/new.db")
    known = "SELECT version_num FROM alembic_version"
    assert rows(tmp_path / "new.db", known) == rows(empty_store, known)
    done = subprocess.run([sys.executable, "-c", inside.MIGRATION, f"sqlite:///{tmp_path}/other.db"], check=False)
    assert done.returncode == 0
    assert rows(tmp_path / "other.db", known) == rows(empty_store, known)


def test_a_file_without_mlflows_tables_is_told_from_a_store(tmp_path):
    file = tmp_path / "theirs.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE songs (title TEXT)")
    assert inside.tables_of_another(file) == ["songs"]
    with pytest.raises(sqlite3.Error, match="experiments"):
        inside.check_tables(file)


def test_what_is_written_by_mlflow_is_found_in_its_tables(tmp_path, empty_store):
    store = store_in(tmp_path, empty_store)
    file, experiment = tmp_path / "mlflow.db", store.experiment_id
    runs = {key: store.record_cell(record(key)) for key in ("a", "b")}
    cells = {"study.kind": "cell", "study.status": "finished"}
    assert inside.runs_with(file, experiment, cells, "study.key", "") == {run: key for key, run in runs.items()}
    assert inside.runs_with(file, experiment, cells, "study.key", "b") == {runs["b"]: "b"}
    assert inside.largest(file, experiment, "study.turn") == 2
    assert not inside.relocate(file, experiment, tmp_path / "artifacts")
    inside.multiply(file, ("study.kind", "cell"), "study.key", 3)
    found = inside.runs_with(file, experiment, cells, "study.key", "")
    copies = {f"copy{n:06d}" for n in range(3)}
    assert found == {run: run for run in (*runs.values(), *copies)}
    client = database.client(store.uri)
    assert client.get_run("copy000002").data.params == client.get_run(runs["a"]).data.params


def test_the_tags_are_mlflows():
    from mlflow.utils import mlflow_tags

    known = {value for name, value in vars(mlflow_tags).items() if name.startswith("MLFLOW_")}
    assert {inside.NOTE, inside.COMMIT, inside.SOURCE, inside.SOURCE_TYPE} <= known
    assert all(name.startswith(inside.HIDDEN) for name in (inside.NOTE, inside.COLOUR, inside.SAVED_VIEW, *inside.KIND))


def test_the_ui_knows_its_tags_and_what_its_address_says(program):
    names = {*EXPERIMENT_TAGS, inside.COLOUR, inside.NOTE}
    names = {inside.SAVED_VIEW if name.startswith(inside.SAVED_VIEW) else name for name in names}
    names |= {*inside.KIND.values(), inside.OPENED_VIEW, inside.OPENED_ON, inside.OPENED_AS, inside.OPENED_FILTER}
    names |= {inside.CREATED, inside.RUN_NAME.split("`")[1], "machine_learning", "CHART"}
    names |= {name.removesuffix("_v1") for name in inside.PREFERRED}  # it adds the version itself
    assert not {name for name in names if f'"{name}' not in program and f"`{name}" not in program}
    assert inside.OPENED_VIEW in page("", "1", "study")


def test_the_ui_knows_every_field_of_a_saved_view(program):
    """Of those with a fixed name: columns are called as tags and metrics are."""

    def fields(part: object) -> Iterator[str]:
        if isinstance(part, list):
            for item in part:
                yield from fields(item)
        elif isinstance(part, dict):
            for name, value in part.items():
                yield name
                if name != "columnWidths":
                    yield from fields(value)

    named = set()
    for key, view in EXPERIMENT_VIEWS.items():
        tag, text = view.tag(key)
        envelope = json.loads(text)
        assert tag == inside.SAVED_VIEW + key
        named |= set(envelope) | set(fields(json.loads(envelope["state"])))
    assert len(named) > 30
    assert not {name for name in named if not re.search(rf"\b{name}\b", program)}


def test_the_logger_that_is_silenced_is_the_one_that_prints():
    from mlflow.store.db import utils

    assert utils._logger.name == inside.LOUD
    assert "_logger.exception(" in Path(utils.__file__).read_text(encoding="utf-8")


@pytest.mark.parametrize(("host", "status"), [("localhost:5000", 200), ("10.example.org", 403)])
def test_mlflows_guards_let_in_who_names_this_machine(host, status):
    async def within(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    sent = []

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": "/", "headers": [(b"host", host.encode())]}
    asyncio.run(inside.guarded(within, ["localhost:*"])(scope, None, send))
    assert sent[0]["status"] == status
    if status == 200:
        assert b"x-frame-options" in {name.lower() for name, _ in sent[0]["headers"]}


PUBLIC = {"mlflow", "mlflow.entities", "mlflow.exceptions", "mlflow.tracking"}
"""What MLflow's reference describes of what is imported."""
TABLES = "|".join(inside.READ)
INSIDE = re.compile(rf"\b(FROM|JOIN|UPDATE|INTO) ({TABLES})\b|from mlflow\.|^mlflow\.(?!(db|log)$)")
"""Text that names a table in SQL, a module, a tag or a logger: not the names of a file."""


def insides(file: Path) -> Iterator[str]:
    """What a file names of MLflow's insides: modules, tables in SQL, tags, loggers."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "mlflow":
            yield from {node.module or ""} - PUBLIC
        elif isinstance(node, ast.Import):
            yield from {name.name for name in node.names if name.name.startswith("mlflow")} - PUBLIC
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and INSIDE.search(node.value):
            yield node.value


def test_one_file_alone_knows_the_insides_of_mlflow():
    known = {file.name for file in FILES if set(insides(file))}
    assert known == {"mlflow_internals.py"}
