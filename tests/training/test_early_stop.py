"""Looks at validation rows while training, and the early stop that is read from them afterwards."""

from dataclasses import replace

import pandas as pd
import pytest
import torch

from study.common.errors import StudyError
from study.data import Dataset
from study.training.cache import trained_from
from study.training.early_stop import early_stop
from study.training.recipe import Recipe
from study.training.train import fit
from tests import cases

PLAIN = cases.dataset(samples=50, features=3, outputs=3)
DATA = Dataset("made", "classification", 3, "sigmoid", {**PLAIN.splits, "validation": cases.rows(31, 3, 3, seed=9)})
LOOKING = Recipe(iterations=20, batch_size=8, evaluate_every=4, input_scale=2.0, weight_decay=0.1, dropout=0.2)
START = cases.network((5,), 3)


def history(errors):
    return pd.DataFrame(
        {"step": range(0, 10 * len(errors), 10), "validation_error": errors, "validation_accuracy": 0.5}
    )


@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_looks_are_the_error_and_the_accuracy_of_the_weights_at_that_iteration(precision):
    recipe = replace(LOOKING, precision=precision)
    found = fit(START, DATA, seed=0, recipe=recipe).history
    looks = found.dropna(subset=["validation_error"])
    assert looks["step"].tolist() == [0, 4, 8, 12, 16, 20]
    rows = DATA.splits["validation"]
    for k, error, share in looks[["step", "validation_error", "validation_accuracy"]].itertuples(index=False):
        then = fit(START, DATA, seed=0, recipe=recipe, until=int(k)).network
        gains = [torch.ones(5, dtype=torch.float64)]
        rel = 1e-12 if precision == "float64" else 1e-5
        assert error == pytest.approx(float(cases.plain_error(then, rows, "half_squared", gains)) / 31, rel=rel)
        assert share == float((then(rows.inputs).argmax(1) == rows.labels).double().mean())


def test_looking_changes_nothing_else_and_is_kept_with_the_network(tmp_path):
    looking, blind = (fit(START, DATA, seed=0, recipe=r) for r in (LOOKING, replace(LOOKING, evaluate_every=0)))
    found, plain = looking.history, blind.history
    assert looking.network.digest() == blind.network.digest()
    assert "validation_error" not in plain
    pd.testing.assert_frame_equal(found.dropna(subset=["error"])[[*plain]].reset_index(drop=True), plain)
    assert found["step"].is_unique
    assert found["step"].is_monotonic_increasing
    kept = [trained_from(START, DATA, LOOKING, 0, tmp_path).history for _ in range(2)]
    pd.testing.assert_frame_equal(*kept, check_exact=True)
    assert early_stop(kept[1]) == early_stop(found)


def test_a_data_set_without_validation_rows_is_refused():
    with pytest.raises(StudyError, match=r"needs rows to validate on.*training, pruning, held_out.*validation=5000"):
        fit(START, PLAIN, seed=0, recipe=LOOKING)


def test_the_stop_is_at_the_smallest_smoothed_error():
    errors = [9.0, 6.0, 0.0, 6.0, 4.0, 3.0, 2.0, 3.0, 4.0, 5.0]
    assert early_stop(history(errors), smooth=1).iteration == 20
    # Means of five: 5, 5.25, 5, 3.8, 3, 3.6, 3.2, 3.4, 3.5, 4.
    stop = early_stop(history(errors))
    assert (stop.iteration, stop.error, stop.accuracy, stop.censored) == (40, pytest.approx(3.0), 0.5, False)


def test_ends_are_means_of_the_looks_that_there_are():
    assert early_stop(history([1.0, 2.0, 3.0, 4.0])).error == pytest.approx(2.0)
    falling = early_stop(history([6.0, 5.0, 4.0, 3.0, 2.0, 1.0]))
    assert (falling.iteration, falling.error, falling.censored) == (50, pytest.approx(2.0), True)
    assert early_stop(history([3.0]), smooth=7).censored
    assert early_stop(history([2.0, 2.0, 2.0])).iteration == 0


def test_without_looks_or_a_middle_it_is_refused():
    plain = fit(START, DATA, seed=0, recipe=replace(LOOKING, evaluate_every=0)).history
    with pytest.raises(StudyError, match=r"training\.evaluate_every=100"):
        early_stop(plain)
    with pytest.raises(StudyError, match="smooth=4: an odd number"):
        early_stop(history([1.0]), smooth=4)
