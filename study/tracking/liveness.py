"""Which process a run belongs to, and whether that process still lives.

Every process that records holds a lock on a file of its own, `worker-<name>.lock` beside the store's other locks. The
operating system lets go of it however the process ends, so that a run whose process was killed can be told from one
that is still at work, by any process that sees the same folder of locks. The name begins with the place, which names
that folder, not only the host: a job of a cluster may have a /tmp of its own, and two machines or containers may have
one name. A folder of locks may be lost. So the name holds the process, too: its id, when it started, and the machine
since when it runs; on that very machine, it is asked for itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import re
import uuid
from pathlib import Path

from filelock import FileLock, Timeout

from study.common.errors import StudyError
from study.tracking.locks import lock

NAME = re.compile(
    r"(?P<place>.+-[0-9a-f]{8})-(?:(?P<pid>\d+)\.(?P<start>\d+)\.(?P<machine>[0-9a-f]{8})-)?(?P<number>[0-9a-f]{12})"
)
"""A process in a store; older ones, and those of systems without /proc, are without the middle part."""
LIVES, ENDED, UNKNOWN = "lives", "ended", "unknown"
"""What can be said of a process; unknown is one of another machine, or of a folder of locks that is not there."""

_held: dict[tuple[int, Path], FileLock] = {}


def own(folder: Path) -> str:
    """Return the name of this process in a store whose locks are in a folder; it lives from now on.

    Args:
        folder: of the locks; it exists.
    """
    place = os.getpid(), folder
    if place not in _held:
        started, machine = _started(os.getpid()), _machine()
        process = f"{os.getpid()}.{started}.{machine}-" if started and machine else ""
        held = FileLock(folder / f"worker-{_place(folder)}-{process}{uuid.uuid4().hex[:12]}.lock")
        held.acquire()
        _held[place] = held
    return Path(_held[place].lock_file).stem.removeprefix("worker-")


def state(folder: Path, worker: str) -> str:
    """Return whether a process `LIVES`, has `ENDED`, or is `UNKNOWN`; the file of one that has ended is removed."""
    place, name, file = _place(folder), NAME.fullmatch(worker), folder / f"worker-{worker}.lock"
    if name is None or file.parent != folder or file.is_symlink():  # a store that was handed over may hold any name
        return UNKNOWN
    here, ours = name["place"] == place, _is_ours(file.name)
    if here and file.exists():
        return LIVES if ours or _is_held(file) else ENDED
    if ours:
        return LIVES
    if name["machine"] == _machine() is not None and int(name["pid"]) != os.getpid():
        # Its folder, or its file, was lost: it is asked for itself.
        return LIVES if _runs(int(name["pid"]), int(name["start"])) else ENDED
    return ENDED if here else UNKNOWN


def lives(folder: Path, worker: str) -> bool:
    """Say whether a process lives; one of which nothing is known counts as living."""
    return state(folder, worker) != ENDED


def _is_ours(file: str) -> bool:
    return any(Path(held.lock_file).name == file for (pid, _), held in _held.items() if pid == os.getpid())


def _is_held(file: Path) -> bool:
    try:
        with FileLock(file, timeout=0):
            with contextlib.suppress(OSError):
                file.unlink()
            return False
    except Timeout:
        return True


def _runs(pid: int, started: int) -> bool:
    """Say whether a process of this machine is there, and not another one that was given its id since."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        pass
    return _started(pid) in (started, None)  # None: it is there, and may not be looked at


def _started(pid: int) -> int | None:
    """Return when a process started, in ticks since the machine did; 0 for one that has ended, None where unknown."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (OSError, ValueError):
        return None
    return 0 if status[0] in "ZX" else int(status[19])


def _machine() -> str | None:
    """Return this machine since it was started, as processes of one namespace see it; None where it does not say."""
    try:
        facts = Path("/proc/sys/kernel/random/boot_id").read_text() + os.readlink("/proc/self/ns/pid")
    except OSError:
        return None
    return hashlib.sha256(facts.encode()).hexdigest()[:8]


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
