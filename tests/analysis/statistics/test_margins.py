"""Values on the grid of shares of units, whose differences meet a margin only up to rounding."""

import numpy as np
import pytest

from analysis.statistics.differences import eq, ni, sup
from analysis.statistics.medians import qty
from analysis.statistics.welch import eq_welch

ABOVE = np.array([0.35, 0.43, 0.48, 0.53, 0.3, 0.37, 0.6, 0.72, 0.81, 0.4])
TENTH = ABOVE - np.round(ABOVE - 0.1, 2)  # .1 in every network, some above it and some below by rounding


def test_the_grid_is_not_exact():
    assert (TENTH < 0.1).any()
    assert (TENTH > 0.1).any()


def test_a_difference_at_the_margin_is_large_enough_and_not_refuted():
    row = sup(TENTH, 0.1)
    assert row.large_enough
    assert not row.refuted


@pytest.mark.parametrize("template", [ni, eq])
@pytest.mark.parametrize("d", [TENTH, -TENTH])
def test_limits_at_the_margin_do_not_lie_beyond_it(template, d):
    assert not template(d, 0.1).refuted


@pytest.mark.parametrize("value", [0.1, 0.3])
def test_a_quantity_at_either_end_of_its_range_is_not_refuted(value):
    assert not qty(np.full(10, value), (0.2, 0.1)).refuted
    assert qty(np.full(10, value + 0.01 * np.sign(value - 0.2)), (0.2, 0.1)).refuted


def test_samples_whose_limit_is_the_margin_are_not_refuted():
    x = np.stack([TENTH, np.zeros(10)], axis=1)
    assert not eq_welch(x, 0.1).refuted


def test_decisions_on_shares_are_those_on_whole_units():
    rng = np.random.default_rng(0)
    for _ in range(200):
        of = np.rint(rng.normal(50, 5, 10))
        d = np.rint(rng.normal(10, 2, 10))
        shares, units = sup(of / 100 - (of - d) / 100, 0.1), sup(d, 10.0)
        assert (shares.large_enough, shares.refuted, shares.p) == (units.large_enough, units.refuted, units.p)


@pytest.mark.parametrize("truth", [0.1, 0.3])
@pytest.mark.parametrize("units", [20, 100])
def test_a_quantity_at_an_end_is_rarely_refuted_on_a_grid(truth, units):
    draws = np.rint(np.random.default_rng(units).normal(truth, 0.05, (150, 30)) * units) / units
    assert np.mean([qty(np.clip(x, 0, 1), (0.2, 0.1)).refuted for x in draws]) <= 0.05
