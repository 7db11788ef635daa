"""MNIST's layout of four files, images and labels to train and to test on, and the files of MNIST themselves.

Source of MNIST: Y. LeCun, C. Cortes, C. J. C. Burges, The MNIST database of handwritten digits (1998).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from study.data._idx import parse_idx
from study.data._sources import Collection, FileRecord, read
from study.data.base import DataCorruptError

TRAINING = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
"""Names of the training images and their labels."""
TEST = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
"""Names of the test images and their labels."""
Digests = tuple[str, str]
"""SHA-256 of a file packed (`.gz`) and unpacked."""


def image_files(
    title: str,
    subfolder: str,
    digests: tuple[Digests, ...],
    mirrors: tuple[str, ...],
    names: tuple[str, ...] = (*TRAINING, *TEST),
) -> Collection:
    """Return the files of a data set in MNIST's layout.

    Args:
        title: of the data set, for messages.
        subfolder: of the data folder that they lie in.
        digests: of every file, in the order of `names`.
        mirrors: addresses that `<name>.gz` is appended to; none where the files cannot be downloaded.
        names: of the files.
    """
    files = tuple(FileRecord(name, *digest) for name, digest in zip(names, digests, strict=True))
    return Collection(title, subfolder, files, mirrors)


MNIST = image_files(
    "MNIST",
    "mnist/raw",
    (
        (
            "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        ),
        (
            "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        ),
        (
            "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        ),
        (
            "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
)


@dataclass(frozen=True)
class Digits:
    """The content of four files, in their order; MNIST has 60,000 rows to train and 10,000 to test on.

    Attributes:
        train_images: uint8, shape (training rows, 28, 28), 0..255.
        train_labels: uint8, shape (training rows,), 0..9.
        test_images: uint8, shape (test rows, 28, 28), 0..255.
        test_labels: uint8, shape (test rows,), 0..9.
        source: the folders that the files lie in.
    """

    train_images: npt.NDArray[np.uint8]
    train_labels: npt.NDArray[np.uint8]
    test_images: npt.NDArray[np.uint8]
    test_labels: npt.NDArray[np.uint8]
    source: str


def read_mnist(folder: Path | str | None = None, collection: Collection = MNIST) -> Digits:
    """Return four files from the data folder, from `../shared`, or downloaded into the data folder, in this order.

    Args:
        folder: the data folder.
        collection: the four files, MNIST's or others in its layout.

    Raises:
        DataUnavailableError: if a file is nowhere to be had.
        DataCorruptError: if a file is not the one that it should be.
    """
    contents, source = read(collection, folder)
    return Digits(*labelled(contents, source, TRAINING), *labelled(contents, source, TEST), source)


def labelled(
    contents: Mapping[str, bytes], source: str, names: tuple[str, str]
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    """Return images, uint8 of shape (rows, 28, 28), and their labels, uint8 of shape (rows,), 0..9.

    Args:
        contents: unpacked bytes of the files by name.
        source: the folders that they lie in, for messages.
        names: of the file of the images and that of the labels.

    Raises:
        DataCorruptError: if a file is not in the IDX format, or the two do not fit each other.
    """
    of_images, of_labels = names
    images, labels = parse_idx(contents[of_images], of_images, 3), parse_idx(contents[of_labels], of_labels, 1)
    if images.shape != (len(labels), 28, 28) or labels.max(initial=0) > 9:
        raise DataCorruptError(f"{source}: {images.shape} images of 28x28 pixels do not fit {labels.shape} labels")
    return images, labels
