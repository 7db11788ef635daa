"""Checks the files of finished runs, by their sizes or by every digest.

What `make reproduce` calls finished, what a sweep skips, what `study.move` copies and what the analysis reads is
decided here and nowhere else. At a glance the manifest has to be there and to be about what the run's tag says, and
every file that it lists has to be there in its size: a status a file. By every digest, each file is read, and the
tables' digest is computed anew, so that a forged table with a renewed checksum is found, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from study.common.errors import said
from study.records import ON_DEMAND, TABLES
from study.tracking import lookup
from study.tracking.digest import arrow_digest
from study.tracking.manifest import DamagedError, Manifest, as_written, counting, ends_well, found, read_manifest
from study.tracking.runs import Runs

NETWORK_FILE = "network.safetensors"
TABLE_FILES = frozenset(f"tables/{name}.parquet" for name in TABLES if name not in ON_DEMAND)
ALSO = "also"
"""Tag with the keys of further cells that a run answers."""
AT_ONCE = 16
"""Runs that are asked for at the same time; behind a server most of it is waiting."""


@dataclass(frozen=True)
class Kind:
    """A kind of run.

    Attributes:
        name: value of the tag `kind`.
        key: tag that says what the run holds.
        digest: tag whose value the manifest of its files repeats.
        needed: files without which it is not whole.
    """

    name: str
    key: str
    digest: str
    needed: frozenset[str]


NETWORK = Kind("network", "network_key", "network_digest", frozenset({NETWORK_FILE}))
CELL = Kind("cell", "key", "tables_digest", TABLE_FILES)


@dataclass(frozen=True)
class Inspected:
    """What a store holds.

    Attributes:
        whole: key -> the newest run that holds it.
        damaged: key -> what is wrong with the newest of its runs, none of which is whole.
    """

    whole: dict[str, str] = field(default_factory=dict)
    damaged: dict[str, str] = field(default_factory=dict)


def inspect(runs: Runs, kind: Kind, keys: Collection[str] | None = None, thorough: bool = False) -> Inspected:
    """Look at the finished runs of a kind.

    Args:
        runs: of the experiment.
        kind: `CELL` or `NETWORK`.
        keys: only these; None for all.
        thorough: by every digest, not at a glance.
    """
    wanted = {"status": "finished", "kind": kind.name}
    digest_of = lookup.runs_with(runs.uri, runs.experiment, wanted, kind.digest)
    runs_of: dict[str, list[str]] = {}
    for run, key in lookup.runs_with(runs.uri, runs.experiment, wanted, kind.key).items():
        if keys is None or key in keys:
            runs_of.setdefault(key, []).append(run)
    if kind is CELL and keys is not None:
        for run, more in further_keys(runs).items():
            for key in more.intersection(keys):
                runs_of.setdefault(key, []).append(run)
    made = Inspected()
    look = partial(_first_whole, runs, kind, digest_of, thorough=thorough)
    with ThreadPoolExecutor(AT_ONCE if runs.folder is None else 1) as pool:
        for key, (whole, reason) in zip(runs_of, pool.map(look, runs_of.values()), strict=True):
            if whole is None:
                made.damaged[key] = reason
            else:
                made.whole[key] = whole
    return made


def _first_whole(
    runs: Runs, kind: Kind, digest_of: Mapping[str, str], of_key: list[str], thorough: bool
) -> tuple[str | None, str]:
    reasons = []
    for run in of_key:
        if (reason := flaw(runs, kind, run, digest_of.get(run, ""), thorough)) is None:
            return run, ""
        reasons.append(reason)
    return None, reasons[0]


def flaw(runs: Runs, kind: Kind, run: str, digest: str, thorough: bool) -> str | None:
    """Return the fault of a run's files; None where there is none.

    Args:
        runs: of the experiment.
        kind: of the run.
        run: its id.
        digest: that its tag states.
        thorough: by every digest, not at a glance.
    """
    try:
        if runs.folder is None and not thorough:
            manifest = Manifest.parsed(counting(partial(runs.file, run), digest))
            manifest.check(digest, kind.needed)
            manifest.check_sizes(runs.sizes(run, {str(Path(path).parent) for path in manifest.files}).__getitem__)
        else:
            with runs.reading(run) as folder:
                (contents if thorough else glance)(folder, kind, digest)
    except DamagedError as error:
        return str(error)
    except KeyError as error:  # a file that the server does not list
        return f"{error.args[0]} is not there"
    return None


def glance(folder: Path, kind: Kind, digest: str) -> Manifest:
    """Return the manifest of a run whose files are all there in their sizes.

    Raises:
        DamagedError: when they are not.
    """
    manifest = read_manifest(folder, digest)
    manifest.check(digest, kind.needed)
    manifest.check_sizes(lambda path: found(folder, path).st_size)
    for path in manifest.files if not manifest.sizes else ():
        ends_well(folder, path, found(folder, path).st_size)
    return manifest


def contents(folder: Path, kind: Kind, digest: str) -> dict[str, bytes]:
    """Return path -> content of the files that a run's manifest lists, which together have the digest of its tag.

    Raises:
        DamagedError: when they are not as they were written, or have not that digest.
    """
    read = listed(folder, kind, digest)
    if kind is CELL:
        tables_of(read, digest)
    elif hashlib.sha256(read[NETWORK_FILE]).hexdigest() != digest:
        raise DamagedError(f"{NETWORK_FILE} has not the digest that the run was recorded with")
    return read


def listed(folder: Path, kind: Kind, digest: str) -> dict[str, bytes]:
    """Return path -> content of the files that a run's manifest lists.

    Raises:
        DamagedError: when one is not as it was written.
    """
    manifest = read_manifest(folder, digest)
    manifest.check(digest, kind.needed)
    return {path: as_written(manifest, folder, path) for path in manifest.files}


def further_keys(runs: Runs, key: str = "") -> dict[str, set[str]]:
    """Return run -> keys of the cells that it answers beside that of its own; only of runs that answer this key."""
    wanted = {"status": "finished", "kind": CELL.name}
    found = lookup.runs_with(runs.uri, runs.experiment, wanted, ALSO, containing=key)
    return {run: set(keys.split()) for run, keys in found.items()}


def read_tables(files: Mapping[str, bytes]) -> dict[str, pa.Table]:
    """Return tables by name from the content of their files by path.

    Raises:
        DamagedError: when one is no table.
    """
    tables = {}
    for path, content in files.items():
        try:
            with pq.ParquetFile(pa.BufferReader(content)) as parquet:
                tables[Path(path).stem] = parquet.read(use_threads=False).replace_schema_metadata(None)
        except (OSError, pa.ArrowException) as error:
            raise DamagedError(f"{path} cannot be read ({said(error)})") from error
    return tables


def tables_of(files: Mapping[str, bytes], digest: str) -> dict[str, pa.Table]:
    """Return the tables of a cell's files by name.

    Args:
        files: path -> content.
        digest: `tables_digest` of them.

    Raises:
        DamagedError: when they are no tables, or not those of that digest.
    """
    tables = read_tables(files)
    try:
        same = arrow_digest(tables) == digest
    except (pa.ArrowException, ArithmeticError, KeyError, TypeError, ValueError) as error:
        raise DamagedError(f"the tables are not those of a cell ({said(error)})") from error
    if not same:
        raise DamagedError("the tables have not the digest that the run was recorded with")
    return tables
