"""Real profiles, killed at random moments again and again: the tables in the end are those of an undisturbed run.

Two kills of nine quick cells by default; `make test-all` makes sixty, of the whole profile `smoke`.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from itertools import cycle
from pathlib import Path

import pytest

from study.cells.run import run_cell
from study.sweeps.missing_data import runnable, unavailable
from study.sweeps.plan import composed, tracked
from study.sweeps.profile import profile
from study.sweeps.workers import TRIES
from study.tracking import Store
from study.tracking.stores import store_of
from tests.few import few
from tests.tracking.made import store_in

KILLS = int(os.environ.get("STUDY_KILLS", "2"))
COMMAND, SWEEPS = (["tests.few"], few()) if KILLS <= 2 else (["study.reproduce", "smoke"], profile("smoke"))
ROOT = Path(__file__).parents[1]


def start(outputs: Path, workers: int) -> subprocess.Popen:
    command = [sys.executable, "-m", *COMMAND, "--jobs", str(workers), "--outputs", str(outputs)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def begun(outputs: Path) -> int:
    """The number of cells that have begun so far, as the database has it."""
    file = outputs / "mlflow" / "mlflow.db"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(file, timeout=60)) as connection:
        count = "SELECT count(*) FROM tags WHERE key = 'study.kind' AND value = 'cell'"
        return connection.execute(count).fetchone()[0]


def wait_for_a_moment(process: subprocess.Popen, outputs: Path, rng: random.Random) -> bool:
    """Wait: a while from the start, or into one of the next cells to begin; return whether the process still runs."""
    more, seconds = rng.randrange(4), rng.uniform(0.0, 1.0)
    goal = begun(outputs) + more
    while process.poll() is None and begun(outputs) < goal:
        time.sleep(0.02)
    time.sleep(seconds)  # plans, loads, trains, prunes or records
    return process.poll() is None


def workers_of(parent: int) -> list[int]:
    """The worker processes, without the process that tracks multiprocessing's resources."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def kill(process: subprocess.Popen, victim: str, rng: random.Random) -> str:
    """Kill a worker (the parent, where there is none yet), the parent or all of them, and say what was killed."""
    workers = workers_of(process.pid)
    if victim == "worker" and workers:
        os.kill(rng.choice(workers), signal.SIGKILL)
        return victim
    os.killpg(process.pid, signal.SIGKILL) if victim == "group" else os.kill(process.pid, signal.SIGKILL)
    process.wait()
    return "group" if victim == "group" else "parent"


def tables(outputs: Path) -> dict[str, list[str]]:
    """The digests of the tables of every cell: one where it was recorded once."""
    store = store_at(outputs)
    client = store._open().client
    wanted = "tags.`study.status` = 'finished' AND tags.`study.kind` = 'cell'"
    found: dict[str, list[str]] = {}
    for run in client.search_runs([store.experiment_id], wanted, max_results=1000):
        assert store.finished(run.data.tags["study.key"]) == run.info.run_id  # complete, and as the digests say
        found.setdefault(run.data.tags["study.key"], []).append(run.data.tags["study.tables_digest"])
    return found


def store_at(outputs: Path) -> Store:
    store = store_of(tracked(SWEEPS[0].into(outputs))[0])
    assert store is not None
    return store


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, empty_store) -> dict[str, list[str]]:
    """The tables of the same cells, one after another in this process."""
    outputs = tmp_path_factory.mktemp("undisturbed")
    store_in(outputs / "mlflow", empty_store)
    for sweep in runnable([s.into(outputs) for s in SWEEPS], unavailable(SWEEPS)):
        for job in sweep.jobs():
            run_cell(composed(job), alone=False)
    found = tables(outputs)
    assert len(found) >= 9
    assert all(len(digests) == 1 for digests in found.values())
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_a_profile_that_is_killed_again_and_again_ends_as_if_it_had_not_been(
    undisturbed, empty_store, tmp_path, capsys
):
    rng, kills, rounds = random.Random(0), Counter[str](), 0
    victims = cycle(("worker", "group", "worker", "parent"))
    while sum(kills.values()) < KILLS:
        outputs, rounds = tmp_path / f"killed{rounds}", rounds + 1
        if KILLS <= 2:  # none of which falls into the making of a store
            outputs.mkdir()
            store_in(outputs / "mlflow", empty_store)
        process, workers = start(outputs, 2), 0
        while process.poll() != 0:
            if process.poll() is not None:
                # A cell whose worker was killed that often is given up, and said so; the same command goes on.
                assert process.returncode < 0 or workers >= TRIES, "a run that was not killed has failed"
                process, workers = start(outputs, 2), 0
            if sum(kills.values()) == KILLS:
                process.wait()
            elif wait_for_a_moment(process, outputs, rng):
                kills[killed := kill(process, next(victims), rng)] += 1
                workers += killed == "worker"
        assert tables(outputs) == undisturbed
        store = store_at(outputs)
        assert store.statuses().running() == set()
        assert store.close_killed() == 0
        left = store._open().client.search_runs([store.experiment_id], "attributes.status = 'RUNNING'")
        assert not left
    with capsys.disabled():
        by = ", ".join(f"{n} of a {victim}" for victim, n in kills.items())
        print(
            f"\n{sum(kills.values())} kills ({by}) in {rounds} runs of {len(undisturbed)} cells: none lost, none twice"
        )


@pytest.mark.slow
def test_two_that_run_the_same_profile_at_once_record_every_cell_once(undisturbed, tmp_path):
    both = [start(tmp_path, 1) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    assert tables(tmp_path) == undisturbed
    store = store_at(tmp_path)
    assert store.statuses().running() == set()
    assert set(store.keys("failed")) == set()
    assert set(store.keys("killed")) <= set(undisturbed)  # those that the other had finished first
