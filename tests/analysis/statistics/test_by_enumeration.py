"""The project's statistics against enumerations written out here: no routine of theirs, of scipy's or statsmodels'."""

import itertools
import math
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.statistics import holm, median_limits, sign, signed_rank
from analysis.statistics.correlation import assoc
from analysis.statistics.differences import eq, ni, sup
from analysis.statistics.proportion import prop
from analysis.statistics.trend import trend

ALPHA = 0.05
GRID = st.integers(-40, 40).map(lambda i: i / 8)  # exact in binary, so that sums and halves are
SAMPLES = st.lists(GRID, min_size=1, max_size=9)


def noise(n, centre=0.0, spread=1.0, seed=0):
    return np.random.default_rng(seed).normal(centre, spread, n)


def signed_sum(d):
    """Number of Walsh averages above zero, those at zero half: the signed-rank statistic without any rank."""
    pairs = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(d, 2)]
    return sum(w > 0 for w in pairs) + sum(w == 0 for w in pairs) / 2


def signed_rank_p(d):
    """P-value of d > 0 by all signs; for values without ties and zeros."""
    sums = [signed_sum([s * abs(x) for s, x in zip(signs, d, strict=True)]) for signs in signs_of(len(d))]
    return sum(s >= signed_sum(d) for s in sums) / len(sums)


def signs_of(n):
    return itertools.product([-1, 1], repeat=n)


def integral(f, low, high, steps=20000):
    """Integral by Simpson's rule."""
    x = np.linspace(low, high, steps + 1)
    y = f(x)
    return float((high - low) / steps / 3 * (y[0] + y[-1] + 4 * y[1:-1:2].sum() + 2 * y[2:-1:2].sum()))


def t_above(statistic, df):
    """P(T > statistic) of Student's t: its density, integrated."""
    constant = math.gamma((df + 1) / 2) / math.sqrt(df * math.pi) / math.gamma(df / 2)
    half = integral(lambda x: constant * (1 + x * x / df) ** (-(df + 1) / 2), 0, abs(statistic))
    return 0.5 - math.copysign(half, statistic)


def t_p(d, value):
    """One-sided p-value of mean(d) > value."""
    n = len(d)
    mean = sum(d) / n
    spread = math.sqrt(sum((x - mean) ** 2 for x in d) / (n - 1))
    return t_above((mean - value) / (spread / math.sqrt(n)), n - 1)


@pytest.mark.parametrize("n", [1, 4, 7, 10])
@pytest.mark.parametrize("centre", [-0.5, 0.0, 0.8])
def test_signed_rank_without_ranks(n, centre):
    d = noise(n, centre, seed=n)
    assert signed_rank.p_greater(d) == pytest.approx(signed_rank_p(d), abs=1e-12)


@given(SAMPLES)
def test_hodges_lehmann_is_the_median_of_pairwise_means(d):
    assert signed_rank.hodges_lehmann(d) == median((a + b) / 2 for i, a in enumerate(d) for b in d[: i + 1])


@pytest.mark.parametrize("n", [5, 6, 8, 10])
def test_limits_hold_the_shifts_that_are_not_rejected(n):
    """A shift lies above the lower limit exactly where the test of "larger than the shift" is not significant."""
    d = noise(n, seed=n)
    walsh = sorted((a + b) / 2 for a, b in itertools.combinations_with_replacement(d, 2))
    between = [walsh[0] - 1, *((a + b) / 2 for a, b in itertools.pairwise(walsh)), walsh[-1] + 1]
    low, high = signed_rank.limits(d, ALPHA)
    for shift in between:
        assert (signed_rank_p(d - shift) > ALPHA) == (shift > low)
        assert (signed_rank_p(shift - d) > ALPHA) == (shift < high)


@pytest.mark.parametrize("n", range(5, 16))
def test_median_limits_by_counting_outcomes(n):
    """The r-th smallest value exceeds the median where fewer than r of n values lie below it."""

    def wrong(r):
        return sum(math.comb(n, k) for k in range(r)) / 2**n

    low, high = median_limits(range(n), ALPHA)
    r = int(low) + 1
    assert wrong(r) <= ALPHA < wrong(r + 1)
    assert high == n - r


@given(st.lists(st.sampled_from([-1.0, 0.0, 0.5, 2.0]), min_size=1, max_size=9))
def test_sign_test_by_all_signs(d):
    """Of all signs that n values can have, the share with at least as many positive ones; zeros are not positive."""
    positive = [sum(s > 0 for s in signs) for signs in signs_of(len(d))]
    assert sign.p_greater(d) == pytest.approx(np.mean(np.array(positive) >= sum(x > 0 for x in d)))


@pytest.mark.parametrize(("centre", "n"), [(0.0, 8), (0.06, 10), (-0.03, 9)])
def test_opposites_by_all_signs(centre, n):
    d, delta = noise(n, centre, 0.03, seed=n), 0.02
    assert sup(d, delta).p_refute == pytest.approx(signed_rank_p(delta - d))
    assert ni(d, delta).p_refute == pytest.approx(signed_rank_p(-delta - d))
    assert eq(d, delta).p_refute == pytest.approx(min(1, 2 * min(signed_rank_p(d - delta), signed_rank_p(-delta - d))))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_no_median_limit_below_five_networks(n):
    assert np.isnan(median_limits(range(n), ALPHA)).all()


@pytest.mark.parametrize(("k", "n", "p0"), [(0, 4, 0.5), (9, 10, 0.5), (10, 10, 0.8), (3, 7, 0.3)])
def test_proportion_by_all_outcomes(k, n, p0):
    above = below = 0.0
    for outcome in itertools.product([0, 1], repeat=n):
        chance = p0 ** sum(outcome) * (1 - p0) ** (n - sum(outcome))
        above += chance * (sum(outcome) >= k)
        below += chance * (sum(outcome) <= k)
    row = prop([1] * k + [0] * (n - k), p0)
    assert row.p == pytest.approx(above)
    assert row.p_refute == pytest.approx(below)
    assert row.refuted == (below < ALPHA)


@pytest.mark.parametrize(("k", "n"), [(1, 6), (5, 10), (9, 10)])
def test_limits_of_a_proportion_put_the_outcome_in_the_tail(k, n):
    row = prop([1] * k + [0] * (n - k), 0.5)
    assert sum(math.comb(n, i) * row.low**i * (1 - row.low) ** (n - i) for i in range(k, n + 1)) == pytest.approx(ALPHA)
    assert sum(math.comb(n, i) * row.high**i * (1 - row.high) ** (n - i) for i in range(k + 1)) == pytest.approx(ALPHA)


@pytest.mark.parametrize("seed", range(4))
def test_page_by_all_orders(seed):
    """Every network's levels in every order, 6^4 outcomes; the statistic is the sum of rank times level."""
    x = noise(12, seed=seed).reshape(4, 3) + 0.4 * np.arange(3)
    scores = [sum((i + 1) * r for i, r in enumerate(order)) for order in itertools.permutations((1, 2, 3))]
    observed = sum((i + 1) * sum(y <= v for y in row) for row in x.tolist() for i, v in enumerate(row))
    sums = [sum(rows) for rows in itertools.product(scores, repeat=4)]
    row = trend(x)
    assert row.p == pytest.approx(np.mean(np.array(sums) >= observed))
    opposite = 4 * (min(scores) + max(scores)) - observed
    assert row.p_refute == pytest.approx(np.mean(np.array(sums) >= opposite))
    assert row.refuted == (row.p_refute < ALPHA)
    assert row.estimate == pytest.approx((observed - 4 * 12) / (4 * 2))  # 10 to 14 a network, 12 without a trend


@pytest.mark.parametrize("seed", range(3))
def test_holm_is_bonferroni_over_every_set_of_claims(seed):
    """Closed testing: a claim's corrected value is the largest Bonferroni value of the sets that it belongs to."""
    p = dict(enumerate(np.random.default_rng(seed).uniform(0, 0.3, 6)))
    sets = [s for size in range(1, 7) for s in itertools.combinations(p, size)]
    expected = {name: max(min(1, len(s) * min(p[i] for i in s)) for s in sets if name in s) for name in p}
    assert holm({str(i): v for i, v in p.items()}) == pytest.approx({str(i): v for i, v in expected.items()})


@pytest.mark.parametrize(("centre", "n"), [(0.0, 10), (0.03, 10), (0.05, 8), (-0.02, 9)])
def test_equivalence_is_the_worst_of_four_tests(centre, n):
    d, delta = noise(n, centre, 0.03, seed=n), 0.05
    sides = [max(signed_rank_p(s * d + delta), t_p(s * d, -delta)) for s in (1, -1)]
    assert eq(d, delta).p == pytest.approx(max(sides), rel=1e-6)
    assert ni(d, delta).p == pytest.approx(sides[0], rel=1e-6)


@pytest.mark.parametrize(("centre", "n"), [(0.9, 8), (0.5, 10)])
def test_association_by_the_density_of_t(centre, n):
    rho = np.tanh(noise(n, centre, 0.2, seed=n))
    below = t_p([-math.atanh(r) for r in rho], -math.atanh(0.5))
    assert assoc(rho, (0.5, 100)).p_refute == pytest.approx(below, rel=1e-6)
    assert assoc(rho, (0.5, 100)).p == pytest.approx(t_p([math.atanh(r) for r in rho], math.atanh(0.5)), rel=1e-6)


@given(st.lists(GRID, min_size=5, max_size=9))
def test_superiority_needs_both_the_test_and_the_size(d):
    row = sup(d, 0.5)
    assert row.estimate == median((a + b) / 2 for i, a in enumerate(d) for b in d[: i + 1])
    assert row.large_enough == (row.estimate >= 0.5)
    assert row.refuted == (row.high < 0.5)
