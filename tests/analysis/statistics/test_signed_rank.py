import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, wilcoxon

from analysis.statistics import signed_rank


def enumerated(d):
    """P-value by all 2^m signs of the non-zero differences, zeros ranked (Pratt)."""
    d = np.asarray(d, dtype=float)
    ranks = rankdata(np.abs(d))[d != 0]
    observed = ranks[d[d != 0] > 0].sum()
    sums = [
        sum(r for r, s in zip(ranks, signs, strict=True) if s) for signs in itertools.product([0, 1], repeat=len(ranks))
    ]
    return np.mean(np.array(sums) >= observed - 1e-9)


@pytest.mark.parametrize("n", [1, 3, 5, 10, 30])
def test_equals_scipy_without_ties_and_zeros(n):
    d = np.random.default_rng(n).normal(0.3, 1, n)
    assert signed_rank.p_greater(d) == pytest.approx(
        wilcoxon(d, alternative="greater", method="exact").pvalue, abs=1e-12
    )


@pytest.mark.parametrize(
    "d",
    [
        [0.0, 0.0, 1.0, 1.0, -1.0, 2.0],
        [0.1, 0.1, 0.1, 0.1],
        [0.0, 0.0, 0.0],
        [-0.02, 0.01, 0.01, 0.03, 0.0, 0.05, -0.01],
    ],
)
def test_equals_enumeration_with_ties_and_zeros(d):
    assert signed_rank.p_greater(d) == pytest.approx(enumerated(d), abs=1e-12)


@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_equals_enumeration_on_any_grid(d):
    assert signed_rank.p_greater(d) == pytest.approx(enumerated(d), abs=1e-12)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=12))
def test_p_values_of_both_sides_overlap_in_the_observed_sum(d):
    d = np.array(d, dtype=float)
    assert signed_rank.p_greater(d) + signed_rank.p_greater(-d) >= 1 - 1e-12


def test_rounding_does_not_split_ties():
    d = np.array([0.3 - 0.2, 0.2 - 0.1, 0.4 - 0.3, 0.1])  # all 0.1 up to rounding
    assert np.unique(np.abs(signed_rank.doubled_ranks(d))).tolist() == [5]


def test_limits_are_the_signed_rank_test_turned_round():
    d = np.random.default_rng(1).normal(0, 1, 12)
    low, high = signed_rank.limits(d, 0.05)
    for limit, side in ((low, 1), (high, -1)):
        assert signed_rank.p_greater(side * (d - limit) + 1e-6) <= 0.05
        assert signed_rank.p_greater(side * (d - limit) - 1e-6) > 0.05


def test_limits_need_five_values():
    assert np.isnan(signed_rank.limits([1.0, 2.0, 3.0, 4.0], 0.05)).all()
    assert np.isfinite(signed_rank.limits([1.0, 2.0, 3.0, 4.0, 5.0], 0.05)).all()


def test_hodges_lehmann_and_rank_biserial_in_closed_form():
    assert signed_rank.hodges_lehmann([1.0, 3.0]) == 2.0
    assert signed_rank.rank_biserial([1.0, 2.0, 3.0]) == 1.0
    assert signed_rank.rank_biserial([-1.0, 2.0, 3.0]) == pytest.approx(4 / 6)
    assert signed_rank.rank_biserial([0.0, 0.0]) == 0.0
