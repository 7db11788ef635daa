"""Random masks: what they keep, and that every mask that keeps it is as likely as any other."""

from collections import Counter
from itertools import permutations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from study.pruning.controls import degree_preserving, layer_wise


def masks(seed, share=0.3):
    draw = torch.Generator().manual_seed(seed)
    return [torch.rand(shape, generator=draw) < share for shape in ((7, 9), (4, 2, 3, 3), (1, 5))]


@given(st.integers(0, 2**31), st.floats(0, 1))
def test_counts_of_layers_and_links_of_units_and_inputs_stay(seed, share):
    before = masks(seed, share)
    for found in (layer_wise(before, seed), degree_preserving(before, seed)):
        assert [m.shape for m in found] == [m.shape for m in before]
        assert [int(m.sum()) for m in found] == [int(m.sum()) for m in before]
    for new, old in zip(found, before, strict=True):
        assert torch.equal(new.flatten(1).sum(1), old.flatten(1).sum(1))
        assert torch.equal(new.sum(0), old.sum(0))


def test_a_seed_gives_the_same_masks_and_another_one_others():
    for control in (layer_wise, degree_preserving):
        first, again, other = (control(masks(0), seed) for seed in (1, 1, 2))
        assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
        assert not all(torch.equal(a, b) for a, b in zip(first, other, strict=True))


def test_every_mask_of_the_same_degrees_is_equally_likely():
    """One link a row and a column: the 24 permutations of four, 2,400 draws."""
    start = torch.eye(4, dtype=torch.bool)
    seen = Counter(tuple(degree_preserving([start], seed)[0].int().argmax(1).tolist()) for seed in range(2400))
    assert set(seen) == set(permutations(range(4)))
    assert chisquare(list(seen.values())).pvalue > 0.001


def test_a_random_mask_shares_with_the_first_one_what_chance_gives():
    mask = masks(3)[0].repeat(20, 20)
    shared = [float((layer_wise([mask], seed)[0] & mask).sum() / mask.sum()) for seed in range(20)]
    assert abs(np.mean(shared) - float(mask.double().mean())) < 0.02
