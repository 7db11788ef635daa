"""The files of a run, and the manifest by which `inspection` knows a complete set from a torn one."""

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
NEXT = "manifest.next.json"
"""Manifest of a run that is being given more tables: it counts as soon as the run's tag has its digest."""
DOTS_PER_INCH = 110


def write_tables(folder: Path, tables: Mapping[str, pd.DataFrame], into: str = "tables") -> list[str]:
    """Write `tables/<name>.parquet` (zstd) and return the paths, relative to `folder`."""
    (folder / into).mkdir(parents=True, exist_ok=True)
    paths = []
    for name, frame in tables.items():
        paths.append(f"{into}/{name}.parquet")
        frame.to_parquet(folder / paths[-1], compression="zstd", index=False)
    return paths


def write_figures(folder: Path, figures: Mapping[str, Figure]) -> None:
    """Write `figures/<name>.png`."""
    if figures:
        (folder / "figures").mkdir(parents=True, exist_ok=True)
    for name, figure in figures.items():
        figure.savefig(folder / "figures" / f"{name}.png", dpi=DOTS_PER_INCH)


def write_manifest(folder: Path, paths: list[str], digest: str, name: str = MANIFEST) -> None:
    """Write the manifest, last of all files.

    It holds the SHA-256 and the size in bytes of every file of `paths`, without which the run is not whole, the
    SHA-256 of the files `beside` them that are there for people, and the digest of what the run holds.

    Args:
        folder: of the run's files.
        paths: relative to it.
        digest: of the tables, or of the network.
        name: of the file.
    """
    there = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    content = {
        "digest": digest,
        "files": {path: _sha256(folder / path) for path in paths},
        "sizes": {path: (folder / path).stat().st_size for path in paths},
        "beside": {path: _sha256(folder / path) for path in there if path not in (*paths, MANIFEST, NEXT)},
    }
    (folder / name).write_text(json.dumps(content, indent=1) + "\n")


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
