"""The authors' own toy points: a label and two coordinates a line, as they trained and pruned on them.

Those of xor are in no file of theirs: their code drew 10,000 pairs of bits anew for every run, and so does this.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from study.common.errors import StudyError
from study.data import _authors_files as files
from study.data._random import generator
from study.data.base import DataCorruptError, Dataset
from study.data.split import Split

STEMS = {"diamond": "diamond", "double_shape": "DRShape", "random_shape": "RShape", "circle": "circle"}
"""What the authors' files are called, by shape."""

DRAWN = "xor"
"""The shape that has no files."""
DRAWS = 10_000

PARTS = ("train", "test")
"""Points to prune on, and points held out."""


def load(*, seed: int = 0, folder: Path | None = None, shape: str = "diamond") -> Dataset:
    """Return the authors' training points, to prune on, and their test points, held out.

    Args:
        seed: of what is drawn; ignored where the points are files.
        folder: the data folder; by default `STUDY_DATA` or `data/`.
        shape: diamond, double_shape, random_shape, circle or xor.

    Raises:
        DataUnavailableError: if the files are nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.
    """
    if names := files_of(shape):
        training, held_out = (points(files.read("data", name, folder), name) for name in names)
        source = "the authors' files"
    else:
        rng = generator("authors_shape", seed)
        training, held_out = drawn(rng), drawn(rng)
        source = "drawn as the authors' code did"
    splits = {"training": training, "pruning": training, "held_out": held_out}
    return Dataset("authors_shape", "classification", 2, "sigmoid", splits, source=source)


def missing(folder: Path | None = None, shape: str = "diamond") -> str | None:
    """Return which file is not at hand and how to get it; None if both are."""
    return files.missing([("data", name) for name in files_of(shape)], folder)


def files_of(shape: str) -> list[str]:
    """Return the names of a shape's files, training points first; none for what is drawn.

    Raises:
        StudyError: if there is no such shape.

    >>> files_of("double_shape"), files_of("xor")
    (['DRShape-train.csv', 'DRShape-test.csv'], [])
    """
    if shape == DRAWN:
        return []
    if shape not in STEMS:
        raise StudyError(f"dataset.params.shape={shape!r}; possible: {', '.join([*STEMS, DRAWN])}")
    return [f"{STEMS[shape]}-{part}.csv" for part in PARTS]


def drawn(rng: np.random.Generator) -> Split:
    """Return pairs of bits, each as likely, labelled by whether they differ."""
    bits = torch.from_numpy(rng.integers(2, size=(DRAWS, 2)))
    labels = bits[:, 0] ^ bits[:, 1]
    return Split(bits.double(), labels[:, None].double(), labels)


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
