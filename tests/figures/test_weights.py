"""Figures of a cell of single weights: what is drawn is what is recorded, and all that they say can be read."""

import numpy as np
import pandas as pd
import pytest

from study import figures
from study.figures import weights
from study.records import conform
from study.records.masks import packed
from tests import made_weights
from tests.figures.test_figures import TITLE
from tests.seen import hidden

NAMES = [
    "1_accuracy_over_weights_left", "2_rank_correlation", "3_masks_of_the_first_layer", "4_weights_left_by_layer",
]  # fmt: skip


def line(axis, label):
    (found,) = [line for line in axis.lines if line.get_label() == label]
    return np.asarray(found.get_xdata(), dtype=float), np.asarray(found.get_ydata(), dtype=float)


def test_a_cell_of_weights_has_figures_of_its_own_and_a_cell_of_units_none_of_them():
    made = made_weights.tables()
    assert list(figures.draw_all(made, "t")) == NAMES
    del made["bridge"]
    assert list(figures.draw_all(made, "t")) == [NAMES[0], *NAMES[2:]]


@pytest.mark.parametrize("rounds", [1, 3, 5])
def test_all_that_they_say_can_be_read(rounds):
    for name, figure in figures.draw_all(made_weights.tables(rounds=rounds), TITLE, 1).items():
        assert (name, hidden(figure)) == (name, [])


def test_accuracy_lies_over_the_weights_left_by_split_after_training_and_right_after_cuts():
    made = made_weights.tables()
    left = weights.percent_left(made["events"])
    trained, cut, stop = weights.accuracy(made, left, "t").axes
    x, y = line(trained, "held-out rows")
    np.testing.assert_allclose(y, [0.9, 0.89, 0.88, 0.87])
    assert x[0] == 100
    np.testing.assert_allclose(x[1], 100 * (48 + 9) / 114)
    np.testing.assert_allclose(line(trained, "pruning rows")[1], [0.95, 0.94, 0.93, 0.92])
    np.testing.assert_allclose(line(trained, "held-out rows, at the early stop")[1], [0.89, 0.88, 0.87, 0.86])
    np.testing.assert_allclose(line(cut, "validation rows")[1], [0.52] * 3)
    for axis in (trained, cut, stop):
        assert axis.get_xscale() == "log"
        high, low = axis.get_xlim()
        assert high > 100 > low
        assert axis.get_xlabel() == "weights left, %"
    sure, late = stop.collections
    np.testing.assert_allclose(np.asarray(sure.get_offsets())[:, 1], [280, 260, 240])
    assert np.asarray(late.get_offsets()).tolist() == [[100, 300]]
    assert late.get_label() == "at the last look: not before"


def test_without_looks_at_validation_rows_there_is_no_early_stop():
    made = made_weights.tables()
    del made["trainings"], made["stopped"]
    assert len(weights.accuracy(made, weights.percent_left(made["events"]), "t").axes) == 2


def test_correlations_are_drawn_signed_and_absolute_by_criterion():
    made = made_weights.tables()
    signed, absolute = weights.rank_correlation(made["bridge"], weights.percent_left(made["events"]), "t").axes
    np.testing.assert_allclose(line(signed, "magnitude")[1], [0.8, 0.78, 0.76, 0.74])
    np.testing.assert_allclose(line(absolute, "magnitude")[1], [0.85, 0.83, 0.81, 0.79])
    assert "signed" not in signed.get_ylabel()
    assert signed.get_ylabel() != absolute.get_ylabel()


def test_masks_of_images_are_links_by_pixel_and_others_the_matrix():
    made = made_weights.tables()
    left = weights.percent_left(made["events"])
    figure = weights.first_masks(made["sparsity"], made["masks"], left, "t")
    images = [axis.images[0].get_array() for axis in figure.axes if axis.images]
    assert len(images) == 4
    for image, of in zip(images, made_weights.masks(0, 3), strict=True):
        np.testing.assert_array_equal(image, of[0].sum(axis=0).reshape(4, 4))
    digest, shape, bits = packed(mask := np.random.default_rng(0).random((5, 12)) < 0.5)
    masks = conform("masks", {"mask": [digest], "shape": [shape], "bits": [bits]})
    row = {"event": [0], "layer": [0], "weights": [60], "left": [mask.sum()], "mask": [digest]}
    (axis,) = weights.first_masks(conform("sparsity", row), masks, left, "t").axes
    np.testing.assert_array_equal(axis.images[0].get_array(), mask)


def test_layers_are_drawn_over_rounds():
    made = made_weights.tables()
    (axis,) = weights.by_layer(made["sparsity"], made["events"], "t").axes
    rounds, left = line(axis, "layer 1")
    np.testing.assert_array_equal(rounds, [0, 1, 2, 3])
    np.testing.assert_allclose(left, [100, 50, 25, 12.5])
    np.testing.assert_allclose(line(axis, "output layer")[1][1], 50)


def test_four_splits_have_four_colours():
    made = made_weights.tables()
    more = made["evaluations"].query("split == 'held_out'").assign(split="fresh")
    made["evaluations"] = pd.concat([made["evaluations"], more], ignore_index=True)
    trained = weights.accuracy(made, weights.percent_left(made["events"]), "t").axes[0]
    names = [f"{split} rows" for split in ("pruning", "held-out", "validation", "fresh")]
    assert len({line.get_color() for line in trained.lines if line.get_label() in names}) == 4
