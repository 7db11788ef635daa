"""Where locks lie: beside a store's file, or in a folder that one user's processes share and nobody else can prepare.

Where that is does not depend on the session, so that a job of last night and a shell of today meet in it: it lies in
the user's cache, and not in `XDG_RUNTIME_DIR`, which batch jobs lack and a logout empties.
"""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import stat
import tempfile
from pathlib import Path

from filelock import FileLock

from study.common.errors import FORBIDDEN, StudyError

NOWHERE = (*FORBIDDEN, errno.ENOENT, errno.ENOTDIR)
"""Numbers of the errors of a home that is not there or may not be written to: a container's, a service's."""


def lock(folder: Path, name: str) -> FileLock:
    """Return a lock between the processes that see a folder.

    Raises:
        StudyError: when its file is a link, which is not followed.
    """
    file = folder / f"{name}.lock"
    if file.is_symlink():
        raise StudyError(f"{file} is a link, which is not followed; remove it, and it is made anew")
    return FileLock(file)


def own_folder(name: str) -> Path:
    """Return a folder that its user alone may enter, made if absent: in the user's cache, else in the temporary folder.

    Args:
        name: of the folder, without a slash.

    Raises:
        StudyError: when somebody else could have prepared it: it is a link or a file, another user's, or others may
            enter it.
    """
    user = os.geteuid()
    top = f"shrinking-study-{user}"  # `sudo` keeps the home of the user who called it: root's folder is another one
    for parent in (_cache(), Path(tempfile.gettempdir())):
        if parent is None:
            continue
        try:
            # One home may serve many machines: each has a folder of its own.
            folder = _entered(parent / top, user) / f"{platform.node() or 'host'}-{name}"
            folder.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            if error.errno in NOWHERE:
                continue
            raise StudyError(f"{parent / top} cannot be made ({error.strerror}); {_elsewhere()}") from error
        return folder
    raise StudyError(f"neither {_cache() or 'a cache folder'} nor {tempfile.gettempdir()} can be used; {_elsewhere()}")


def locks_beside(file: Path) -> Path:
    """Return the folder of the locks beside a store's file, made if absent.

    Raises:
        StudyError: when it cannot be made, or is a link: whoever hands over a store could lead its locks elsewhere.
    """
    folder = file.parent / "locks"
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        what = "a link" if folder.is_symlink() else "no folder"
        raise StudyError(f"{folder} is {what}, and locks are not written there; remove it, and it is made anew")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StudyError(f"the tracking store's folder {file.parent} cannot be written to ({error})") from error
    return folder


def _entered(folder: Path, user: int) -> Path:
    """Return a folder that is a user's own, made if absent.

    Raises:
        StudyError: when it is not.
        OSError: when it cannot be made.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    wrong = None
    if stat.S_ISLNK(found.st_mode):
        wrong = "is a link"
    elif not stat.S_ISDIR(found.st_mode):
        wrong = "is no folder"
    elif found.st_uid != user:
        wrong = f"belongs to user {found.st_uid}, not to {user}"
    elif stat.S_IMODE(found.st_mode) & 0o077:
        wrong = f"may be entered by others (mode {stat.S_IMODE(found.st_mode):03o}, not 700)"
    if wrong is not None:
        raise StudyError(f"{folder} {wrong}: somebody else may have prepared it; remove it, or {_elsewhere()}")
    return folder


def _cache() -> Path | None:
    """Return the user's cache folder; None where there is no home."""
    named, home = Path(os.environ.get("XDG_CACHE_HOME", "")), Path(os.path.expanduser("~"))
    if named.is_absolute():
        return named
    return home / ".cache" if home.is_absolute() else None


def _elsewhere() -> str:
    return "name another place in the environment: XDG_CACHE_HOME=FOLDER"
