"""Points inside or outside two disjoint irregular polygons (the authors' double random shape)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from study.data._shapes import Points, in_polygon, shape_dataset
from study.data.base import Dataset

#: Eight corners each, set by hand once; the two are at least 0.22 apart from left to right.
LEFT = (
    (-0.90, -0.60),
    (-0.55, -0.90),
    (-0.15, -0.55),
    (-0.30, -0.05),
    (-0.12, 0.45),
    (-0.50, 0.30),
    (-0.85, 0.75),
    (-0.70, 0.00),
)
RIGHT = (
    (0.20, -0.30),
    (0.55, -0.85),
    (0.90, -0.45),
    (0.65, -0.10),
    (0.90, 0.50),
    (0.50, 0.90),
    (0.10, 0.70),
    (0.35, 0.15),
)


def inside(points: Points) -> npt.NDArray[np.bool_]:
    """Say which points, shape (samples, 2), lie inside either polygon.

    >>> inside(np.array([[-0.5, -0.5], [0.5, 0.5], [0.0, 0.0]])).tolist()
    [True, True, False]
    """
    return in_polygon(points, LEFT) | in_polygon(points, RIGHT)


def load(*, seed: int = 0, folder: Path | None = None) -> Dataset:  # noqa: ARG001 - generated: no files
    """Return 10,000 points of [-1, 1]^2 to train and prune on and 20,000 held out; about 37 % lie inside."""
    return shape_dataset("double_shape", inside, seed)
