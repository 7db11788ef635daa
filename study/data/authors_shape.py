"""The authors' own toy points: a label and two coordinates a line, as they trained and pruned on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from study.authors import files
from study.data.base import DataCorruptError, Dataset, Split
from study.errors import StudyError

STEMS = {"diamond": "diamond", "double_shape": "DRShape", "random_shape": "RShape", "circle": "circle", "xor": "xor"}
"""What the authors' files are called, by shape."""

PARTS = ("train", "test")
"""Points to prune on, and points held out."""


def load(*, seed: int = 0, folder: Path | None = None, shape: str = "diamond") -> Dataset:  # noqa: ARG001 - one data set
    """Return the authors' training points, to prune on, and their test points, held out.

    Args:
        seed: ignored: the points are files.
        folder: the data folder; by default `STUDY_DATA` or `data/`.
        shape: diamond, double_shape, random_shape, circle or xor.

    Raises:
        DataUnavailableError: if the files are nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.
    """
    stem = stem_of(shape)
    training, held_out = (
        points(files.read("data", f"{stem}-{part}.csv", folder), f"{stem}-{part}.csv") for part in PARTS
    )
    splits = {"training": training, "pruning": training, "held_out": held_out}
    return Dataset("authors_shape", "classification", 2, "sigmoid", splits, source="the authors' files")


def missing(folder: Path | None = None, shape: str = "diamond") -> str | None:
    """Return which file is not at hand and how to get it; None if both are."""
    return files.missing([("data", f"{stem_of(shape)}-{part}.csv") for part in PARTS], folder)


def stem_of(shape: str) -> str:
    """Return what the files of a shape are called.

    Raises:
        StudyError: if there is none of that name.
    """
    if shape not in STEMS:
        raise StudyError(f"dataset.params.shape={shape!r}; possible: {', '.join(STEMS)}")
    return STEMS[shape]


def points(content: bytes, name: str) -> Split:
    """Return points from lines of a label and two coordinates, separated by tabs; the last may lack its newline.

    Raises:
        DataCorruptError: if a line is something else.
    """
    try:
        table = np.array([line.split("\t") for line in content.decode("ascii").split("\n") if line], dtype=np.float64)
    except (UnicodeDecodeError, ValueError) as error:
        raise DataCorruptError(f"{name} is malformed: {error}") from error
    if table.ndim != 2 or table.shape[1] != 3 or not np.isin(table[:, 0], (0.0, 1.0)).all():
        raise DataCorruptError(f"{name} is malformed: expected lines of a label, 0 or 1, and two coordinates")
    labels = torch.from_numpy(table[:, 0])
    return Split(torch.from_numpy(table[:, 1:].copy()), labels[:, None].clone(), labels.long())
