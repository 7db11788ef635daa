"""The analysis's own export of the frames: with it everything can be rebuilt without the store."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pandas as pd
import pyarrow as pa

from analysis.frames import READ, Frames, StoreError, no_rows
from study.common.errors import said
from study.records import ON_DEMAND, conform, upgraded

ABOUT, CHECKSUMS = "about.json", "checksums.json"
FILES = ("cells", "networks", "not_run", "failed", "damaged", *READ)
"""Tables of an export."""
LATER = ("damaged", *(name for name in ON_DEMAND if name in READ))
"""Tables that an older export may lack."""


def export(frames: Frames, folder: Path) -> None:
    """Write the frames as parquet files; with them everything can be rebuilt without the store."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        getattr(frames, name).to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)
    (folder / ABOUT).write_text(json.dumps(frames.about, indent=1))
    (folder / CHECKSUMS).write_text(json.dumps({name: _sha256(folder / name) for name in _files(folder)}, indent=1))


def read_export(folder: Path) -> Frames:
    """Read what `export` wrote.

    Raises:
        StoreError: when a file is missing, or is not as it was written.
    """
    missing = {n for n in FILES if not (folder / f"{n}.parquet").is_file()}
    if missing - set(LATER):
        raise StoreError(f"{folder} is no export of this analysis: {', '.join(sorted(missing))} missing")
    try:
        if (folder / CHECKSUMS).is_file():  # an older export has none
            written = json.loads((folder / CHECKSUMS).read_text())
            changed = [name for name in _files(folder) if written.get(name) != _sha256(folder / name)]
            if changed:
                raise ValueError(f"{', '.join(changed)} not as written")
        there = {n: pd.read_parquet(folder / f"{n}.parquet") for n in FILES if n not in missing}
        there["events"] = _of_today(there["events"], there["cells"])
        absent = {n: no_rows(n) for n in missing if n in READ}
        return Frames(about=json.loads((folder / ABOUT).read_text()), **there, **absent)
    except (OSError, pa.ArrowException, ValueError, KeyError, AttributeError) as error:
        raise StoreError(f"the export {folder} is damaged ({said(error)}); make it again from the store") from error


def _of_today(events: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the events of an export as of the present version of the records."""
    network_of = cells.set_index("key")["network"]
    made = conform("events", upgraded("events", events.drop(columns="key"), events["key"].map(network_of)))
    made.insert(0, "key", events["key"])
    return made


def read_known(folder: Path | None, cells: pd.DataFrame) -> Frames:
    """Return what an export holds of these very runs, nothing where it cannot be read."""
    if folder is None or not (folder / "cells.parquet").is_file():
        return Frames()
    try:
        known = read_export(folder)
    except StoreError:
        return Frames()
    same = known.cells[known.cells["run_id"].isin(set(cells["run_id"]))]
    return known if len(same) == len(known.cells) else known.of(same["key"].tolist())


def _files(folder: Path) -> list[str]:
    return [name for name in (*(f"{n}.parquet" for n in FILES), ABOUT) if (folder / name).is_file()]


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
