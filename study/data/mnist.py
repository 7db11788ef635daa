"""MNIST (LeCun, Cortes, Burges 1998), ten classes, 28x28 pixels / 255."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from study.data._full_mnist import pruning_rows, split_of
from study.data._mnist_files import MNIST, read_mnist
from study.data.base import Dataset

FILES = MNIST


def load(*, seed: int = 0, folder: Path | None = None) -> Dataset:
    """Return MNIST's 60,000 to train on, 10,000 of them to prune on, its 10,000 test digits held out.

    Inputs have 784 features in [0, 1] (the image's rows one after the other), targets are one-hot.

    Args:
        seed: the data seed: draws the pruning rows, once for all networks.
        folder: the data folder; by default `STUDY_DATA` or `data/`.

    Raises:
        DataUnavailableError: if MNIST is nowhere to be had.
        DataCorruptError: if a file is not the original.
    """
    digits = read_mnist(folder)
    training = split_of(digits.train_images, digits.train_labels.astype(np.int64), 10, 255.0)
    splits = {
        "training": training,
        "pruning": pruning_rows(training, seed),
        "held_out": split_of(digits.test_images, digits.test_labels.astype(np.int64), 10, 255.0),
    }
    return Dataset("mnist", "classification", 10, "sigmoid", splits, source=digits.source)
