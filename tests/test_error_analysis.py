"""Agreement of estimate and truth on values known by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from study.error_analysis import agreement, kendall, overlap, spearman


def test_a_reversed_estimate():
    truth = np.arange(30.0)
    found = agreement(-truth, -truth, truth)
    assert (found["spearman"], found["kendall"], found["spearman_25"]) == pytest.approx((-1, -1, -1))
    assert found["regret"] == 29
    assert found["overlap_10"] == 0
    assert found["overlap_25"] == 20 / 25
    assert found["sign"] == 1 / 30
    assert found["scale"] == -1


def test_correlations_equal_scipys_with_ties():
    generator = np.random.default_rng(0)
    a, b = generator.integers(0, 6, 40).astype(float), generator.integers(0, 6, 40).astype(float)
    assert spearman(a, b) == pytest.approx(stats.spearmanr(a, b).statistic, abs=1e-14)
    assert kendall(a, b) == pytest.approx(stats.kendalltau(a, b).statistic, abs=1e-14)


def test_what_is_not_defined_is_null():
    few = agreement(np.array([1.0, 2.0]), None, np.array([1.0, 2.0]))
    assert all(math.isnan(few[k]) for k in ("spearman", "kendall", "overlap_10", "sign", "scale"))
    assert few["regret"] == 0
    assert math.isnan(spearman(np.ones(5), np.arange(5.0)))
    assert math.isnan(overlap(np.arange(10.0), np.arange(10.0), 10))


def test_ties_count_dead_and_duplicate_units():
    assert agreement(np.arange(5.0), None, np.array([0.0, 0.0, 1.0, 2.0, 2.0]))["ties"] == 4
