"""The files of a run, and the manifest that tells a whole set from a torn one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MANIFEST = "manifest.json"
DOTS_PER_INCH = 110


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Write `tables/<name>.parquet` (zstd) and return the paths, relative to `folder`."""
    (folder / "tables").mkdir(parents=True, exist_ok=True)
    paths = []
    for name, frame in tables.items():
        paths.append(f"tables/{name}.parquet")
        frame.to_parquet(folder / paths[-1], compression="zstd", index=False)
    return paths


def write_figures(folder: Path, figures: Mapping[str, Figure]) -> None:
    """Write `figures/<name>.png`."""
    if figures:
        (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(folder / "figures" / f"{name}.png", dpi=DOTS_PER_INCH)


def write_manifest(folder: Path, paths: list[str], digest: str) -> None:
    """Write the SHA-256 of every file of `paths` and the tables' digest, last of all files."""
    files = {path: hashlib.sha256((folder / path).read_bytes()).hexdigest() for path in paths}
    (folder / MANIFEST).write_text(json.dumps({"digest": digest, "files": files}, indent=1) + "\n")


def is_whole(folder: Path, digest: str, needed: set[str]) -> bool:
    """Say whether the manifest is about `digest`, lists all needed files, and all are as they were written.

    A file that is missing, shorter, longer or changed in one bit makes it False, as does a torn manifest, or one that
    names a file outside of the folder.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        files = manifest["files"]
        return (
            manifest["digest"] == digest
            and needed <= set(files)
            and all((folder / path).resolve().is_relative_to(folder.resolve()) for path in files)
            and all(hashlib.sha256((folder / path).read_bytes()).hexdigest() == sha for path, sha in files.items())
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
