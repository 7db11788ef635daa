"""Which weights go at once: exact counts, ties, each layer's own share."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from study.common.errors import StudyError
from study.networks.parts import Parts
from study.pruning.cut import Cut, going

WEIGHTS = Parts.of([(m, k) for m, n in enumerate((300, 100, 10)) for k in range(n)])


@given(st.floats(0, 1), st.sampled_from(["layer", "global"]), st.integers(0, 2**31), st.booleans())
def test_the_number_is_exact_and_what_stays_scores_no_less(share, threshold, seed, coarse):
    scores = torch.rand(len(WEIGHTS), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    scores = (scores * 5).floor() if coarse else scores  # many ties
    gone = going(scores, WEIGHTS, Cut(share, threshold))
    groups = [WEIGHTS.layer >= 0] if threshold == "global" else [WEIGHTS.layer == m for m in range(3)]
    for group in groups:
        there = int(group.sum())
        assert int(gone[group].sum()) == round(share * there)
        assert abs(int(gone[group].sum()) - share * there) <= 0.5
        if gone[group].any() and not gone[group].all():
            assert scores[group & gone].max() <= scores[group & ~gone].min()


def test_of_equal_scores_the_lower_layer_goes_first_then_the_lower_index():
    shuffled = torch.randperm(len(WEIGHTS), generator=torch.Generator().manual_seed(0))
    gone = going(torch.zeros(len(WEIGHTS)), WEIGHTS[shuffled], Cut(301 / 410, "global"))
    went = WEIGHTS[shuffled][gone]
    assert int((went.layer == 0).sum()) == 300
    assert went.index[went.layer == 1].tolist() == [0]


def test_a_layer_has_its_own_share_under_either_threshold():
    scores = torch.arange(len(WEIGHTS), dtype=torch.float64)
    for threshold, of_others in (("layer", [60, 20]), ("global", [80, 0])):
        gone = going(scores, WEIGHTS, Cut(0.2, threshold, rates={2: 0.1}))
        assert [int(gone[WEIGHTS.layer == m].sum()) for m in range(3)] == [*of_others, 1]


def test_twenty_rounds_of_a_fifth_leave_what_the_powers_say():
    """Within half a weight a round, which later rounds shrink: never more than two and a half in all."""
    left, expected = WEIGHTS, float(len(WEIGHTS))
    for _ in range(20):
        gone = going(torch.rand(len(left)), left, Cut(0.2, "global"))
        left, expected = left[~gone], expected * 0.8
        assert abs(len(left) - expected) <= 2.5


@pytest.mark.parametrize(("given", "told"), [({"share": 1.5}, "share=1.5"), ({"share": -0.1}, "share=-0.1")])
def test_a_share_is_one(given, told):
    with pytest.raises(StudyError, match=told):
        Cut(**given)


def test_bad_input_is_told():
    with pytest.raises(StudyError, match="rates=2: a share"):
        Cut(0.2, rates={1: 2})
    with pytest.raises(StudyError, match="threshold='each'; possible: layer, global"):
        Cut(0.2, "each")
    scores = torch.zeros(len(WEIGHTS))
    scores[305] = float("nan")
    with pytest.raises(StudyError, match="weight 5 of layer 1 a score that is not a number"):
        going(scores, WEIGHTS, Cut(0.2))
