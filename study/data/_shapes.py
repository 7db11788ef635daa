"""Points in the plane, inside or outside a shape: geometry and the data set made of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch

from study.data._random import generator
from study.data.base import Dataset
from study.data.split import Split

Points = npt.NDArray[np.float64]
Inside = Callable[[Points], npt.NDArray[np.bool_]]
Polygon = Sequence[tuple[float, float]]

TRAINING = 10_000
HELD_OUT = 20_000


def in_polygon(points: Points, vertices: Polygon) -> npt.NDArray[np.bool_]:
    """Say which points lie inside a polygon, by the even-odd rule.

    A ray from the point to the right crosses the outline an odd number of times if the point is inside; points
    exactly on the outline may count as either.

    Args:
        points: shape (samples, 2).
        vertices: corners in order, closed by itself.

    Returns:
        Booleans, shape (samples,).

    >>> in_polygon(np.array([[0.5, 0.5], [1.5, 0.5]]), [(0, 0), (1, 0), (1, 1), (0, 1)]).tolist()
    [True, False]
    """
    x, y = points.T
    inside = np.zeros(len(points), dtype=np.bool_)
    for (x1, y1), (x2, y2) in zip(vertices, [*vertices[1:], vertices[0]], strict=True):
        if y1 == y2:
            continue  # a ray cannot cross a level side
        crosses = (y1 > y) != (y2 > y)
        inside ^= crosses & (x < x1 + (y - y1) / (y2 - y1) * (x2 - x1))
    return inside


def polygon_area(vertices: Polygon) -> float:
    """Return the area of a polygon that does not cross itself (shoelace formula).

    >>> polygon_area([(0, 0), (2, 0), (0, 1)])
    1.0
    """
    following = [*vertices[1:], vertices[0]]
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(vertices, following, strict=True))) / 2


def shape_dataset(name: str, inside: Inside, seed: int) -> Dataset:
    """Return points uniform in the box [-1, 1] x [-1, 1], labelled 1 inside the shape and 0 outside.

    Inputs are the two coordinates, the target is the label: one sigmoid output. The network is trained and pruned
    on the same 10,000 points, as the paper's was; 20,000 further points are held out.

    Args:
        name: of the data set.
        inside: says which points, shape (samples, 2), lie inside; Booleans, shape (samples,).
        seed: the data seed.
    """
    rng = generator(name, seed)

    def draw(samples: int) -> Split:
        points = 2 * rng.random((samples, 2)) - 1
        labels = torch.from_numpy(inside(points).astype(np.int64))
        return Split(torch.from_numpy(points), labels[:, None].to(torch.float64), labels)

    training, held_out = draw(TRAINING), draw(HELD_OUT)
    splits = {"training": training, "pruning": training, "held_out": held_out}
    return Dataset(name, "classification", 2, "sigmoid", splits)
