"""A data set in MNIST's layout of four files, as images."""

from __future__ import annotations

from pathlib import Path

from study.data._derived import Images, Rows
from study.data._mnist_files import read_mnist
from study.data._sources import Collection

SCALE = 255.0
"""The brightest pixel."""


def four_files(files: Collection, folder: Path | None) -> Images:
    """Return the images of four files: 60,000 to train and 10,000 to test on, 28x28 pixels, 0 to 255.

    Raises:
        DataUnavailableError: if a file is nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.
    """
    digits = read_mnist(folder, files)
    training = Rows(digits.train_images, digits.train_labels)
    return Images(training, Rows(digits.test_images, digits.test_labels), SCALE, digits.source)
