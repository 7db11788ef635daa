"""What `mnist` and `mnist_one_vs_all` share: all rows of MNIST, and a fixed subset to prune on."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from study.data._random import generator
from study.data.base import one_hot
from study.data.split import Split

PRUNING = 10_000


def split_of(images: npt.NDArray[np.uint8], labels: npt.NDArray[np.int64], classes: int, scale: float) -> Split:
    """Return a split of 784 features (the image's rows one after the other), pixels / scale, and one-hot targets.

    Args:
        images: shape (samples, 28, 28).
        labels: shape (samples,), 0..classes - 1.
        classes: number of outputs.
        scale: what pixels are divided by.
    """
    inputs = torch.from_numpy(images.reshape(len(images), -1).astype(np.float64)).div_(scale)
    targets = torch.from_numpy(labels)
    return Split(inputs, one_hot(targets, classes), targets)


def pruning_rows(training: Split, seed: int) -> Split:
    """Return 10,000 training rows drawn without replacement, in the file's order, fixed by the data seed.

    The rows are the same for `mnist` and for every digit of `mnist_one_vs_all`; all rows where there are fewer.
    """
    size = min(PRUNING, len(training))
    chosen = generator("mnist pruning rows", seed).choice(len(training), size, replace=False)
    return training.rows(torch.from_numpy(np.sort(chosen)))
