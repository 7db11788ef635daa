import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics import path, trajectory, units
from study.records.kept import accuracy_kept, error_kept

errors = st.lists(st.floats(0.01, 100), min_size=3, max_size=30)
counts = st.lists(st.integers(0, 1000), min_size=2, max_size=40)


def test_area_of_known_curves():
    k = 1000
    q = np.arange(k + 1) / k
    assert path.auc_error(1 + q) == pytest.approx(0.5)
    assert path.auc_error(1 + q**3) == pytest.approx(0.25, abs=1e-5)
    assert path.auc_ratio(2 * np.ones(5)) == 0.0
    assert path.auc_ratio(1 + q) == pytest.approx(0.5)


def test_area_is_clipped_and_shown_unclipped():
    e = [1.0, 5.0, 3.0]  # range 2, so the peak is at 2: clipped to 1
    assert path.auc_error(e) == pytest.approx((0 + 1) / 4 + (1 + 1) / 4)
    assert path.auc_error(e, clipped=False) == pytest.approx((0 + 2) / 4 + (2 + 1) / 4)


def test_area_is_not_defined_from_a_suboptimal_start():
    assert np.isnan(path.auc_error([10.0, 5.0, 14.0]))
    assert not np.isnan(path.auc_error([10.0, 5.0, 15.0]))


@given(errors)
def test_area_is_within_its_bounds(e):
    area = path.auc_error(e)
    assert np.isnan(area) or -1 <= area <= 1


def test_area_of_a_flat_curve_that_jumps_at_the_end_vanishes_with_k():
    assert path.auc_error(np.r_[np.ones(1000), 2.0]) == pytest.approx(0, abs=1e-3)
    assert path.auc_ratio(np.ones(7)) == 0.0


def test_removable_share():
    correct = np.array([1000, 1000, 990, 989, 995])
    assert path.removable(accuracy_kept(correct, 1000, 1)) == 0.5  # 990 is one point exactly
    assert path.removable(accuracy_kept(correct, 1000, 1), exists=True) == 1.0
    assert path.removable([True, True, True]) == 1.0
    assert path.removable([True, False]) == 0.0


@given(counts, st.floats(0, 100), st.floats(0, 100))
def test_removable_share_rises_with_the_tolerance(correct, a, b):
    low, high = (path.removable(accuracy_kept(correct, 1000, tau)) for tau in sorted((a, b)))
    assert low <= high
    assert path.removable(accuracy_kept(correct, 1000, a)) <= path.removable(
        accuracy_kept(correct, 1000, a), exists=True
    )


def test_error_kept_within_a_share_of_the_range():
    e = np.array([0.0, 0.5, 1.0, 2.0, 100.0])
    assert path.removable(error_kept(e, 0.01)) == 0.5
    assert error_kept([5.0, 5.0, 4.0], 0.01).tolist() == [True, True, True]  # a range below the start


def test_recovery():
    assert path.recovery([1.0, 3.0, 2.0, 5.0]) == 0.25
    assert path.recovery([1.0, 2.0, 3.0]) == 0.0
    assert np.isnan(path.recovery([3.0, 2.0, 1.0]))
    assert path.recoveries([0.0, 0.5, 0.0, 1.0, 0.02]) == 2
    assert path.recoveries([0.0, 0.09, 0.0, 1.0]) == 0  # a rise below a tenth is none
    assert path.recoveries([0.0, 0.5, 0.06, 1.0]) == 0  # not back within 5 %
    assert path.recoveries([1.0, 1.0]) == 0


def test_gain_and_the_way_back():
    e = [10.0, 8.0, 4.0, 9.0, 10.0, 30.0]
    assert path.gain(e) == (0.6, 2)
    assert path.gain(e, within=1) == (pytest.approx(0.2), 1)
    assert path.gain_at(e, 3) == pytest.approx(0.1)
    assert np.isnan(path.gain_at(e, 9))
    assert path.back_at_start(e) == 0.8


def test_breakdown_compares_the_slopes_after_and_before():
    flat_then_steep = np.r_[np.ones(6), 0.9, 0.8, 0.7, 0.6, 0.5]
    assert path.breakdown(flat_then_steep, kept=0.5) == pytest.approx(1.0)
    even = 1 - np.arange(11) / 10
    assert path.breakdown(even, kept=0.5) == pytest.approx(1 - 3)
    assert np.isnan(path.breakdown(even, kept=1.0))


def test_concentration():
    assert units.gini(np.ones(8)) == pytest.approx(0)
    assert units.gini([0, 0, 0, 7]) == pytest.approx(0.75)
    assert units.gini([1, 2, 3]) == pytest.approx(2 / 9)
    assert units.top_share(np.ones(10)) == pytest.approx(0.2)
    assert units.effective_number([3, 1]) == pytest.approx(1.6)
    assert np.isnan(units.gini([-1, -2]))


@given(st.lists(st.floats(0.01, 1e3), min_size=1, max_size=30), st.floats(0.01, 100))
def test_concentration_has_no_scale(w, factor):
    w = np.array(w)
    assert units.gini(w) == pytest.approx(units.gini(factor * w), abs=1e-9)
    assert 0 - 1e-9 <= units.gini(w) <= 1 - 1 / len(w) + 1e-9
    assert 1 - 1e-9 <= units.effective_number(w) <= len(w) + 1e-9


def test_layer_share():
    order = [1, 1, 1, 0, 1, 0, 0, 0, 1, 0]
    assert units.last_layer_share(order, last=1, share=0.4) == 0.75
    assert units.last_layer_share(order, last=1, share=0.1) == 1.0
    assert np.isnan(units.last_layer_share([0, 0], last=0, share=0.5))


def test_a_regression_has_no_accuracy_metrics():
    row = trajectory(np.array([1.0, 1.0, 50.0]), None, 100)
    assert np.isnan(row["r_1"])
    assert row["r_1pct"] == row["m2x"] == 0.5
    assert row["accuracy_0"] == pytest.approx(0.99)
