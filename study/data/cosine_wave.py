"""One full period of the cosine: x uniform in (-1, 1) stands for the angle pi x, y = cos(pi x)."""

from __future__ import annotations

import math
from pathlib import Path

from study.data._curves import curve_dataset
from study.data.base import Dataset


def wave(x: float) -> float:
    """Return cos(pi x); the period is 2, so that the input has the scale that training likes.

    >>> wave(0.0), wave(1.0)
    (1.0, -1.0)
    """
    return math.cos(math.pi * x)


def load(*, seed: int = 0, folder: Path | None = None) -> Dataset:  # noqa: ARG001 - generated: no files
    """Return 10,000 pairs to train and prune on and 10,000 held out; y in (-1, 1) takes a linear output."""
    return curve_dataset("cosine_wave", wave, (-1.0, 1.0), "linear", seed)
