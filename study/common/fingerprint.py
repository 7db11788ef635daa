"""A digest of files and facts; while it is the same, work need not be done again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

PACKAGES = ("torch", "numpy", "scipy", "pandas", "scikit-learn", "matplotlib", "hydra-core", "omegaconf")


def fingerprint(folders: Iterable[Path], facts: Iterable[object] = ()) -> str:
    """Return a SHA-256 over every source file below some folders, over facts, and over the versions of the libraries.

    Args:
        folders: of code and configuration; caches of Python are left out.
        facts: whatever else the work depends on; each is taken by its `repr`.

    >>> here = Path(__file__).parent
    >>> fingerprint([here]) == fingerprint([here]), fingerprint([here]) == fingerprint([here], ["another fact"])
    (True, False)
    """
    sha = hashlib.sha256()
    for package in PACKAGES:
        sha.update(f"{package} {version(package)}\n".encode())
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            sha.update(f"{path.relative_to(folder)} {path.stat().st_size}\n".encode())
            sha.update(path.read_bytes())
    for fact in facts:
        sha.update(f"{fact!r}\n".encode())
    return sha.hexdigest()
