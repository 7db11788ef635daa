"""Panels in lines: what stands around them is seen whole."""

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.figures.grid import Grid

LONG = "share of the positive impact that the units hold"


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_labels_of_all_panels_lie_within_the_figure_and_outside_of_the_axes(count):
    made = Grid(count, 3, (2.4, 2.4))
    for ax in made.axes:
        ax.plot([0, 1], [0.001, 1000], label="one method")
    figure = made.finish("share of the units", LONG)
    renderer = FigureCanvasAgg(figure).get_renderer()
    whole = figure.get_window_extent(renderer)
    beside = next(t for t in figure.texts if t.get_text().replace("\n", " ") == LONG).get_window_extent(renderer)
    assert whole.x0 <= beside.x0
    assert whole.y0 <= beside.y0
    assert beside.y1 <= whole.y1
    assert all(beside.x1 <= ax.get_tightbbox(renderer).x0 for ax in made.axes)


def test_a_single_line_is_named_once():
    made = Grid(2, 2, (3, 3))
    for ax in made.axes:
        ax.plot([0, 1], [0, 1], label="quadratic model, one pass")
    legend = made.finish().legends
    assert [[t.get_text() for t in of.get_texts()] for of in legend] == [["quadratic model, one pass"]]


def test_panels_without_names_have_no_legend():
    made = Grid(1, 1, (3, 3))
    made.axes[0].plot([0, 1], [0, 1])
    assert not made.finish().legends
