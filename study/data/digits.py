"""scikit-learn's 1,797 handwritten digits of 8x8 pixels: real data that are always there."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from study.data._derived import Images, Rows, derived
from study.data._random import in_32_bits

HELD_OUT = 359


@derived
def load(*, seed: int = 0, folder: Path | None = None) -> Images:  # noqa: ARG001 - comes with scikit-learn
    """Return 1,438 digits to train and prune on and 359 held out, drawn class by class; pixels / 16, in [0, 1].

    Inputs have 64 features (rows of the image one after the other), targets are one-hot. Further parameters are those
    of `study.data._derived.Derived`. Source: E. Alpaydin, C. Kaynak, Optical Recognition of Handwritten Digits, UCI
    Machine Learning Repository (1998), its test part.

    Args:
        seed: the data seed: draws the split.
        folder: not used.

    Raises:
        StudyError: if a parameter of `Derived` has an impossible value.
    """
    from sklearn.datasets import load_digits  # a second, for which nobody waits who asks for the parameters alone
    from sklearn.model_selection import train_test_split

    pixels, classes = load_digits(return_X_y=True)
    draw = in_32_bits(seed)
    kept, held_out = train_test_split(np.arange(len(classes)), test_size=HELD_OUT, stratify=classes, random_state=draw)
    everything = Rows(pixels.reshape(-1, 8, 8), classes)
    return Images(everything.at(np.sort(kept)), everything.at(np.sort(held_out)), 16.0, "scikit-learn")
