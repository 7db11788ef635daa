import io

import numpy as np
import pandas as pd
import pytest
from matplotlib.image import imread

from study import figures
from study.records import conform, empty
from tests.seen import hidden
from tests.tracking.made import tables


def test_every_table_with_rows_gets_a_readable_figure():
    drawn = figures.draw_all(tables(), "mnist_2x50 · second order")
    assert list(drawn) == [
        "1_degradation", "2_estimate_against_impact", "3_agreement_along_the_way", "4_error_surfaces",
    ]  # fmt: skip
    for figure in drawn.values():
        assert figure.get_suptitle() == "mnist_2x50 · second order"
        assert all(axis.get_xlabel() and axis.get_ylabel() for axis in figure.axes)
        file = io.BytesIO()
        figure.savefig(file, format="png", dpi=110)
        assert len(file.getvalue()) < 200_000
        file.seek(0)
        assert imread(file).std() > 0.01


def test_empty_tables_are_left_out():
    made = tables() | {name: empty(name) for name in ("impacts", "agreement", "surfaces")}
    assert list(figures.draw_all(made, "t")) == ["1_degradation"]


def test_degradation_draws_means_and_accuracies_of_both_splits():
    made = tables()
    error_axis, accuracy_axis = figures.degradation(made["evaluations"], made["events"], "t").axes
    rows = made["evaluations"].query("split == 'held_out'")
    [line] = [line for line in error_axis.lines if line.get_label() == "held-out rows"]
    np.testing.assert_allclose(line.get_ydata(), rows["error"] / 500)
    assert error_axis.get_yscale() == "log"
    assert "of 30" in error_axis.get_xlabel()
    [line] = [line for line in accuracy_axis.lines if line.get_label() == "held-out rows"]
    np.testing.assert_allclose(line.get_ydata(), rows["correct"] / 500)


def test_a_regression_has_no_accuracy_and_a_narrow_range_no_logarithm():
    made = tables()
    error = np.linspace(1, 5, len(made["evaluations"]))
    regression = made["evaluations"].drop(columns=["correct"]).assign(error=error)
    [axis] = figures.degradation(conform("evaluations", regression), made["events"], "t").axes
    assert axis.get_yscale() == "linear"


def test_impacts_are_drawn_as_asinh_of_the_share_of_the_start_error():
    impacts = conform(
        "impacts",
        {
            "event": [0, 0, 0],
            "layer": [0, 0, 0],
            "unit": [0, 1, 2],
            "estimate": [-2.0, 0.0, 0.5],
            "impact": [-2.0, 0.0, 1.0],
        },
    )
    [axis] = figures.estimate_against_impact(impacts, "t", start_error=4.0).axes
    points = np.asarray(axis.collections[0].get_offsets())
    np.testing.assert_allclose(points[:, 0], np.arcsinh([-500.0, 0.0, 250.0]))
    np.testing.assert_allclose(points[:, 1], np.arcsinh([-500.0, 0.0, 125.0]))
    labels = [tick.get_text() for tick in axis.get_xticklabels()]
    assert "0" in labels
    assert "0.1" in labels
    places = dict(zip(labels, axis.get_xticks(), strict=True))
    assert places["0.1"] == pytest.approx(np.arcsinh(100.0))


def test_a_method_without_estimates_is_drawn_by_rank():
    impacts = tables()["impacts"].assign(estimate=float("nan"))
    [axis] = figures.estimate_against_impact(impacts, "t").axes
    assert "rank" in axis.get_ylabel()
    heights = np.concatenate([np.asarray(points.get_offsets())[:, 1] for points in axis.collections])
    assert sorted(heights) == list(range(1, 31))


def test_nothing_is_left_in_pyplot():
    import matplotlib.pyplot as plt

    figures.draw_all(tables(), "t")
    assert plt.get_fignums() == []


def test_layers_of_filters_are_labelled_so():
    drawn = figures.draw_all(tables(), "t", filters=1)
    for name in ("2_estimate_against_impact", "3_agreement_along_the_way"):
        labels = [text.get_text() for text in drawn[name].axes[0].get_legend().get_texts()]
        assert "layer 1 (filters)" in labels
        assert "layer 2" in labels


TITLE = (
    "digits 64-100-100-10 tanh output=softmax epochs=500 learning_rate=0.005, taylor2[threshold=median], iterative, "
    "seed 100, draw 3, retrain[epochs=5]"
)


@pytest.mark.parametrize("decades", [(-2, 0), (-4, 7), (-9, 2)])
@pytest.mark.parametrize("signs", [(1.0,), (-1.0, 1.0)])
def test_all_that_a_figure_says_can_be_read(decades, signs):
    made = tables()
    sizes = np.concatenate([sign * np.logspace(*decades, 30) for sign in signs])
    impacts = {"event": 0, "layer": np.arange(len(sizes)) % 2, "unit": np.arange(len(sizes)), "score": sizes}
    made["impacts"] = conform("impacts", pd.DataFrame(impacts | {"impact": sizes, "estimate": -sizes}))
    for name, figure in figures.draw_all(made, TITLE, 1).items():
        assert (name, hidden(figure)) == (name, [])
