"""Where data files come from: the data folder, `../shared`, a download; every byte checked before it is used."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from study.common.errors import StudyError, shown
from study.common.paths import expanded
from study.common.paths import home as project_root
from study.data._download import Bar, Download
from study.data.base import DataCorruptError, DataUnavailableError

#: Seconds to wait for another process that is downloading the same files.
LOCK_TIMEOUT = 600.0

#: Makes the progress bar of the download of an address.
ProgressBar = Callable[[str], Bar]


@dataclass(frozen=True)
class FileRecord:
    """One file of a collection.

    Attributes:
        name: its name without `.gz`.
        sha256_gz: SHA-256 of `<name>.gz`, in lower-case hexadecimal.
        sha256: SHA-256 of the file unpacked.
    """

    name: str
    sha256_gz: str
    sha256: str


@dataclass(frozen=True)
class Collection:
    """Files that belong together, and where they may be had.

    Attributes:
        title: for messages, such as "MNIST".
        subfolder: where the files lie below a data folder, such as "mnist/raw".
        files: the files; all are needed.
        mirrors: addresses that `<name>.gz` is appended to, tried in this order; none: the files cannot be downloaded.
    """

    title: str
    subfolder: str
    files: tuple[FileRecord, ...]
    mirrors: tuple[str, ...]


def data_folder(folder: Path | str | None = None) -> Path:
    """Return the data folder: `folder` if given, else the environment's `STUDY_DATA`, else `data/` in the checkout."""
    if folder is not None and not isinstance(folder, (str, os.PathLike)):
        raise StudyError(f"folder={shown(folder)}: the path of a folder is needed")
    return expanded(folder or os.environ.get("STUDY_DATA") or project_root() / "data").resolve()


def places(collection: Collection, folder: Path | str | None = None) -> tuple[Path, ...]:
    """Return the folders in which the collection's files are looked for, in this order."""
    shared = project_root().parent / "shared" / "data"
    return data_folder(folder) / collection.subfolder, shared / collection.subfolder


def find(record: FileRecord, folders: tuple[Path, ...]) -> Path | None:
    """Return the first `<name>.gz` or `<name>` in `folders`, unopened; None if there is none."""
    for where in folders:
        for name in (f"{record.name}.gz", record.name):
            if (where / name).is_file():
                return where / name
    return None


def missing(collection: Collection, folder: Path | str | None = None) -> str | None:
    """Return None if every file lies in a local folder, else what was not found, where, and how to get it.

    Nothing is opened, hashed or downloaded.
    """
    folders = places(collection, folder)
    absent = [record.name for record in collection.files if find(record, folders) is None]
    if not absent:
        return None
    looked = " nor in ".join(str(where) for where in folders)
    command = f"`make data` downloads {collection.title}; or" if collection.mirrors else "there is no download;"
    return (
        f"{collection.title}: {', '.join(f'{name}.gz' for name in absent)} found neither in {looked}. "
        f"To get {'it' if len(absent) == 1 else 'them'}: {command} place the original files "
        f"(.gz or unpacked) in {folders[0]}; or name another data folder, which holds "
        f"{collection.subfolder}/, by the environment variable STUDY_DATA or by paths.data=FOLDER"
    )


def read(
    collection: Collection,
    folder: Path | str | None = None,
    *,
    download: bool | None = None,
    progress: ProgressBar | None = None,
) -> tuple[dict[str, bytes], str]:
    """Return the unpacked, verified bytes of every file by name, and where they lie.

    The bytes that are returned are the bytes that were hashed: no file is read twice.

    Args:
        collection: the files.
        folder: the data folder; see `data_folder`.
        download: whether files that lie nowhere may be downloaded; by default unless `STUDY_OFFLINE` is set.
        progress: called with an address, returns a progress bar for its download.

    Raises:
        DataUnavailableError: if a file is nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.
    """
    ensure(collection, folder, download=download, progress=progress)
    folders = places(collection, folder)
    contents, used = {}, []
    for record in collection.files:
        path = find(record, folders)
        if path is None:
            raise DataUnavailableError(f"{record.name} vanished while {collection.title} was being read; run again")
        contents[record.name] = read_verified(path, record)
        if str(path.parent) not in used:
            used.append(str(path.parent))
    return contents, ", ".join(used)


def read_verified(path: Path, record: FileRecord) -> bytes:
    """Return the unpacked bytes of the file at `path`, which is `<name>.gz` or `<name>`.

    Raises:
        DataCorruptError: if its SHA-256 is not the recorded one.
        DataUnavailableError: if it cannot be read.
    """
    packed = path.suffix == ".gz"
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataUnavailableError(f"{path} cannot be read: {error}") from error
    expected = record.sha256_gz if packed else record.sha256
    found = hashlib.sha256(content).hexdigest()
    if found != expected:
        raise DataCorruptError(
            f"{path} is truncated, corrupt or another file: SHA-256 expected {expected}, found {found} "
            f"({len(content)} bytes). Delete it and run `make data`, or put the original in its place"
        )
    return gzip.decompress(content) if packed else content


def ensure(
    collection: Collection,
    folder: Path | str | None = None,
    *,
    download: bool | None = None,
    progress: ProgressBar | None = None,
) -> None:
    """Download into the data folder whatever file lies in no local folder; parameters as in `read`.

    One process downloads at a time, behind a lock; the others wait and find the files there. A file appears
    under its name only when it is complete and its SHA-256 is right.

    Raises:
        DataUnavailableError: if a file is nowhere to be had.
    """
    reason = missing(collection, folder)
    if reason is None:
        return
    if not collection.mirrors:
        raise DataUnavailableError(reason)
    if download is None:
        download = os.environ.get("STUDY_OFFLINE", "0") in ("", "0")
    if not download:
        raise DataUnavailableError(f"{reason}. Downloads are off (STUDY_OFFLINE)")
    target = places(collection, folder)[0]
    try:
        target.mkdir(parents=True, exist_ok=True)
        with FileLock(target / ".lock", timeout=LOCK_TIMEOUT):
            for record in collection.files:
                if find(record, places(collection, folder)) is None:
                    _download(record, collection.mirrors, target, progress)
    except _MirrorsFailedError as error:
        raise DownloadFailedError(f"{reason}. Downloading failed: {error}", error.why) from error
    except Timeout as error:
        raise DataUnavailableError(f"{reason}. Another process has held {error.lock_file} for too long") from error
    except OSError as error:
        raise DownloadFailedError(f"{reason}. Downloading into {target} failed: {error}", str(error)) from error


class DownloadFailedError(DataUnavailableError):
    """Raised when files could not be downloaded.

    Attributes:
        why: in a few words.
    """

    def __init__(self, message: str, why: str) -> None:
        super().__init__(message)
        self.why = why


class _MirrorsFailedError(Exception):
    """Raised when no mirror gave the file; says what each answered, and in `why` without their addresses."""

    def __init__(self, failures: dict[str, str]) -> None:
        super().__init__("; ".join(f"{url}: {why}" for url, why in failures.items()) or "no mirror is known")
        self.why = "; ".join(dict.fromkeys(failures.values())) or "no mirror is known"


def _download(record: FileRecord, mirrors: tuple[str, ...], target: Path, progress: ProgressBar | None) -> None:
    """Fetch `<name>.gz` from the first mirror that has the right one; pooch verifies, then renames into place."""
    import pooch  # loads a progress bar that warns in notebooks; only a download needs it

    pooch.get_logger().setLevel("WARNING")  # its notices would run into the progress bar
    failures: dict[str, str] = {}
    for mirror in mirrors:
        url = f"{mirror}{record.name}.gz"
        downloader = Download(progress(url) if progress else None)
        try:
            pooch.retrieve(
                url, f"sha256:{record.sha256_gz}", fname=f"{record.name}.gz", path=target, downloader=downloader
            )
            return
        except OSError as error:
            failures[url] = error.strerror or str(error)
        except ValueError:  # pooch's word for it
            failures[url] = f"another file, its SHA-256 is not {record.sha256_gz}"
    raise _MirrorsFailedError(failures)
