"""scikit-learn's 1,797 handwritten digits of 8x8 pixels: real data that are always there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from study.data._random import data_seed, in_32_bits
from study.data.base import Dataset, one_hot
from study.data.split import Split

HELD_OUT = 359


def load(*, seed: int = 0, folder: Path | None = None) -> Dataset:  # noqa: ARG001 - comes with scikit-learn
    """Return 1,438 digits to train and prune on and 359 held out, drawn class by class; pixels / 16, in [0, 1].

    Inputs have 64 features (rows of the image one after the other), targets are one-hot. Source: E. Alpaydin,
    C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository (1998), its test part.

    Args:
        seed: the data seed: draws the split.
        folder: not used.
    """
    from sklearn.datasets import load_digits  # a second, for which nobody waits who asks for the parameters alone
    from sklearn.model_selection import train_test_split

    pixels, classes = load_digits(return_X_y=True)
    draw = in_32_bits(data_seed("digits", seed))
    kept, held_out = train_test_split(np.arange(len(classes)), test_size=HELD_OUT, stratify=classes, random_state=draw)
    labels = torch.from_numpy(classes.astype(np.int64))
    everything = Split(torch.from_numpy(pixels / 16.0), one_hot(labels, 10), labels)
    training = everything.rows(torch.from_numpy(np.sort(kept)))
    splits = {
        "training": training,
        "pruning": training,
        "held_out": everything.rows(torch.from_numpy(np.sort(held_out))),
    }
    return Dataset("digits", "classification", 10, "sigmoid", splits, source="scikit-learn")
