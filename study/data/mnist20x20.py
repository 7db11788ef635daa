"""The paper's small MNIST: 5,000 digits of 20x20 pixels, derived from MNIST (figures 5 to 25).

It is the set of the Coursera course "Machine Learning" (A. Ng), which the paper's authors used: the first 500
training images of each digit, reduced from 28x28 to 20x20, every tenth row set apart for testing.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from study.data._mnist_files import MNIST, read_mnist
from study.data._random import generator
from study.data._reduce import reduce_images
from study.data.base import Dataset, DataUnavailableError, one_hot
from study.data.split import Split

FILES = MNIST
PER_DIGIT = 500
SIZE = 20


def first_rows(labels: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Return the rows of the first 500 images of each digit: all of digit 0, then of 1, ..., each in file order."""
    return np.concatenate([np.flatnonzero(labels == digit)[:PER_DIGIT] for digit in range(10)])


def resampled_rows(labels: npt.NDArray[np.uint8], seed: int) -> npt.NDArray[np.int64]:
    """Return 500 random rows of each digit, drawn without replacement, ordered as in `first_rows`."""
    rng = generator("mnist20x20 resampled", seed)
    drawn = [rng.choice(np.flatnonzero(labels == digit), PER_DIGIT, replace=False) for digit in range(10)]
    return np.concatenate([np.sort(rows) for rows in drawn])


def split_of(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.uint8]) -> Split:
    """Return images, shape (samples, 28, 28), reduced and unrolled column by column: 400 features, one-hot targets."""
    reduced = reduce_images(images, SIZE).transpose(0, 2, 1).reshape(len(images), SIZE * SIZE)
    classes = torch.from_numpy(labels.astype(np.int64))
    return Split(torch.from_numpy(reduced), one_hot(classes, 10), classes)


def load(*, seed: int = 0, folder: Path | None = None, resampled: bool = False) -> Dataset:
    """Return the authors' 4,500 digits to train and prune on, and MNIST's 10,000 test digits, reduced alike, held out.

    The split "authors_test" holds the authors' own 500 test digits: rows 0, 10, ... of the 5,000. Pixels are about
    0..1 (bicubic overshoot: -0.13 to 1.13); labels are the digits.

    Args:
        seed: the data seed; matters only where `resampled`.
        folder: the data folder; by default `STUDY_DATA` or `data/`.
        resampled: take another 5,000 training images for each seed, 500 of each digit, instead of the first ones.

    Raises:
        DataUnavailableError: if MNIST is nowhere to be had.
        DataCorruptError: if a file is not the original.
    """
    digits = read_mnist(folder)
    labels = digits.train_labels
    if np.bincount(labels, minlength=10).min() < PER_DIGIT:
        raise DataUnavailableError(f"{digits.source} has fewer than {PER_DIGIT} training images of some digit")
    rows = resampled_rows(labels, seed) if resampled else first_rows(labels)
    everything = split_of(digits.train_images[rows], labels[rows])
    authors_test = torch.arange(0, len(rows), 10)
    training = everything.rows(torch.tensor([row for row in range(len(rows)) if row % 10]))
    splits = {
        "training": training,
        "pruning": training,
        "held_out": split_of(digits.test_images, digits.test_labels),
        "authors_test": everything.rows(authors_test),
    }
    return Dataset("mnist20x20", "classification", 10, "sigmoid", splits, source=digits.source)
