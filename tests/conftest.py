import contextlib
import os
import sqlite3

import pytest

from study.tracking import Store, database
from tests.once import once
from tests.tracking.made import store_in

LONGEST = (
    *("tests/servers/test_server.py", "tests/test_kills.py", "tests/hostile/test_command_line.py"),
    *("tests/scale/test_launchers.py", "tests/sweeps/test_plan.py", "tests/analysis/test_selftest.py"),
    *("tests/benchmark/test_scoring.py", "tests/authors/test_compare.py", "tests/browser/test_ui_pages.py"),
    *("tests/analysis/report/test_page.py", "tests/hostile/test_files.py", "tests/hostile/test_commands.py"),
    *("tests/analysis/test_notebooks.py", "tests/tracking/test_store.py", "tests/servers/test_ui.py"),
)
"""Files that take longest: begun first, no process waits for another at the end."""


def pytest_configure():
    os.environ["STUDY_OFFLINE"] = "1"  # no test downloads anything, but for those that bring their own server


def pytest_collection_modifyitems(items):
    place = {file: number for number, file in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.nodeid.partition("::")[0], len(place)))


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory):
    """The file of a store without a run; making one takes seconds: copy it (`tests.tracking.made.store_in`)."""
    folder = once(tmp_path_factory, "empty", lambda place: Store(f"sqlite:///{place}/mlflow.db").create())
    return folder / "mlflow.db"


@pytest.fixture
def ready_stores(empty_store, monkeypatch):
    """A store that is not there yet is a copy of an empty one; MLflow's migrations take seconds."""
    real = database.create_or_upgrade

    def create_or_upgrade(file):
        with contextlib.suppress(OSError, sqlite3.Error):  # of a folder that cannot be: said by the real one
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                store_in(file.parent, empty_store, file.name)
                return
        real(file)

    monkeypatch.setattr(database, "create_or_upgrade", create_or_upgrade)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """The folder of a self-test of twenty draws, which take seconds: every report has it there."""
    from analysis.selftest import rates_once

    return once(tmp_path_factory, "selftest", lambda folder: rates_once(folder, 20))


@pytest.fixture(scope="session")
def outputs(tmp_path_factory, empty_store):
    """The folder of outputs of the cells one after another in the process of the command: Hydra's basic launcher."""

    from tests.scale.sweeps import sweep

    def make(folder):
        store_in(folder / "mlflow", empty_store)
        sweep(f"paths.outputs={folder}")

    return once(tmp_path_factory, "basic", make)
