"""The four original files of MNIST (Y. LeCun, C. Cortes, C. J. C. Burges, 1998) and their digits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from study.data._idx import parse_idx
from study.data._sources import Collection, FileRecord, read
from study.data.base import DataCorruptError

MNIST = Collection(
    title="MNIST",
    subfolder="mnist/raw",
    files=(
        FileRecord(
            "train-images-idx3-ubyte",
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        FileRecord(
            "train-labels-idx1-ubyte",
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        FileRecord(
            "t10k-images-idx3-ubyte",
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        FileRecord(
            "t10k-labels-idx1-ubyte",
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
)


@dataclass(frozen=True)
class Digits:
    """MNIST as it is in its files, in their order.

    Attributes:
        train_images: uint8, shape (60000, 28, 28), 0..255.
        train_labels: uint8, shape (60000,), 0..9.
        test_images: uint8, shape (10000, 28, 28), 0..255.
        test_labels: uint8, shape (10000,), 0..9.
        source: the folders that the files lie in.
    """

    train_images: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.uint8]
    test_images: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.uint8]
    source: str


def read_mnist(folder: Path | str | None = None, collection: Collection = MNIST) -> Digits:
    """Return MNIST from the data folder, from `../shared`, or downloaded into the data folder, in this order.

    Raises:
        DataUnavailableError: if a file is nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.
    """
    contents, source = read(collection, folder)
    arrays = [parse_idx(contents[f.name], f.name, 3 if "images" in f.name else 1) for f in collection.files]
    train_images, train_labels, test_images, test_labels = arrays
    for images, labels in ((train_images, train_labels), (test_images, test_labels)):
        if images.shape != (len(labels), 28, 28) or labels.max(initial=0) > 9:
            raise DataCorruptError(f"{source}: {images.shape} images of 28x28 digits do not fit {labels.shape} labels")
    return Digits(train_images, train_labels, test_images, test_labels, source)
