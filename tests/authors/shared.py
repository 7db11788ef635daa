"""The authors' files where this machine has them: tests of the real thing are skipped, saying so, where it has not."""

from __future__ import annotations

import functools
import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

from study.authors import Stored, load
from study.data import Split
from study.data._sources import project_root

FOLDER = project_root().parent / "shared" / "data" / "authors"


def path(kind: str, name: str) -> Path:
    """Return the file, or skip the test."""
    found = FOLDER / kind / name
    if not found.is_file():
        pytest.skip(f"{found} is not there")
    return found


@functools.cache
def network(name: str) -> Stored:
    """Return a stored network, read once."""
    return load(path("models", name))


@functools.cache
def rows(name: str) -> Split:
    """Return the rows of a toy shape: label and two coordinates a line."""
    lines = gzip.decompress(path("data", f"{name}.csv.gz").read_bytes()).decode().splitlines()
    table = torch.from_numpy(np.array([line.split("\t") for line in lines], dtype=np.float64))
    return Split(table[:, 1:], table[:, :1], table[:, 0].long())
