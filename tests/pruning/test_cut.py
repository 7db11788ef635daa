"""Which parts go at once: exact counts, ties, each layer's own share, thresholds in deviations."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from study.common.errors import StudyError
from study.networks.parts import Parts
from study.protocols.base import Cut
from study.pruning.choice import check_scores
from study.pruning.cut import going, smallest
from study.scopes import scope

SIZES = (300, 100, 10)
WEIGHTS = Parts.of([(m, k) for m, n in enumerate(SIZES) for k in range(n)])


def drawn(seed, coarse=False):
    scores = torch.rand(len(WEIGHTS), generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return (scores * 5).floor() if coarse else scores  # many ties


@given(st.floats(0, 1), st.sampled_from(["layer", "global", "deviation"]), st.integers(0, 2**31), st.booleans())
def test_the_number_is_exact_and_what_stays_scores_no_less(left, threshold, seed, coarse):
    scores = drawn(seed, coarse)
    gone = going(scores, WEIGHTS, Cut(left, threshold=threshold), SIZES, drawn(seed + 1) - 0.5)
    groups = [WEIGHTS.layer == m for m in range(3)] if threshold == "layer" else [WEIGHTS.layer >= 0]
    for group in groups:
        there = int(group.sum())
        assert int((group & ~gone).sum()) == round(left * there)
        if threshold != "deviation" and gone[group].any() and not gone[group].all():
            assert scores[group & gone].max() <= scores[group & ~gone].min()


def test_of_equal_scores_the_lower_layer_goes_first_then_the_lower_index():
    shuffled = torch.randperm(len(WEIGHTS), generator=torch.Generator().manual_seed(0))
    nothing = torch.zeros(len(WEIGHTS))
    gone = going(nothing, WEIGHTS[shuffled], Cut(109 / 410, threshold="global"), SIZES, nothing)
    assert torch.equal(gone, smallest(nothing, WEIGHTS[shuffled], 301))
    went = WEIGHTS[shuffled][gone]
    assert int((went.layer == 0).sum()) == 300
    assert went.index[went.layer == 1].tolist() == [0]


def test_the_output_layer_has_a_share_of_its_own_under_either_threshold():
    scores = torch.arange(len(WEIGHTS), dtype=torch.float64)
    for threshold, of_others in (("layer", [60, 20]), ("global", [80, 0])):
        gone = going(scores, WEIGHTS, Cut(0.8, output=0.9, threshold=threshold), SIZES, scores)
        assert [int(gone[WEIGHTS.layer == m].sum()) for m in range(3)] == [*of_others, 1]


@given(st.integers(1, 30), st.sampled_from(["layer", "global"]))
def test_many_rounds_leave_what_the_powers_say_to_half_a_weight(rounds, threshold):
    left = WEIGHTS
    for k in range(1, rounds + 1):
        gone = going(torch.rand(len(left)), left, Cut(0.8**k, threshold=threshold), SIZES, torch.rand(len(left)))
        left = left[~gone]
    if threshold == "global":
        assert abs(len(left) - 0.8**rounds * sum(SIZES)) <= 0.5
    for m, n in enumerate(SIZES):
        if threshold == "layer":
            assert abs(int((left.layer == m).sum()) - 0.8**rounds * n) <= 0.5


def test_below_a_multiple_of_its_layers_deviation_a_weight_goes():
    """Layers of standard deviation 1 and 10: what goes of each is the same, by magnitude or by any other score."""
    values = torch.cat([torch.linspace(-1, 1, 101), 10 * torch.linspace(-1, 1, 101)]).double()
    parts = Parts.of([(m, k) for m in (0, 1) for k in range(101)])
    values /= values[:101].std(correction=0)
    by_hand = (values[:101].abs() < 0.7).repeat(2)
    cut = Cut(deviations=0.7)
    assert torch.equal(going(values.abs(), parts, cut, (101, 101), values), by_hand)
    other = going(-values.abs(), parts, cut, (101, 101), values)
    assert [int(other[parts.layer == m].sum()) for m in (0, 1)] == [int(by_hand[:101].sum())] * 2
    assert not torch.equal(other, by_hand)
    share = 1 - int(by_hand.sum()) / 202
    assert torch.equal(going(values.abs(), parts, Cut(share, threshold="deviation"), (101, 101), values), by_hand)


def test_bad_input_is_told():
    for told, made in {
        "left=1.5: a share": {"left": 1.5},
        "output=-0.1: a share": {"left": 0.5, "output": -0.1},
        "threshold='each'; possible: layer, global, deviation": {"left": 0.5, "threshold": "each"},
        "and not both": {"left": 0.5, "deviations": 1.0},
        "or a multiple": {},
    }.items():
        with pytest.raises(StudyError, match=told):
            Cut(**made)
    scores = torch.zeros(len(WEIGHTS))
    scores[305] = float("nan")
    with pytest.raises(StudyError, match="weight 5 of layer 1 a score that is not a number"):
        check_scores(scores, WEIGHTS, scope("weight"))
    check_scores(torch.zeros(len(WEIGHTS)), WEIGHTS, scope("weight"))
