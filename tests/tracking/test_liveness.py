"""Who lives is told of processes whose locks are in the same folder: not of another machine's, or another /tmp's."""

import multiprocessing
import os
import platform
import shutil
import time
from pathlib import Path

import pytest

from study.tracking import liveness, statuses
from tests.tracking.made import record, store_in

needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc")


@pytest.fixture
def places(tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
    return tmp_path / "here", tmp_path / "there"


def test_a_process_whose_locks_are_elsewhere_counts_as_living(places):
    here, there = places
    worker = liveness.own(there)
    assert liveness.lives(here, worker)
    assert liveness.lives(there, worker)


def test_a_process_that_has_ended_is_known_by_its_own_folder_alone(places):
    here, there = places
    ended = liveness.own(there).rpartition("-")[0] + "-0123456789ab"
    assert liveness.lives(here, ended)
    assert not liveness.lives(there, ended)


def test_a_machine_of_the_same_name_is_another_place(places, monkeypatch):
    monkeypatch.setattr(platform, "node", lambda: "node")
    here, there = (liveness.own(folder).rpartition("-")[0] for folder in places)
    assert here != there
    assert here == liveness.own(places[0]).rpartition("-")[0]


def _name(folder: str, told) -> None:
    told.send(liveness.own(Path(folder)))
    told.recv()


@pytest.fixture
def other(places):
    """Another process at work in the second place: its name, and how to end it."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_name, args=(str(places[1]), theirs))
    process.start()
    yield ours.recv(), process
    process.kill()
    process.join()


@needs_proc
def test_a_process_of_this_machine_is_asked_for_itself_where_its_folder_of_locks_is_lost(places, other):
    here, there = places
    worker, process = other
    for name in there.iterdir():
        name.unlink()
    assert liveness.state(there, worker) == liveness.LIVES
    assert liveness.state(here, worker) == liveness.LIVES
    shutil.rmtree(there)
    there.mkdir()
    assert liveness.state(there, worker) == liveness.LIVES
    process.kill()
    process.join()
    assert liveness.state(there, worker) == liveness.ENDED
    assert liveness.state(here, worker) == liveness.ENDED


@needs_proc
def test_another_process_with_its_id_is_not_the_one_that_has_ended(places, other):
    worker, _ = other
    pid, started, machine = worker.split("-")[-2].split(".")
    later = worker.replace(f"{pid}.{started}.", f"{pid}.{int(started) + 1}.")
    assert liveness.state(places[0], later) == liveness.ENDED
    rebooted = worker.replace(machine, "0" * 8)
    assert liveness.state(places[0], rebooted) == liveness.UNKNOWN
    assert liveness.state(places[0], "host-0123abcd-0123456789ab") == liveness.UNKNOWN  # of an older version


@needs_proc
def test_a_child_that_nobody_has_waited_for_has_ended(places):
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
        time.sleep(0.01)
    started = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    try:
        assert not liveness._runs(pid, started)
    finally:
        os.waitpid(pid, 0)


def test_a_run_of_which_nothing_can_be_known_is_given_up_after_a_week_and_says_so(empty_store, tmp_path, monkeypatch):
    store = store_in(tmp_path, empty_store)
    store.create()
    ours, theirs = (store.begin_cell(record(key).tags) for key in ("ours", "theirs"))
    client = store.statuses().runs.client
    client.set_tag(theirs, "study.worker", "elsewhere-0123abcd-0123456789ab")
    assert store.close_killed() == 0
    assert store.statuses().running() == {"ours", "theirs"}
    later = time.time() + 8 * 24 * 3600
    monkeypatch.setattr(statuses.time, "time", lambda: later)
    assert store.statuses().running() == {"ours"}
    assert store.close_killed() == 1
    assert client.get_run(ours).info.status == "RUNNING"
    found = client.get_run(theirs)
    assert found.info.status == "KILLED"
    assert "began 8 days ago" in found.data.tags["study.reason"]
    assert store.record_cell(record("theirs"), theirs) == theirs  # it lived after all
    assert store.finished("theirs") == theirs


@needs_proc
def test_runs_whose_folder_of_locks_is_lost_are_closed_and_those_of_the_living_are_not(
    empty_store, tmp_path, other, monkeypatch
):
    store = store_in(tmp_path / "store", empty_store)
    store.create()
    worker, process = other
    theirs, ours = (store.begin_cell(record(key).tags) for key in ("theirs", "ours"))
    store.statuses().runs.client.set_tag(theirs, "study.worker", worker)
    shutil.rmtree(store.statuses().locks)
    assert store.close_killed() == 0
    process.kill()
    process.join()
    assert store.close_killed() == 1
    assert store.statuses().running() == {"ours"}
    assert store.record_cell(record("ours"), ours) == ours
