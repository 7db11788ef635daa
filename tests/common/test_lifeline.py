"""Who is killed leaves nobody behind: parents are really killed here, and their children looked for."""

import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from study.common import lifeline
from study.common.paths import ROOT

pytestmark = pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")

FAMILY = """
import os, subprocess, sys, time
assert sys.argv[1:] == ["--told", "something"]
print(os.getpid(), subprocess.Popen(["sleep", "600"]).pid, flush=True)
time.sleep(600)
"""
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
PARENT = """
import os
from study.common import lifeline
lifeline.started("family", "--told", "something", environment=os.environ).wait()
"""
WORKERS = """
import os, time
from study.sweeps.workers import beside
if __name__ == "__main__":
    print(beside(os.getpid).result(), flush=True) if {quick} else beside(time.sleep, 600)
    import multiprocessing
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    time.sleep(600)
"""
JOBLIB = """
import os, time
from joblib import Parallel, delayed
from study.common.lifeline import end_with_parent
def worker(number):
    end_with_parent()
    end_with_parent()
    time.sleep(0.3)
    return os.getpid()
if __name__ == "__main__":
    print(*Parallel(2)(delayed(worker)(n) for n in range(2)), flush=True)
    time.sleep(600)
"""


def lives(pid: str) -> bool:
    """Whether a process runs: what has ended and is not yet waited for does not."""
    try:
        return "\nState:\tZ" not in Path("/proc", pid, "status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def gone(pids: list[str], patience: float = 15.0) -> bool:
    limit = time.monotonic() + patience
    while (left := [pid for pid in pids if lives(pid)]) and time.monotonic() < limit:
        time.sleep(0.05)
    return not left


@contextmanager
def parent(code: str, tmp_path: Path):
    """A process that runs some code, and the first line that it or its child prints, as words."""
    (tmp_path / "family.py").write_text(FAMILY)
    (tmp_path / "parent.py").write_text(code)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    command = [sys.executable, str(tmp_path / "parent.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            pids = process.stdout.readline().split()
            assert pids
            assert all(map(lives, pids))
            yield process, pids
        finally:
            process.kill()
            for pid in filter(lives, pids):
                os.kill(int(pid), signal.SIGKILL)


def test_what_was_started_and_what_that_started_end_with_a_killed_parent(tmp_path):
    with parent(PARENT, tmp_path) as (process, pids):
        assert len(pids) == 2
        process.kill()
        assert gone(pids)


def test_what_was_started_is_stopped_with_whatever_that_has_started(tmp_path):
    (tmp_path / "family.py").write_text(FAMILY)
    with (tmp_path / "said").open("w") as said:
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        process = lifeline.started("family", "--told", "something", environment=environment, said=said)
    while not (pids := (tmp_path / "said").read_text().split()):
        time.sleep(0.02)
    assert all(map(lives, pids))
    lifeline.stop(process)
    assert process.returncode == -signal.SIGTERM
    assert gone(pids, 2.0)


def test_one_that_does_not_listen_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(lifeline, "PATIENCE", 0.2)
    (tmp_path / "family.py").write_text(DEAF)
    with (tmp_path / "said").open("w") as said:
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        process = lifeline.started("family", environment=environment, said=said)
    while not (tmp_path / "said").read_text():
        time.sleep(0.02)
    lifeline.stop(process)
    assert process.returncode == -signal.SIGKILL


def test_the_worker_of_the_analysis_ends_with_it(tmp_path):
    """It waited for work for ever where its parent was killed."""
    with parent(WORKERS.format(quick=False), tmp_path) as (process, pids):
        assert len(pids) == 1
        process.kill()
        assert gone(pids)


def test_what_works_beside_gives_its_result_and_ends(tmp_path):
    with parent(WORKERS.format(quick=True), tmp_path) as (process, pids):
        assert gone(pids)
        assert process.poll() is None


def test_workers_of_joblib_end_with_their_parent(tmp_path):
    with parent(JOBLIB, tmp_path) as (process, pids):
        assert len(set(pids)) == 2
        process.kill()
        assert gone(pids)
