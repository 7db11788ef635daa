"""What is written out for speed is what scipy and scikit-learn give, to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import binom, rankdata, ttest_1samp
from sklearn.metrics import balanced_accuracy_score, roc_auc_score

from analysis.sections.regime.rules import area, balanced
from analysis.statistics import rows, sign, signed_rank

GRID = st.integers(-50, 50).map(lambda n: n / 100)
SAMPLES = st.integers(2, 60).flatmap(lambda n: arrays(float, n, elements=st.one_of(GRID, st.floats(-10, 10))))


@settings(max_examples=300, deadline=None)
@given(SAMPLES, GRID, st.sampled_from(["greater", "less"]))
def test_the_t_test_is_scipys(values, at, alternative):
    # Scipy warns of what has no spread; what is spread by rounding alone has none here.
    if np.ptp(values) > 1e-9 * np.abs(values).max() and values.std(ddof=1) > 1e-12:
        assert rows.t_p(values, at, alternative) == ttest_1samp(values, at, alternative=alternative).pvalue


@settings(max_examples=300, deadline=None)
@given(SAMPLES)
def test_mid_ranks_are_scipys(values):
    size = np.where(np.abs(values) <= 1e-12, 0.0, np.abs(values))
    assert (
        np.abs(signed_rank.doubled_ranks(values))[size > 0].tolist()
        == (2 * rankdata(np.round(size, 12)))[size > 0].tolist()
    )


@pytest.mark.parametrize("n", [1, 10, 30, 50])
def test_the_sign_test_is_scipys_binomial(n):
    assert [sign.at_least(k, n) for k in range(n + 1)] == [float(binom.sf(k - 1, n, 0.5)) for k in range(n + 1)]


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_areas_and_balanced_accuracies_are_scikit_learns(data):
    n = data.draw(st.integers(4, 80))
    good = data.draw(arrays(bool, n).filter(lambda of: of.any() and not of.all()))
    better = data.draw(arrays(float, n, elements=GRID))
    trusted = data.draw(arrays(bool, n))
    assert area(good, better) == roc_auc_score(good, better)
    assert balanced(good, trusted) == balanced_accuracy_score(good, trusted)
