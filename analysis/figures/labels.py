"""Names beside points: each where it covers no other name and no point, with a line to its point where it is far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from analysis.figures.text import width

SIZE = 6.5
"""Of the letters, in points."""
LINE = 0.105
"""Height of a line at this size, in inches."""
GAP, FAR = 0.055, 0.16
"""Between a point and its name, and from where on a line joins them, in inches."""
RINGS = 14
"""Distances that are tried, one line apart."""


def name_points(
    ax: Axes,
    points: Sequence[tuple[float, float]],
    names: Sequence[str],
    colours: Sequence[str],
    size: tuple[float, float],
) -> None:
    """Write every point's name beside it. Scales and limits of the axes have to be set before.

    Args:
        ax: axes to write on.
        points: in the axes' data.
        names, colours: one a point.
        size: of the axes in inches, which a figure may not yet know.
    """
    inches = (ax.transScale + ax.transLimits).transform(np.asarray(points, dtype=float).reshape(-1, 2)) * size
    for (x, y), (left, low), name, colour in zip(inches, places(inches, names, size), names, colours, strict=True):
        right = left + width(name, SIZE)
        inner = min(max(x, left), right), min(max(y, low), low + LINE)
        if np.hypot(inner[0] - x, inner[1] - y) > FAR:
            line = np.array([(x, y), inner]) / size
            ax.plot(*line.T, color=colour, lw=0.5, alpha=0.7, transform=ax.transAxes, zorder=1.8)
        at, side = (right, "right") if right <= x else (left, "left")  # it may be drawn in another font
        written = ax.text(at / size[0], low / size[1], name, transform=ax.transAxes, ha=side, va="bottom", zorder=3)
        written.set(color=colour, fontsize=SIZE)


def places(points: np.ndarray, names: Sequence[str], size: tuple[float, float]) -> np.ndarray:
    """Return the lower left corners of the names, shape (n, 2), in inches.

    Names are placed one after the other, those of crowded points first, each at the nearest free place inside the axes;
    where none is free, at the one that is covered least.

    Args:
        points: shape (n, 2), in inches from the lower left corner of the axes.
        names: one a point.
        size: of the axes, in inches.
    """
    distance = np.linalg.norm(points[:, None] - points[None], axis=2)
    crowded = np.argsort(-(distance < 0.5).sum(1), kind="stable")
    dots = np.concatenate([points - GAP, points + GAP], axis=1)
    taken: list[np.ndarray] = []
    found = np.zeros((len(points), 2))
    for i in crowded:
        across = width(names[i], SIZE)
        boxes = [box for box in _around(points[i], across) if _inside(box, size)]
        boxes = boxes or [_within(points[i], across, size)]
        others = np.array([*np.delete(dots, i, axis=0), *taken]).reshape(-1, 4)
        covered = [_covered(box, others) for box in boxes]
        best = boxes[int(np.argmin(covered))]
        taken.append(best)
        found[i] = best[:2]
    return found


def _around(point: np.ndarray, across: float) -> list[np.ndarray]:
    """Boxes (left, low, right, high) around a point, nearest first."""
    x, y = point
    boxes = []
    for ring in range(RINGS):
        for up in (ring, -ring) if ring else (0,):
            low = y - LINE / 2 + up * LINE
            sides = [x + GAP, x - GAP - across]
            if abs(up) >= 2:
                sides += [x - across / 2, x + across / 2, x - 1.5 * across]
            boxes += [np.array([left, low, left + across, low + LINE]) for left in sides]
    return boxes


def _inside(box: np.ndarray, size: tuple[float, float]) -> bool:
    return bool(box[0] >= 0 and box[1] >= 0 and box[2] <= size[0] and box[3] <= size[1])


def _within(point: np.ndarray, across: float, size: tuple[float, float]) -> np.ndarray:
    left = min(max(0.0, point[0] + GAP), max(0.0, size[0] - across))
    low = min(max(0.0, point[1] - LINE / 2), max(0.0, size[1] - LINE))
    return np.array([left, low, left + across, low + LINE])


def _covered(box: np.ndarray, others: np.ndarray) -> float:
    """Area of a box that others cover."""
    across = np.minimum(box[2], others[:, 2]) - np.maximum(box[0], others[:, 0])
    along = np.minimum(box[3], others[:, 3]) - np.maximum(box[1], others[:, 1])
    return float((across.clip(0) * along.clip(0)).sum())
