"""What a run's manifest says, and its files: read as they lie there, without following a link out of the folder."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path, PurePosixPath

from study.common.errors import StudyError, said
from study.tracking.artefacts import MANIFEST, NEXT

BESIDE = ("config.yaml", "environment.json", "trajectory.csv", "figures/*.png")
"""Files that a run of an older manifest, which does not list them, may have beside those it needs."""
PARQUET = b"PAR1"
"""What a parquet file begins and ends with."""


class DamagedError(StudyError):
    """A run's files are not what they were when it was recorded."""


@dataclass(frozen=True)
class Manifest:
    """What a manifest says.

    Attributes:
        digest: of the tables, or of the network.
        files: path -> SHA-256 of the files without which the run is not whole.
        sizes: path -> bytes; empty in older ones.
        beside: path -> SHA-256 of files for people; None in older ones, which do not say.
    """

    digest: str
    files: dict[str, str]
    sizes: dict[str, int] = field(default_factory=dict)
    beside: dict[str, str] | None = None

    @classmethod
    def parsed(cls, content: bytes) -> Manifest:
        """Return the manifest of a file's content.

        Raises:
            DamagedError: when it is none, or names a file outside of its folder.
        """
        try:
            found = json.loads(content)
            beside = found.get("beside")
            made = cls(
                str(found["digest"]),
                dict(found["files"]),
                {path: int(size) for path, size in dict(found.get("sizes", {})).items()},
                None if beside is None else dict(beside),
            )
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise DamagedError(f"{MANIFEST} is no manifest ({type(error).__name__})") from error
        for path in (*made.files, *(made.beside or ())):
            checked(path)
        return made

    def check(self, digest: str, needed: frozenset[str] | set[str]) -> None:
        """Raise DamagedError where it is about something else, or lacks a file that is needed."""
        if self.digest != digest:
            raise DamagedError(f"{MANIFEST} is about other content than the run")
        there = {f"tables/{PurePosixPath(path).name}" for path in self.files}  # those added later have a folder there
        if missing := sorted(needed - set(self.files) - there):
            raise DamagedError(f"{MANIFEST} lacks {', '.join(missing)}")

    def check_sizes(self, size_of: Callable[[str], int]) -> None:
        """Raise DamagedError where a file has not the size that it was written with, or is empty."""
        for path in self.files:
            size = size_of(path)
            if size == 0:
                raise DamagedError(f"{path} is empty")
            if size != self.sizes.get(path, size):
                raise DamagedError(f"{path} has {size} bytes, not the {self.sizes[path]} that it was written with")


def checked(path: str) -> str:
    """Return a path relative to a run's folder.

    Raises:
        DamagedError: for one that leads out of it.

    >>> checked("tables/events.parquet")
    'tables/events.parquet'
    """
    parts = PurePosixPath(path).parts
    if not path or "\0" in path or "\\" in path or path.startswith("/") or ".." in parts or ":" in parts[0]:
        raise DamagedError(f"{MANIFEST} names {path!r}, which is no file of the run")
    return path


def found(folder: Path, path: str) -> os.stat_result:
    """Return the status of a run's file.

    Raises:
        DamagedError: when it, or a folder on the way to it, is not there, or is something else, as a link.
    """
    at, parts = folder, PurePosixPath(path).parts
    for last, part in enumerate(parts, 1 - len(parts)):
        at = at / part
        try:
            status = at.lstat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise DamagedError(f"{path} is not there") from error
        except (OSError, ValueError) as error:
            raise DamagedError(f"{path} cannot be read ({said(error)})") from error
        if not (stat.S_ISDIR(status.st_mode) if last else stat.S_ISREG(status.st_mode)):
            what = "a link" if stat.S_ISLNK(status.st_mode) else "something else"
            raise DamagedError(f"{path} is no file of the run, but {what}")
    if not os.access(at, os.R_OK):
        raise DamagedError(f"{path} may not be read: change its permissions")
    return status


def content(folder: Path, path: str) -> bytes:
    """Return the content of a run's file; errors as `found`."""
    found(folder, path)
    try:
        opened = os.open(folder / path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(opened, "rb") as file:
            return file.read()
    except OSError as error:
        raise DamagedError(f"{path} cannot be read ({said(error)})") from error


def read_manifest(folder: Path, digest: str | None = None) -> Manifest:
    """Return the manifest of a run's folder; errors as `found` and `Manifest.parsed`.

    Args:
        folder: of the run's files.
        digest: of the run's tag; of two manifests, that of this digest counts (see `trajectories.Trajectories.add`).
    """
    return Manifest.parsed(counting(partial(content, folder), digest))


def counting(content_of: Callable[[str], bytes], digest: str | None) -> bytes:
    """Return the content of the one of a run's two manifests that counts.

    Args:
        content_of: returns that of a file, or raises DamagedError.
        digest: of the run's tag; None for the manifest that always is there.
    """
    usual = content_of(MANIFEST)
    if digest is None or Manifest.parsed(usual).digest == digest:
        return usual
    try:
        following = content_of(NEXT)
        return following if Manifest.parsed(following).digest == digest else usual
    except DamagedError:
        return usual


def as_written(manifest: Manifest, folder: Path, path: str) -> bytes:
    """Return the content of a file that a manifest lists.

    Raises:
        DamagedError: when it is not there, or not as it was written.
    """
    there = content(folder, path)
    if hashlib.sha256(there).hexdigest() != (manifest.files | (manifest.beside or {}))[path]:
        raise DamagedError(f"{path} is not as it was written")
    return there


def beside(folder: Path) -> dict[str, bytes]:
    """Return path -> content of the files for people that are as they were written, those that a manifest names.

    Raises:
        DamagedError: when one is something else than a file.
    """
    manifest = read_manifest(folder)
    if manifest.beside is None:
        named = [path.relative_to(folder).as_posix() for pattern in BESIDE for path in sorted(folder.glob(pattern))]
        return {path: content(folder, path) for path in named}
    there = {path: content(folder, path) for path in manifest.beside if os.path.lexists(folder / path)}
    return {path: held for path, held in there.items() if hashlib.sha256(held).hexdigest() == manifest.beside[path]}


def no_links(folder: Path) -> None:
    """Raise DamagedError where there is a link in a run's folder, at any depth: none was ever written."""
    for at, folders, files in os.walk(folder):
        for name in (*folders, *files):
            if (path := Path(at, name)).is_symlink():
                raise DamagedError(f"{path.relative_to(folder)} is a link: nothing is read through links")


def ends_well(folder: Path, path: str, size: int) -> None:
    """Raise DamagedError for a parquet file of an older manifest, which tells no sizes, that was cut or overwritten."""
    if not path.endswith(".parquet"):
        return
    try:
        with (folder / path).open("rb") as file:
            begin = file.read(4)
            file.seek(max(size - 8, 0))
            end = file.read(8)
    except OSError as error:
        raise DamagedError(f"{path} cannot be read ({said(error)})") from error
    if begin != PARQUET or end[4:] != PARQUET or int.from_bytes(end[:4], "little") > size - 12:
        raise DamagedError(f"{path} is no whole parquet file")
