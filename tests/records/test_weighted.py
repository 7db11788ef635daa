"""Weighted ranks are those of data in which every member stands as often as its weight says."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from study.records.weighted import mean_of_smallest, mid_ranks, spearman

FEW = st.integers(-3, 3).map(float)
PAIRS = st.lists(st.tuples(FEW, st.one_of(FEW, st.floats(-1e6, 1e6)), st.integers(1, 5)), min_size=3, max_size=30)


def scipys(a, b):
    return stats.spearmanr(a, b).statistic


@given(PAIRS)
def test_spearman_is_scipys_with_equal_weights_and_on_the_expanded_data_with_whole_ones(pairs):
    a, b, n = (np.array(column) for column in zip(*pairs, strict=True))
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        assert math.isnan(spearman(a, b, np.ones(len(a))))
        return
    for scale in (1.0, 0.37):
        assert spearman(a, b, np.full(len(a), scale)) == pytest.approx(scipys(a, b), abs=1e-12)
        expected = scipys(np.repeat(a, n), np.repeat(b, n))
        assert spearman(a, b, n * scale) == pytest.approx(expected, abs=1e-12)


@given(PAIRS)
def test_mid_ranks_are_scipys_of_the_expanded_data(pairs):
    a, _, n = (np.array(column) for column in zip(*pairs, strict=True))
    expected = stats.rankdata(np.repeat(a, n)) - 0.5
    assert np.repeat(mid_ranks(a, n.astype(float)), n) == pytest.approx(expected)


def test_what_is_not_defined_is_null():
    one = np.ones(4)
    assert math.isnan(spearman(np.arange(2.0), np.arange(2.0), np.ones(2)))
    assert math.isnan(spearman(np.array([1, 2, 3, np.nan]), np.arange(4.0), one))
    assert math.isnan(spearman(one, np.arange(4.0), one))
    assert math.isnan(mean_of_smallest(one, one, one, 0.0))
    assert math.isnan(mean_of_smallest(one, one * np.nan, one, 1.0))


def test_a_set_of_some_mass_takes_the_last_in_part_and_all_at_most():
    values, by, weights = np.array([8.0, -2.0, 1.0]), np.array([0.0, 2.0, 1.0]), np.array([2.0, 1.0, 4.0])
    assert mean_of_smallest(values, by, weights, 1.0) == 8
    assert mean_of_smallest(values, by, weights, 4.0) == (16 + 2) / 4
    assert mean_of_smallest(values, by, weights, 99.0) == (16 - 2 + 4) / 7
