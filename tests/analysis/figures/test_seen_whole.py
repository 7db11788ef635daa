"""Figures can be read: no text is cut off, none lies on another, none in a panel that is not its own."""

import pytest
from matplotlib.figure import Figure

from analysis.figures.grid import Grid
from study.records.words import METHODS
from tests.analysis.drawings import every
from tests.seen import hidden

NAMES = [words.label for words in METHODS.values()]
SUBJECT = "digits 64-100-100-10 tanh output=softmax epochs=500 learning_rate=0.005"


@pytest.mark.parametrize("columns", [1, 3])
def test_names_of_methods_and_free_combinations_have_the_room_that_they_measure(columns):
    made = Grid(columns, 3, (3.75, 1.2 + 0.22 * len(METHODS)), left=0.3, bottom=0.3, top=0.1)
    inner = made.inner
    for ax in made.axes:
        ax.set(yticks=range(len(METHODS)), xlim=(0, 100_000), title=SUBJECT)
        ax.set_yticklabels(NAMES)
        for name in NAMES:
            ax.plot([0, 1], [0, 1], label=name)
    figure = made.finish("share of hidden units removed before the limit is first crossed", "what is removed")
    assert hidden(figure) == []
    for ax in made.axes:
        size = ax.bbox.width / figure.dpi, ax.bbox.height / figure.dpi
        assert size == pytest.approx(inner), "what has been drawn keeps its size"


def test_what_is_cut_off_or_covered_is_found():
    figure = Figure(figsize=(6, 4))
    left, right = figure.subplots(1, 2)
    assert hidden(figure) == []
    left.set_ylabel("beyond the edge\n" * 4)
    right.text(0.1, 0.5, "one")
    right.text(0.15, 0.5, "two")
    left.text(1.5, 0.8, "in the neighbour")
    found = hidden(figure)
    assert [text for text in found if text.startswith("cut off")] == [f"cut off: {left.get_ylabel()!r}"]
    assert "on each other: 'one' and 'two'" in found
    assert "in another panel: 'in the neighbour'" in found


@pytest.mark.slow
def test_every_figure_of_a_report_can_be_read():
    figures = every()
    assert {"removable", "cost", "layers", "lorenz", "ladder", "regime_zero", "mechanism_order", "predictor"} <= {
        name.rpartition(", ")[2] for name in figures
    }
    assert {name: found for name, figure in figures.items() if (found := hidden(figure))} == {}
