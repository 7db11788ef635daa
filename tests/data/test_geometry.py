"""The shapes against areas known in closed form, and the IDX format against broken files."""

import math
import struct

import numpy as np
import pytest

from study.data import circle, diamond, double_shape, load_dataset, random_shape
from study.data._idx import parse_idx
from study.data._shapes import in_polygon, polygon_area
from study.data.base import DataCorruptError

AREAS = {
    "circle": math.pi * circle.RADIUS**2,
    "diamond": 2 * diamond.RADIUS**2,
    "random_shape": polygon_area(random_shape.OUTLINE),
    "double_shape": polygon_area(double_shape.LEFT) + polygon_area(double_shape.RIGHT),
}


@pytest.mark.parametrize("name", AREAS)
def test_the_share_of_points_inside_is_the_area(name):
    p = AREAS[name] / 4  # the box [-1, 1]^2 has area 4
    labels = load_dataset(name).held_out.labels.double()
    assert abs(float(labels.mean()) - p) < 4 * math.sqrt(p * (1 - p) / len(labels))


def test_a_notch_is_outside():
    notched = [(0, 0), (4, 0), (4, 4), (2, 1), (0, 4)]
    points = np.array([[2.0, 0.5], [2.0, 2.0], [0.5, 2.0], [3.5, 2.0], [-1.0, 0.5], [5.0, 0.5], [2.0, 9.0]])
    assert in_polygon(points, notched).tolist() == [True, False, True, True, False, False, False]
    assert polygon_area(notched) == 10.0


def test_the_two_shapes_are_disjoint():
    assert max(x for x, _ in double_shape.LEFT) < min(x for x, _ in double_shape.RIGHT)


IDX = bytes([0, 0, 8, 3]) + struct.pack(">3I", 2, 1, 3) + bytes(range(6))


def test_idx_is_read_row_by_row():
    assert parse_idx(IDX, "made", 3).tolist() == [[[0, 1, 2]], [[3, 4, 5]]]


@pytest.mark.parametrize("broken", [b"", IDX[:3], IDX[:10], IDX[:-1], IDX + b"x", b"\x01" + IDX[1:]])
def test_broken_idx_is_refused(broken):
    with pytest.raises(DataCorruptError, match="made"):
        parse_idx(broken, "made", 3)


def test_labels_are_not_images():
    with pytest.raises(DataCorruptError, match="starts with"):
        parse_idx(IDX, "made", 1)
