"""Worker processes: every item once, in any order, and a killed process costs nothing but its own item."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from study.sweeps.workers import WorkerLostError, Workers


def double(number: int) -> int:
    return 2 * number


def process(number: int) -> int:
    time.sleep(0.05)
    return os.getpid()


def refuse(number: int) -> int:
    raise ValueError(f"no {number}")


def killed_the_first_time(path: Path) -> str:
    if not path.exists():
        path.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return path.name


def killed_always(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def negative(number: int, error: Exception) -> int:
    assert "killed" in str(error)
    return -number


def test_every_item_is_worked_on_once_by_processes_that_stay():
    with Workers(2) as workers:
        assert sorted(workers.each(double, range(20))) == [2 * n for n in range(20)]
        first, again = (set(workers.each(process, range(20))) for _ in range(2))
    assert first == again
    assert len(first) == 2
    assert os.getpid() not in first


def test_one_worker_is_this_process():
    with Workers(1) as workers:
        assert list(workers.each(process, [1])) == [os.getpid()]


def test_what_an_item_raises_is_raised_here():
    with pytest.raises(ValueError, match="no 7"), Workers(2) as workers:
        list(workers.each(refuse, [7]))


def test_a_killed_process_is_replaced_and_its_items_are_worked_on_again(tmp_path):
    paths = [tmp_path / str(n) for n in range(3)]
    with Workers(2) as workers:
        assert sorted(workers.each(killed_the_first_time, paths)) == ["0", "1", "2"]


def test_an_item_that_kills_its_process_every_time_is_given_up_alone():
    with Workers(2) as workers:
        found = list(workers.each(killed_always, range(8), lost=negative))
    assert sorted(found) == [-3, 0, 1, 2, 4, 5, 6, 7]
    with pytest.raises(WorkerLostError, match="killed 3 times"), Workers(2) as workers:
        list(workers.each(killed_always, range(8)))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
def test_workers_end_with_their_parent_however_it_ends():
    code = (
        "from study.sweeps.workers import Workers\n"
        "from tests.sweeps.test_workers import process\n"
        "if __name__ == '__main__':\n"
        "    with Workers(2) as w:\n"
        "        print(*set(w.each(process, range(8))), flush=True)\n"
        "        import time; time.sleep(60)\n"
    )
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root, env=os.environ | {"PYTHONPATH": "."}
    ) as parent:
        pids = parent.stdout.readline().split()
        assert len(pids) == 2
        assert all(Path("/proc", pid).exists() for pid in pids)
        parent.kill()
    deadline = time.monotonic() + 10
    while any(Path("/proc", pid).exists() for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not any(Path("/proc", pid).exists() for pid in pids)
