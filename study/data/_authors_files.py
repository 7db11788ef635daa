"""The authors' files: found in the data folder or beside the checkout, else downloaded, checked before they are used.

Nothing of theirs is part of this project (their repository names no licence). `authors_manifest.csv` says which files
there are, where in their public repository, and the checksums of those that we have seen.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from filelock import FileLock, Timeout

from study.common.errors import StudyError
from study.data import _sources
from study.data._download import Download
from study.data.base import DataCorruptError, DataUnavailableError

KINDS = ("models", "data", "results")

BASE = "https://raw.githubusercontent.com/nikwolfe7/neural-network"
"""Where the public repository's files are: `<BASE>/<commit>/<path>`."""

COMMIT = "bfb764a241efd21b47b4c375e5f823ffc0d61603"
"""The last commit. Files moved about: the manifest gives for each a commit that has it at its path there; where it
gives none, the path is presumed to be that of its kin at this one.
"""

LARGEST = 64 * 2**20
"""Bytes, unpacked, that a file of theirs may have whose size is not known; the largest known has 4 million."""

MANIFEST = Path(__file__).with_name("authors_manifest.csv")


@dataclass(frozen=True)
class Entry:
    """One file of the manifest.

    Attributes:
        kind: "models", "data" or "results".
        name: as the file is called here, without `.gz`.
        commit: a commit of the repository that has the file, 40 hexadecimal digits; "" for `COMMIT`.
        path: the file's path there; "" where it is not known.
        bytes: size of the file unpacked; None where it is not known.
        sha256: checksum of the file unpacked; "" where it is not known.
    """

    kind: str
    name: str
    commit: str
    path: str
    bytes: int | None
    sha256: str

    @property
    def url(self) -> str | None:
        """The file's public address; None where it is not known."""
        return f"{BASE}/{self.commit or COMMIT}/{self.path}" if self.path else None


@cache
def manifest() -> dict[tuple[str, str], Entry]:
    """Return the files of the manifest by kind and name."""
    with MANIFEST.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    entries: dict[tuple[str, str], Entry] = {}
    for row in rows:
        size = int(row["bytes"]) if row["bytes"] else None
        entry = Entry(row["kind"], row["name"], row["commit"], row["path"], size, row["sha256"])
        entries[entry.kind, entry.name] = entry
    return entries


def places(kind: str, folder: Path | str | None = None) -> tuple[Path, Path]:
    """Return the folders in which files of a kind are looked for, in this order; downloads go into the first.

    Args:
        kind: "models", "data" or "results".
        folder: the data folder; by default the environment's `STUDY_DATA`, else `data/` in the checkout.
    """
    shared = _sources.project_root().parent / "shared" / "data"
    return _sources.data_folder(folder) / "authors" / kind, shared / "authors" / kind


def find(
    kind: str, name: str, folder: Path | str | None = None, *, unverified: bool = False, download: bool | None = None
) -> Path:
    """Return where a file is, `<name>` or `<name>.gz`, verified where its checksum is known.

    Args:
        kind: "models", "data" or "results".
        name: the file's name without `.gz`, such as "diamond.network.dnn".
        folder: the data folder; see `places`.
        unverified: whether a file may be downloaded whose checksum is not known.
        download: whether it may be downloaded at all; by default unless `STUDY_OFFLINE` is set.

    Raises:
        DataUnavailableError: if it is nowhere to be had.
        DataCorruptError: if it is not the file that it should be.
    """
    return _located(kind, name, folder, unverified, download)[0]


def read(
    kind: str, name: str, folder: Path | str | None = None, *, unverified: bool = False, download: bool | None = None
) -> bytes:
    """Return the unpacked bytes of a file; parameters and errors as `find`. What is returned is what was hashed."""
    return _located(kind, name, folder, unverified, download)[1]


def missing(wanted: Sequence[tuple[str, str]], folder: Path | str | None = None) -> str | None:
    """Return None if all files lie in a local folder, else what was not found, where, and how to get it.

    Nothing is opened, hashed or downloaded.

    Args:
        wanted: kinds and names.
        folder: the data folder; see `places`.
    """
    absent = [(kind, name) for kind, name in wanted if _local(kind, name, folder) is None]
    if not absent:
        return None
    first, second = places(absent[0][0], folder)
    names = ", ".join(name for _, name in absent)
    addresses = [e.url for pair in absent if (e := manifest().get(pair)) is not None and e.url and e.sha256]
    fetched = f"; {', '.join(addresses)} are fetched by `make authors`" if len(addresses) == len(absent) else ""
    return (
        f"{names} of the authors' public repository found neither in {first} nor in {second}. To get "
        f"{'it' if len(absent) == 1 else 'them'}: place the original (or .gz) in {first}{fetched}"
    )


def _located(
    kind: str, name: str, folder: Path | str | None, unverified: bool, download: bool | None
) -> tuple[Path, bytes]:
    if kind not in KINDS:
        raise StudyError(f"unknown kind of file {kind!r}; known: {', '.join(KINDS)}")
    if not name or Path(name).name != name:
        raise StudyError(f"{name!r} is not the name of a file")
    name = name.removesuffix(".gz")
    entry = manifest().get((kind, name))
    path = _local(kind, name, folder) or _fetch(kind, name, entry, folder, unverified, download)
    return path, _verified(path, entry)


def _local(kind: str, name: str, folder: Path | str | None) -> Path | None:
    paths = (where / each for where in places(kind, folder) for each in (name, f"{name}.gz"))
    return next((path for path in paths if path.is_file()), None)


def _verified(path: Path, entry: Entry | None) -> bytes:
    """Return a file's unpacked bytes, which are those of the manifest if it has their checksum."""
    limit = LARGEST if entry is None or entry.bytes is None else entry.bytes
    try:
        content = _read(path, limit)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataCorruptError(f"{path} is truncated or corrupt: {error}. Delete it, and fetch it again") from error
    except OSError as error:
        raise DataUnavailableError(f"{path} cannot be read: {error}") from error
    if len(content) > limit:
        raise DataCorruptError(
            f"{path} is truncated, corrupt or another file: at most {limit} bytes (unpacked) are expected, and it has "
            "more. Delete it, and fetch it again"
        )
    if entry is not None and entry.sha256:
        found = hashlib.sha256(content).hexdigest()
        if found != entry.sha256:
            raise DataCorruptError(
                f"{path} is truncated, corrupt or another file: SHA-256 (unpacked) expected {entry.sha256} "
                f"({entry.bytes} bytes), found {found} ({len(content)} bytes). Delete it, and fetch it again"
            )
    return content


def _read(path: Path, limit: int) -> bytes:
    """Return a file's unpacked bytes, or the first `limit + 1` of them: what is larger is not held in memory."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as stream:
        return stream.read(limit + 1)


def _fetch(
    kind: str, name: str, entry: Entry | None, folder: Path | str | None, unverified: bool, download: bool | None
) -> Path:
    """Download a file into the data folder, behind a lock; it appears under its name only when complete."""
    first, second = places(kind, folder)
    missing = f"{name} found neither in {first} nor in {second} (nor {name}.gz)"
    by_hand = f"Place it in {first}, or name another data folder, which holds authors/{kind}/, by STUDY_DATA"
    if entry is None:
        raise DataUnavailableError(f"{missing}, and the manifest {MANIFEST} does not list it. {by_hand}")
    if entry.url is None:
        raise DataUnavailableError(f"{missing}, and no public address of it is known. {by_hand}")
    if download is None:
        download = os.environ.get("STUDY_OFFLINE", "0") in ("", "0")
    if not download:
        raise DataUnavailableError(f"{missing}. Downloads are off (STUDY_OFFLINE). {by_hand}, or download {entry.url}")
    if not entry.sha256 and not unverified:
        raise DataUnavailableError(
            f"{missing}. Its checksum is not known, so {entry.url} is only downloaded when that is asked for: "
            f"python -m study.authors --unverified. {by_hand}"
        )
    try:
        first.mkdir(parents=True, exist_ok=True)
        with FileLock(first / ".lock", timeout=_sources.LOCK_TIMEOUT):
            found = _local(kind, name, folder)  # another process may have been faster
            return found or _retrieved(entry, first)
    except Timeout as error:
        raise DataUnavailableError(f"{missing}. Another process has held {error.lock_file} for too long") from error
    except (OSError, ValueError) as error:  # requests' errors are OSErrors; a wrong checksum is a ValueError
        raise DataUnavailableError(f"{missing}. Downloading {entry.url} failed: {error}. {by_hand}") from error


def _retrieved(entry: Entry, folder: Path) -> Path:
    """Download under another name, verify, rename into place: pooch does all three."""
    import pooch  # see data/_sources.py

    pooch.get_logger().setLevel("ERROR")  # it would print a checksum to pin
    known = f"sha256:{entry.sha256}" if entry.sha256 else None
    return Path(pooch.retrieve(entry.url, known, fname=entry.name, path=folder, downloader=Download()))
