"""Names beside points: inside the axes, on no other name, and all there."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure

from analysis.figures.labels import LINE, name_points, places
from analysis.figures.labels import SIZE as LETTERS
from analysis.figures.text import width
from analysis.sections.cost.figure import FREE, cost
from study.methods import names
from study.pruning import settings as known
from study.records.words import METHODS, RANKINGS, REMOVALS

SIZE = (5.1, 3.1)
NAMES = [words.label for words in METHODS.values()]


def boxes(points):
    corners = places(np.array(points, dtype=float), NAMES[: len(points)], SIZE)
    return [(x, y, x + width(n, LETTERS), y + LINE) for (x, y), n in zip(corners, NAMES, strict=False)]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, SIZE[0]), st.floats(0, SIZE[1])), min_size=1, max_size=len(NAMES)))
def test_names_lie_inside_and_not_on_each_other(points):
    found = boxes(points)
    for left, low, right, high in found:
        assert left >= -1e-9
        assert low >= -1e-9
        assert right <= SIZE[0] + 1e-9
        assert high <= SIZE[1] + 1e-9
    for one, other in combinations(found, 2):
        across = min(one[2], other[2]) - max(one[0], other[0])
        along = min(one[3], other[3]) - max(one[1], other[1])
        assert across <= 1e-9 or along <= 1e-9


def test_a_lonely_point_has_its_name_to_the_right_and_one_at_the_right_edge_to_the_left():
    (x, *_), (_, _, right, _) = boxes([(1.0, 1.0), (5.05, 2.0)])
    assert 1.0 < x < 1.1
    assert 4.95 < right < 5.05


@pytest.mark.parametrize("spent", ["seconds", "forward_passes"])
def test_every_method_is_named_at_its_medians(spent):
    draw = np.random.default_rng(0)
    rows = [
        {"method": m, "seconds": 10 ** draw.uniform(-2, 2), "forward_passes": 100 * i, "r_1": draw.uniform(0, 1)}
        for i, m in enumerate(METHODS)
        for _ in range(3)
    ]
    ax = Figure().add_subplot()
    cost(pd.DataFrame(rows), ax, "r_1", "made", SIZE, spent)
    assert sorted(t.get_text() for t in ax.texts) == sorted(NAMES)
    assert ax.get_xscale() == "log"
    large = [
        tuple(line.get_xydata()[0]) for line in ax.lines if line.get_markersize() == 6 and line.get_marker() in "os"
    ]
    medians = pd.DataFrame(rows).groupby("method")[[spent, "r_1"]].median()
    if spent == "forward_passes":
        medians[spent] = medians[spent].clip(lower=FREE)
    assert np.allclose(sorted(large), sorted(map(tuple, medians.to_numpy())))


def test_a_name_far_from_its_point_is_joined_to_it():
    ax = Figure().add_subplot()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    name_points(ax, [(0.5, 0.5)] * 12, NAMES[:12], ["k"] * 12, SIZE)
    assert len(ax.texts) == 12
    assert len(ax.lines) >= 6


def test_every_method_has_a_colour_of_its_own_but_for_what_the_code_made_of_it():
    own = [words.colour for m, words in METHODS.items() if not m.endswith("_as_implemented")]
    assert len(own) == len(set(own))


def test_every_method_ranking_and_removal_has_words():
    """The steps of the ladder between two methods have those of their parameters."""
    assert set(METHODS) == set(names())
    assert len(set(NAMES)) == len(NAMES)
    assert RANKINGS.keys() == set(known.RANKINGS)
    assert REMOVALS.keys() == set(known.REMOVALS)
