"""The private parts of process pools that the study uses; a test fails where a version of Python moves them."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor


def kill_processes(pool: ProcessPoolExecutor) -> None:
    """Kill the processes of a pool at once, whatever they are doing; the pool is of no use afterwards.

    Python has a public way from version 3.14 on.
    """
    if hasattr(pool, "kill_workers"):
        pool.kill_workers()
        return
    for process in list((pool._processes or {}).values()):
        process.kill()
