"""The test part of Kuzushiji-MNIST (Clanuwat et al. 2018), ten kinds of cursive characters, 28x28 pixels / 255.

Its training part could not be had. The 10,000 images are split here, so that results on them are no results on KMNIST:
the set serves as a source of transfer only. Its checksums are those of the files at hand, and none that was published:
the images were repacked, and no canonical checksum matched. The files are not downloaded.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from study.data._derived import CLASSES, Images, Rows, derived
from study.data._four_files import SCALE
from study.data._mnist_files import TEST, image_files, labelled
from study.data._random import generator
from study.data._sources import read

HELD_OUT = 100
"""Images of each class that are held out."""

FILES = image_files(
    "the test part of KMNIST",
    "kmnist_test10k",
    (
        (
            "ecdb4d6467eabb68388afae6f6e53bf3b4597815a1a41ed4f24df862165ee21e",
            "76fbd229ce87db80dd281af5e6670de4ad0e42fb30a7bd643972994c47c1f42e",
        ),
        (
            "f5ae24eab3dfc7488501157641d0254ea07131bdf4cb0ecc1951662ec1dc2e44",
            "a11dc742be8e781a40a92f53d6a4957e7b7d36df2faa097659131ebfd8fd60c6",
        ),
    ),
    mirrors=(),
    names=TEST,
)


@derived
def load(*, seed: int = 0, folder: Path | None = None) -> Images:  # noqa: ARG001 - one division for all data seeds
    """Return 9,000 images to train and prune on and 1,000 held out, 100 of each class, drawn once for all data seeds.

    Inputs have 784 features in [0, 1] (the image's rows one after the other), targets are one-hot. Further parameters
    are those of `study.data._derived.Derived`.

    Source: T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha, Deep learning for classical Japanese
    literature (2018), arXiv 1812.01718; CC BY-SA 4.0.

    Args:
        seed: the data seed; matters only where rows are drawn (`rows`, `validation`).
        folder: the data folder; by default `STUDY_DATA` or `data/`.

    Raises:
        StudyError: if a parameter of `Derived` has an impossible value.
        DataUnavailableError: if the files are in no local folder.
        DataCorruptError: if a file is not the one that it should be.
    """
    contents, source = read(FILES, folder)
    everything = Rows(*labelled(contents, source, TEST))
    rng = generator("kmnist held out", 0)
    drawn = [rng.choice(np.flatnonzero(everything.labels == c), HELD_OUT, replace=False) for c in range(CLASSES)]
    held_out = np.sort(np.concatenate(drawn))
    rest = np.setdiff1d(np.arange(len(everything.labels)), held_out)
    return Images(everything.at(rest), everything.at(held_out), SCALE, source)
