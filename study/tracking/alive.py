"""Which process a run belongs to, and whether that process still lives.

Every process that records holds a lock on a file of its own, `worker-<place>-<id>.lock` beside the store's other locks.
The operating system lets go of it however the process ends, so that a run whose process was killed can be told from
one that is still at work, by any process that sees the same folder of locks. The place names that folder, not only the
host: a job of a cluster may have a /tmp of its own, and two machines or containers may have one name.
"""

from __future__ import annotations

import contextlib
import os
import platform
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from study.errors import StudyError
from study.tracking.locks import lock

_held: dict[tuple[int, Path], FileLock] = {}


def own(folder: Path) -> str:
    """Return the name of this process in a store whose locks are in a folder; it lives from now on.

    Args:
        folder: of the locks; it exists.
    """
    place = os.getpid(), folder
    if place not in _held:
        held = FileLock(folder / f"worker-{_place(folder)}-{uuid.uuid4().hex[:12]}.lock")
        held.acquire()
        _held[place] = held
    return Path(_held[place].lock_file).stem.removeprefix("worker-")


def lives(folder: Path, worker: str) -> bool:
    """Say whether a process lives; one whose locks are in another folder cannot be asked, and counts as living.

    The file of a process that has ended is removed.
    """
    if worker.rpartition("-")[0] != _place(folder):
        return True
    file = folder / f"worker-{worker}.lock"
    if file.parent != folder:  # a name out of a store that was handed over may lead anywhere
        return True
    if not file.exists():
        return False
    if any(str(file) == held.lock_file for (process, _), held in _held.items() if process == os.getpid()):
        return True
    try:
        with FileLock(file, timeout=0):
            with contextlib.suppress(OSError):
                file.unlink()
            return False
    except Timeout:
        return True


def _place(folder: Path) -> str:
    """Return the host and a number that the folder was given by the first that asked."""
    file = folder / "place"
    if not file.exists():
        with lock(folder, "place"):
            if not file.exists():
                part = folder / f"place-{uuid.uuid4().hex[:12]}.part"
                with part.open("x") as stream:  # never through a link
                    stream.write(uuid.uuid4().hex[:8])
                part.replace(file)
    if file.is_symlink():
        raise StudyError(f"{file} is a link, which is not followed; remove it, and it is made anew")
    return f"{platform.node() or 'host'}-{file.read_text()}"
