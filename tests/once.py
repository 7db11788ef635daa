"""What takes long to make and is only read afterwards: made once for all processes of a session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Return a folder that the first test to ask for it has filled; another process waits meanwhile.

    Args:
        factory: of the session's temporary folders.
        name: of the folder.
        make: fills it; where it fails, the next one tries again.
    """
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # the folder of one process lies in that of all
        base = base.parent
    folder, made = base / "once" / name, base / "once" / f"{name}.made"
    folder.parent.mkdir(exist_ok=True)
    with FileLock(base / "once" / f"{name}.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            made.touch()
    return folder
