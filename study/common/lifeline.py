"""Processes that end with their parent, whether an error, Ctrl+C or SIGKILL ends it.

Who is killed cannot tell its children. So a child reads a pipe whose other end its parent alone holds, and on which
nothing is ever written: the operating system closes it, and the child ends. Nothing but the standard library is
imported here, since `started` runs this file as a program.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from typing import IO

PATIENCE = 20.0
"""Seconds that a server has to finish what it was asked before it is killed."""
LOOK = 1.0
"""Seconds between two looks at who is the parent, where there is no pipe to wait on."""

_watched = threading.Lock()


def end_with_parent() -> None:
    """End this process, a worker of multiprocessing or of joblib, when its parent has ended; elsewhere do nothing."""
    parent = multiprocessing.parent_process()
    if parent is None or not _watched.acquire(blocking=False):  # asked for once
        return
    if isinstance(parent.sentinel, int):
        _when(lambda: wait([parent.sentinel]), lambda: os._exit(1))
    else:  # joblib's have no pipe
        _when(_orphaned, lambda: os._exit(1))


def started(
    module: str, *arguments: str, environment: Mapping[str, str], said: IO[str] | None = None
) -> subprocess.Popen[bytes]:
    """Start `python -m MODULE ...` in a process group that ends with this process.

    Args:
        module: that is run.
        arguments: of its command line.
        environment: of the process.
        said: what it writes goes there; None for where we write.
    """
    return subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__)), module, *arguments],  # -P: not from this file's folder
        env=environment,
        stdin=subprocess.PIPE,
        stdout=said,
        stderr=None if said is None else subprocess.STDOUT,
        start_new_session=True,
    )


def stop(process: subprocess.Popen[bytes]) -> None:
    """Stop a process of `started` and its children: by a request first, by a kill if that takes too long."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(PATIENCE)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # nobody is left (macOS: only what has ended)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin is not None:
        process.stdin.close()


def _when(happens: Callable[[], object], then: Callable[[], object]) -> None:
    def watch() -> None:
        happens()
        then()

    threading.Thread(target=watch, daemon=True, name="watch the parent").start()


def _orphaned() -> None:
    parent = os.getppid()
    while os.getppid() == parent:
        time.sleep(LOOK)


def _closed() -> None:
    while os.read(0, 1):
        pass


def main(arguments: Sequence[str]) -> None:
    """Run a module as a program, and kill this process group when standard input is closed."""
    _when(_closed, lambda: os.killpg(0, signal.SIGKILL))
    sys.argv = list(arguments)
    runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
