"""What sets of images share: rows of pixels as a split, and a fixed subset of them to prune on."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from study.data._random import generator
from study.data.base import one_hot
from study.data.split import Split

PRUNING = 10_000


def split_of(images: npt.NDArray[Any], labels: npt.NDArray[Any], classes: int, scale: float) -> Split:
    """Return a split of pixels / scale (the image's rows one after the other) and one-hot targets.

    Args:
        images: shape (samples, height, width).
        labels: shape (samples,), 0..classes - 1.
        classes: number of outputs.
        scale: what pixels are divided by.
    """
    inputs = torch.from_numpy(images.reshape(len(images), -1).astype(np.float64)).div_(scale)
    targets = torch.from_numpy(labels.astype(np.int64))
    return Split(inputs, one_hot(targets, classes), targets)


def pruning_rows(training: Split, seed: int) -> Split:
    """Return 10,000 training rows drawn without replacement, in the file's order, fixed by the data seed.

    The rows are the same for all sets of so many training rows, MNIST and every digit of `mnist_one_vs_all` among them.
    Of 10,000 or fewer they are all.
    """
    if len(training) <= PRUNING:
        return training
    chosen = generator("mnist pruning rows", seed).choice(len(training), PRUNING, replace=False)
    return training.rows(torch.from_numpy(np.sort(chosen)))
