"""Real profiles, killed at random moments again and again: the tables in the end are those of an undisturbed run.

Two kills by default; `make test-all` makes sixty.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from study.plans import profile, runnable, tracked, unavailable
from study.run import store_of
from study.tracking import Store
from study.workers import TRIES

KILLS = int(os.environ.get("STUDY_KILLS", "2"))
ROOT = Path(__file__).parents[1]


def start(outputs: Path) -> subprocess.Popen:
    command = [sys.executable, "-m", "study.reproduce", "smoke", "--jobs", "2", "--outputs", str(outputs)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def workers_of(parent: int) -> list[int]:
    """The worker processes, without the process that tracks multiprocessing's resources."""
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def kill(process: subprocess.Popen, rng: random.Random) -> str:
    """Kill a worker, the parent or all of them, and say what was killed."""
    workers = workers_of(process.pid)
    victim = rng.choice(["worker", "worker", "parent", "group"]) if workers else rng.choice(["parent", "group"])
    if victim == "worker":
        os.kill(rng.choice(workers), signal.SIGKILL)
        return victim
    os.kill(process.pid, signal.SIGKILL) if victim == "parent" else os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return victim


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
    store = store_of(tracked(profile("smoke")[0].into(outputs))[0])
    assert store is not None
    return store


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_a_profile_that_is_killed_again_and_again_ends_as_if_it_had_not_been(tmp_path, capsys):
    assert runnable(profile("smoke"), unavailable(profile("smoke")))
    undisturbed, began = tmp_path / "undisturbed", time.monotonic()
    assert start(undisturbed).wait() == 0
    whole = time.monotonic() - began
    expected = tables(undisturbed)
    assert all(len(digests) == 1 for digests in expected.values())
    rng, kills, rounds = random.Random(0), Counter[str](), 0
    while sum(kills.values()) < KILLS:
        outputs, rounds = tmp_path / f"killed{rounds}", rounds + 1
        process, workers = start(outputs), 0
        while process.poll() != 0:
            if process.poll() is not None:
                # A cell whose worker was killed that often is given up, and said so; the same command goes on.
                assert process.returncode < 0 or workers >= TRIES, "a run that was not killed has failed"
                process, workers = start(outputs), 0
            until = time.monotonic() + whole * rng.uniform(0.05, 0.6)  # while it starts, plans, computes, records
            while process.poll() is None and time.monotonic() < until:
                time.sleep(0.05)
            if process.poll() is None and sum(kills.values()) < KILLS:
                kills[killed := kill(process, rng)] += 1
                workers += killed == "worker"
        assert tables(outputs) == expected
        store = store_at(outputs)
        assert store.standing().running() == set()
        assert store.close_killed() == 0
        left = store._open().client.search_runs([store.experiment_id], "attributes.status = 'RUNNING'")
        assert not left
    with capsys.disabled():
        by = ", ".join(f"{n} of a {victim}" for victim, n in kills.items())
        print(f"\n{sum(kills.values())} kills ({by}) in {rounds} runs of {len(expected)} cells: none lost, none twice")


@pytest.mark.slow
def test_two_that_run_the_same_profile_at_once_record_every_cell_once(tmp_path):
    both = [start(tmp_path) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    found = tables(tmp_path)
    assert len(found) >= 36
    assert all(len(digests) == 1 for digests in found.values())
    store = store_at(tmp_path)
    assert store.standing().running() == set()
    assert set(store.keys("failed")) == set()
    assert set(store.keys("killed")) <= set(found)  # those that the other had finished first
