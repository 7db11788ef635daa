"""Points inside or outside a diamond |x| + |y| < 0.9 (figure 25 of the paper)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from study.data._shapes import Points, shape_dataset
from study.data.base import Dataset

RADIUS = 0.9


def inside(points: Points) -> npt.NDArray[np.bool_]:
    """Say which points, shape (samples, 2), lie inside the diamond.

    >>> inside(np.array([[0.4, -0.4], [0.5, 0.5]])).tolist()
    [True, False]
    """
    return np.abs(points).sum(axis=1) < RADIUS


def load(*, seed: int = 0, folder: Path | None = None) -> Dataset:  # noqa: ARG001 - generated: no files
    """Return 10,000 points of [-1, 1]^2 to train and prune on and 20,000 held out; about 40 % lie inside."""
    return shape_dataset("diamond", inside, seed)
