"""What is taken from inside a process pool is there, as it was: an upgrade that moves it is told here."""

import ast
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import pytest

from study.common.paths import PACKAGE, ROOT
from study.common.pool_internals import kill_processes

LONG, SOON = 600, 30


def test_the_sleeping_processes_of_a_pool_are_killed_at_once():
    pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))
    asleep = [pool.submit(time.sleep, LONG) for _ in range(2)]
    processes = multiprocessing.active_children()
    assert len(processes) == 2
    kill_processes(pool)
    done, _ = wait(asleep, timeout=SOON)
    assert done == set(asleep)
    for future in asleep:
        with pytest.raises(BrokenProcessPool):
            future.result()
    pool.shutdown(wait=True, cancel_futures=True)
    for process in processes:
        process.join(SOON)
    assert not any(process.is_alive() for process in processes)


def test_a_pool_that_has_begun_no_process_has_none_to_kill():
    pool = ProcessPoolExecutor(1)
    kill_processes(pool)
    pool.shutdown()


def test_pythons_own_way_is_taken_where_there_is_one():
    class Later(ProcessPoolExecutor):
        killed = False

        def kill_workers(self) -> None:
            self.killed = True

    pool = Later(1)
    kill_processes(pool)
    assert pool.killed
    pool.shutdown()


def test_one_file_alone_knows_the_insides_of_a_pool():
    """Attributes of pools, futures and executors with an underscore before them are named in that file alone."""
    inside = {name for name in vars(ProcessPoolExecutor(1)) if name.startswith("_")}
    assert "_processes" in inside

    def named(node: ast.AST) -> str:
        if not isinstance(node, ast.Attribute) or (isinstance(node.value, ast.Name) and node.value.id == "self"):
            return ""
        return node.attr

    files = [*PACKAGE.rglob("*.py"), *(ROOT / "analysis").rglob("*.py"), *(ROOT / "hydra_plugins").rglob("*.py")]
    known = {file.name for file in files if inside & set(map(named, ast.walk(ast.parse(file.read_text()))))}
    assert known == {"pool_internals.py"}
