"""The authors' 20x20 digits as their pruning code read them: the rows of `mnist20x20` in five significant digits."""

from __future__ import annotations

from pathlib import Path

import torch

from study.data import mnist20x20
from study.data.base import Dataset, one_hot
from study.data.split import Split

FILES = mnist20x20.FILES


def load(*, seed: int = 0, folder: Path | None = None, shifted: bool = True) -> Dataset:
    """Return the authors' 4,500 digits to prune on, MNIST's 10,000 test digits and their own 500 test digits held out.

    Args:
        seed: ignored: the rows are files.
        folder: the data folder; by default `STUDY_DATA` or `data/`.
        shifted: whether digit d is class (d - 1) mod 10, as for the network mnist-acc99, or class d.

    Raises:
        DataUnavailableError: if MNIST is nowhere to be had.
        DataCorruptError: if a file is not the original.
    """
    plain = mnist20x20.load(seed=seed, folder=folder)
    pruning = _as_read(plain.training, shifted)
    splits = {"training": pruning, "pruning": pruning}
    splits |= {name: _as_read(plain.splits[name], shifted) for name in ("held_out", "authors_test")}
    return Dataset("authors_mnist", "classification", 10, "sigmoid", splits, source=plain.source)


def _as_read(rows: Split, shifted: bool) -> Split:
    # '%.5g' of every pixel: their files hold five significant digits. Half of the pixels are 0 and stay so.
    rounded = rows.inputs.numpy().copy()
    inked = rounded != 0
    rounded[inked] = [float(f"{x:.5g}") for x in rounded[inked].tolist()]
    labels = (rows.labels - 1) % 10 if shifted else rows.labels
    return Split(torch.from_numpy(rounded), one_hot(labels, 10), labels)
