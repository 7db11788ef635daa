"""Points inside or outside a fixed irregular polygon (the random shape of the paper's figure 25)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from study.data._shapes import Points, in_polygon, shape_dataset
from study.data.base import Dataset

#: Ten corners, set by hand once; the paper does not print its shape. Notches from below, right and upper left.
OUTLINE = (
    (-0.80, -0.35),
    (-0.45, -0.85),
    (0.10, -0.50),
    (0.70, -0.80),
    (0.85, -0.05),
    (0.40, 0.10),
    (0.75, 0.70),
    (0.00, 0.85),
    (-0.25, 0.35),
    (-0.85, 0.60),
)


def inside(points: Points) -> npt.NDArray[np.bool_]:
    """Say which points, shape (samples, 2), lie inside the polygon.

    >>> inside(np.array([[0.0, 0.0], [0.7, 0.2]])).tolist()
    [True, False]
    """
    return in_polygon(points, OUTLINE)


def load(*, seed: int = 0, folder: Path | None = None) -> Dataset:  # noqa: ARG001 - generated: no files
    """Return 10,000 points of [-1, 1]^2 to train and prune on and 20,000 held out; about 48 % lie inside."""
    return shape_dataset("random_shape", inside, seed)
