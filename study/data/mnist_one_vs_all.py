"""MNIST, one digit against the rest, raw pixels 0..255 (figures 8, 9, 13, 17 and 21 of the paper)."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from study.common.errors import StudyError
from study.data._full_mnist import pruning_rows, split_of
from study.data._mnist_files import MNIST, read_mnist
from study.data.base import Dataset, one_hot
from study.data.split import Split

FILES = MNIST


def load(*, seed: int = 0, folder: Path | None = None, digit: int = 0) -> Dataset:
    """Return MNIST's 60,000 to train on, 10,000 of them to prune on, its 10,000 test digits held out.

    Inputs have 784 features, the raw pixels as float64 (the image's rows one after the other). Two one-hot
    outputs: class 1 is the digit, class 0 the rest.

    Args:
        seed: the data seed: draws the pruning rows, once for all networks and digits.
        folder: the data folder; by default `STUDY_DATA` or `data/`.
        digit: 0 to 9.

    Raises:
        StudyError: if `digit` is not one.
        DataUnavailableError: if MNIST is nowhere to be had.
        DataCorruptError: if a file is not the original.
    """
    if digit not in range(10):
        raise StudyError(f"data set 'mnist_one_vs_all': digit must be one of 0 to 9, got {digit!r}")
    raw, source = _raw(seed, folder)
    splits = {}
    for name, split in raw.items():
        labels = (split.labels == digit).long()
        splits[name] = Split(split.inputs, one_hot(labels, 2), labels)
    return Dataset("mnist_one_vs_all", "classification", 2, "softmax", splits, source=source)


@functools.lru_cache(maxsize=1)
def _raw(seed: int, folder: Path | None) -> tuple[Mapping[str, Split], str]:
    """Return the splits with all ten classes, and their source; all digits share these half a gigabyte of pixels."""
    digits = read_mnist(folder)
    training = split_of(digits.train_images, digits.train_labels.astype(np.int64), 10, 1.0)
    splits = {
        "training": training,
        "pruning": pruning_rows(training, seed),
        "held_out": split_of(digits.test_images, digits.test_labels.astype(np.int64), 10, 1.0),
    }
    return splits, digits.source
