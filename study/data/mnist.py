"""MNIST (LeCun, Cortes, Burges 1998), ten classes, 28x28 pixels / 255."""

from __future__ import annotations

from pathlib import Path

from study.data._derived import Images, derived
from study.data._four_files import four_files
from study.data._mnist_files import MNIST

FILES = MNIST


@derived
def load(*, seed: int = 0, folder: Path | None = None) -> Images:  # noqa: ARG001 - draws the pruning rows, in `derived`
    """Return MNIST's 60,000 to train on, 10,000 of them to prune on, its 10,000 test digits held out.

    Inputs have 784 features in [0, 1] (the image's rows one after the other), targets are one-hot. Further parameters
    are those of `study.data._derived.Derived`.

    Args:
        seed: the data seed: draws the pruning rows, once for all networks.
        folder: the data folder; by default `STUDY_DATA` or `data/`.

    Raises:
        StudyError: if a parameter of `Derived` has an impossible value.
        DataUnavailableError: if MNIST is nowhere to be had.
        DataCorruptError: if a file is not the original.
    """
    return four_files(MNIST, folder)
