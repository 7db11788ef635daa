"""Agreement of estimate and truth on values known by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from study.impact.agreement import agreement, kendall, overlap, spearman, tied
from study.speed.oracle import eagerly
from study.trajectories.trajectory import prune
from tests import cases


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


def test_what_choose_takes_for_one_is_one_in_every_rank():
    generator = np.random.default_rng(0)
    live = np.arange(1.0, 31.0)
    dead = generator.normal(size=30) * 1e-14  # what rounding leaves of 0
    impact, estimate = np.concatenate([dead, live]), np.concatenate([dead[::-1], live])
    plain, noisy = np.concatenate([0 * dead, live]), agreement(estimate, estimate, impact, error=10.0)
    assert noisy == agreement(plain, plain, plain, error=10.0) == agreement(estimate, estimate, impact)
    assert (noisy["spearman"], noisy["kendall"], noisy["overlap_25"], noisy["sign"]) == (pytest.approx(1), 1, 1, 1)
    assert (noisy["regret"], noisy["scale"], noisy["ties"]) == (0.0, 1.0, 30)
    assert agreement(estimate, estimate, impact, error=1e-8)["ties"] == 0  # beside so small an error it is no rounding


def test_any_of_the_units_that_are_equal_is_as_good():
    impact = np.concatenate([np.zeros(30), np.ones(5)])
    for score in (np.arange(35.0), np.arange(35.0)[::-1] % 35 + impact * 100):
        assert overlap(score, impact, 10) == 1
    assert overlap(np.array([1.0, 2, 3, 0]), np.array([0.0, 5, 5, 5]), 2) == 1
    assert overlap(np.array([3.0, 1, 2, 0]), np.array([0.0, 5, 5, 5]), 2) == 0.5  # the one that is better was missed


def test_values_that_are_not_that_close_keep_their_bits():
    values = np.random.default_rng(1).normal(size=200)
    assert np.array_equal(tied(values, 1e-12, 1.0), values)
    assert np.array_equal(tied(values, 1e-12, None), values)
    near = np.array([1.0, 1 + 1.5e-12, 1 + 3e-12, -1.0, 1 + 1e-13])
    endless = np.array([np.inf, 1.0, -np.inf, np.inf, 2.0])
    assert tied(endless, 1e-12, 1.0).tolist() == tied(endless, 1e-12, None).tolist() == endless.tolist()
    assert tied(near, 0.0, 1.0).tolist() == near.tolist()
    assert tied(near, 1e-12, 0.0).tolist() == [1.0, 1 + 1.5e-12, 1 + 3e-12, -1.0, 1.0]


@pytest.mark.parametrize("method", ["brute_force", "taylor2", "magnitude", "random"])
def test_dead_units_of_a_network_are_ties_on_every_path(method):
    net = cases.network((12, 5), 3, gain=4.0)
    net.weights[1][:, 2:8] = 0.0  # six of the first layer go nowhere
    net.weights[2][:, 1] = net.weights[2][:, 3] = 0.0
    found = prune(net, cases.dataset(), method).agreement.query("event == 0 and layer == -1").iloc[0]
    assert found["ties"] == 8
    if method == "brute_force":
        assert (found["spearman"], found["overlap_10"], found["sign"]) == (pytest.approx(1), 1, 1)
    with eagerly():
        also = prune(net, cases.dataset(), method).agreement.query("event == 0 and layer == -1").iloc[0]
    for name in ("spearman", "kendall", "overlap_10", "regret", "sign", "scale", "ties"):
        assert found[name] == pytest.approx(also[name], rel=1e-9, abs=1e-12, nan_ok=True)
