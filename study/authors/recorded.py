"""What the authors' pruning runs wrote down: values and orders of neurons, curves, error surfaces.

A run of the network `X` left `X.dnn.ranking-result.csv` and its kin, three columns each: ground truth `gt`, first order
`g1`, second order `g2`. They list **removal orders**: `gt` ascending (smallest error with the neuron off first), `g1`
and `g2` descending (largest value first). Row k of `e0-e1-e2-change-result` is the value of the neuron in row k of
`ranking-result`, column by column, and of no other. Errors are half squared, summed over outputs and rows.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from study.common.errors import StudyError
from study.data import _authors_files as files
from study.data.base import DataUnavailableError

CRITERIA = ("gt", "g1", "g2")
"""Ground truth (brute force), first order, second order: the columns of the files, in their order."""

VALUES = {"gt": "error_off", "g1": "g1", "g2": "g2"}
"""What the value of each criterion is called; as in `Stored.recorded`."""

RANKINGS = {
    "single_overall": ("first-order-comparison", "accuracy-dropoff-comparison"),
    "iterative": ("second-order-comparison", "greedy-algo-comparison"),
}
"""Files of the two algorithms' curves, under their later and earlier names: ranked once, and ranked anew after every
removal. There the earlier code took the largest value, the later one the largest among those below the median (V4b)."""

STRIDE = 10
"""Surfaces were computed for every tenth neuron of the iterative removal order, from the first."""


class RecordedFormatError(StudyError):
    """Raised when a result file is not what it should be; says the file, the line and what was found."""


def neurons(prefix: str, folder: Path | str | None = None, *, unverified: bool = False) -> pd.DataFrame:
    """Return the criteria's values and places in the removal order, one row a neuron, by id.

    Args:
        prefix: of the files, such as "diamond.network" or "mnist-acc99".
        folder: the data folder, and
        unverified: whether to download what has no checksum: see `files.find`.

    Returns:
        Columns `neuron` (id, int64), `error_off` (E with the neuron off), `g1`, `g2` (float64), and `place_gt`,
        `place_g1`, `place_g2` (int64): 1 for the neuron that the criterion removes first. Join layers and units by
        `.merge(stored.identity, on="neuron")`.

    Raises:
        RecordedFormatError: if a file is malformed, or the two do not belong together.
        DataUnavailableError: if a file is nowhere to be had.
    """
    names = [f"{_stem(prefix)}.dnn.{kind}.csv" for kind in ("ranking-result", "e0-e1-e2-change-result")]
    ranking, values = (files.read("results", name, folder, unverified=unverified) for name in names)
    return joined(ranking, values, names[0], names[1])


def curves(prefix: str, folder: Path | str | None = None, *, unverified: bool = False) -> pd.DataFrame:
    """Return the error after every removal, by the rankings whose file is at hand; parameters and errors as `neurons`.

    Returns:
        Columns `criterion` ("gt", "g1", "g2"), `ranking` ("single_overall", "iterative"), `removed` (int64, from 1),
        `error` (float64) and `capped` (bool: only units below the median may have gone, see `RANKINGS`).
    """
    found = {
        ranking: _first([f"{_stem(prefix)}.dnn.{kind}.csv" for kind in kinds], folder, unverified)
        for ranking, kinds in RANKINGS.items()
    }
    parts = []
    for ranking, file in _there(found).items():
        table = _table(file.content, file.name, columns=3)
        capped = ranking == "iterative" and RANKINGS[ranking][0] in file.name
        for i, criterion in enumerate(CRITERIA):
            of = {"criterion": criterion, "ranking": ranking, "removed": np.arange(1, len(table) + 1)}
            parts.append(pd.DataFrame(of | {"error": table[:, i], "capped": capped}))
    return pd.concat(parts, ignore_index=True)


def surfaces(prefix: str, folder: Path | str | None = None, *, unverified: bool = False) -> pd.DataFrame:
    """Return the error over the gain of every tenth neuron removed, by the criteria whose file is at hand.

    Parameters and errors as `neurons`.

    The neuron is the (`removed` + 1)-th of the iterative removal order, those before it are off: the error at gain 1 is
    that of the curve after `removed` removals, at gain 0 the next.

    Returns:
        Columns `criterion`, `removed` (int64: 0, 10, ...), `gain` (float64: 0, .1, ..., 10; recorded as sums of .1,
        here without their rounding) and `error` (float64).
    """
    found = {c: _first([f"{_stem(prefix)}.{c}.gain.vals.csv"], folder, unverified) for c in CRITERIA}
    parts = []
    for criterion, file in _there(found).items():
        table = _table(file.content, file.name)
        if table.shape[1] < 2 or (np.diff(table[:, 0]) <= 0).any():
            raise RecordedFormatError(f"{file.name} is malformed: expected growing gains and errors")
        gain = table[:, 0].round(6)
        for j in range(1, table.shape[1]):
            removed = (j - 1) * STRIDE
            parts.append(pd.DataFrame({"criterion": criterion, "removed": removed, "gain": gain, "error": table[:, j]}))
    return pd.concat(parts, ignore_index=True)


def joined(ranking: bytes, values: bytes, ranking_name: str, values_name: str) -> pd.DataFrame:
    """Return ids joined to values; the result and errors of `neurons`.

    Args:
        ranking: content of a ranking-result file.
        values: content of the e0-e1-e2-change-result file of the same run.
        ranking_name: of the first, for messages.
        values_name: of the second.

    >>> joined(b"2,1,1\\n1,2,2\\n", b".5,3,9\\n.7,2,-8\\n", "ranks", "values")[["neuron", "error_off", "g1", "g2"]]
       neuron  error_off   g1   g2
    0       1        0.7  3.0  9.0
    1       2        0.5  2.0 -8.0
    """
    ids, sizes = _table(ranking, ranking_name, columns=3), _table(values, values_name, columns=3)
    if len(ids) != len(sizes):
        raise RecordedFormatError(
            f"{ranking_name} has {len(ids)} rows, {values_name} {len(sizes)}: they are not of the same run"
        )
    table = pd.DataFrame({"neuron": np.sort(ids[:, 0]).astype("int64")})
    for i, criterion in enumerate(CRITERIA):
        column, order = ids[:, i], sizes[:, i] * (1 if criterion == "gt" else -1)
        if (column % 1 != 0).any() or (column < 1).any() or len(np.unique(column)) != len(column):
            raise RecordedFormatError(f"{ranking_name} is malformed: column {i + 1} is not a list of different ids")
        if (np.sort(column) != table["neuron"]).any():
            raise RecordedFormatError(f"{ranking_name} is malformed: columns 1 and {i + 1} rank different neurons")
        if (np.diff(order) < 0).any():
            line = int(np.argmax(np.diff(order) < 0)) + 2
            direction = "ascending" if criterion == "gt" else "descending"
            raise RecordedFormatError(
                f"{values_name}, line {line}: column {i + 1} ({criterion}) is not {direction}, so its rows cannot be "
                f"those of {ranking_name}"
            )
        place = np.argsort(column)
        table[VALUES[criterion]] = sizes[place, i]
        table[f"place_{criterion}"] = place.astype("int64") + 1
    return table[["neuron", *VALUES.values(), *(f"place_{criterion}" for criterion in CRITERIA)]]


@dataclass(frozen=True)
class _File:
    name: str
    content: bytes


def _first(names: Sequence[str], folder: Path | str | None, unverified: bool) -> _File | DataUnavailableError:
    """Return the first of some files: of those at hand, else of those that can be had; why not, where none can."""
    reason: DataUnavailableError | None = None
    for name in sorted(names, key=lambda name: files.missing([("results", name)], folder) is not None):
        try:
            return _File(name, files.read("results", name, folder, unverified=unverified))
        except DataUnavailableError as error:
            reason = reason or error
    assert reason is not None
    return reason


def _there(found: Mapping[str, _File | DataUnavailableError]) -> dict[str, _File]:
    """Return those that are there; raise the first reason where none is."""
    there = {key: file for key, file in found.items() if isinstance(file, _File)}
    if not there:
        raise next(reason for reason in found.values() if isinstance(reason, DataUnavailableError))
    return there


def _stem(prefix: str) -> str:
    return prefix.removesuffix(".").removesuffix(".dnn")


def _table(content: bytes, name: str, columns: int | None = None) -> np.ndarray:
    """Return comma-separated finite numbers, float64, shape (lines, columns)."""
    try:
        lines = content.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise RecordedFormatError(f"{name} is malformed: it is not text") from error
    if lines[-1] == "":
        lines.pop()
    if not lines:
        raise RecordedFormatError(f"{name} is empty. Fetch it again")
    width = columns or lines[0].count(",") + 1
    table = np.empty((len(lines), width))
    for i, line in enumerate(lines):
        try:
            numbers = [float(cell) for cell in line.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != width or not all(map(math.isfinite, numbers)):
            raise RecordedFormatError(f"{name}, line {i + 1}: expected {width} finite numbers, found {line[:80]!r}")
        table[i] = numbers
    return table
