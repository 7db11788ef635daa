"""A claim's p-values from those of its parts, against enumerations and simulations written out here."""

import math

import numpy as np
import pytest

from analysis.claims.combined import all_hold, each_of_all, each_of_union, one_suffices, same, union
from analysis.statistics import PValues


def parts(*refute, p=0.2):
    return [PValues(p, 0.001, q, 0.001) for q in refute]


def test_one_of_twenty_parts_of_a_true_claim_is_refuted_in_a_twentieth_of_the_draws():
    """By the plan as it was frozen, each part at .05 by itself, in 64 % of them."""
    rng = np.random.default_rng(0)
    draws = rng.uniform(size=(4000, 20))
    refuted = np.mean([all_hold(parts(*row)).refute < 0.05 for row in draws])
    assert 0.03 < refuted < 0.06
    assert np.mean((draws < 0.05).any(axis=1)) > 0.6


def test_a_part_that_was_not_run_stays_among_those_that_refutations_are_corrected_over():
    ran = all_hold(parts(0.01, 0.5)).refute
    with_absent = all_hold([*parts(0.01, 0.5), PValues()])
    assert (ran, with_absent.refute) == (0.02, 0.03)
    assert math.isnan(with_absent.p)  # not run


def test_parts_are_decided_as_their_claim_is():
    rng = np.random.default_rng(1)
    for row in rng.uniform(0, 0.2, (200, 5)):
        some = parts(*row)
        assert min(part.refute for part in each_of_all(some)) == all_hold(some).refute
        turned = [part.opposite for part in some]
        assert min(part.p for part in each_of_union(turned)) == one_suffices(turned).p


def test_of_a_union_one_part_is_enough_and_all_are_needed_to_refute_it():
    found = one_suffices([PValues(0.01, 0.001, 0.9, 0.001), PValues(0.8, 0.001, 0.03, 0.001)])
    assert (found.p, found.refute) == (0.02, 0.9)
    never = one_suffices([PValues(0.01, 0.001, 0.9, math.nan), PValues(0.8, 0.001, 0.03, 0.001)])
    assert math.isnan(never.refute_smallest)
    assert union(["refuted", "inconclusive"]) == "inconclusive"


@pytest.mark.parametrize(
    ("here", "there", "p", "differs"),
    [
        ((0.01, 0.9), (0.02, 0.8), 0.04, 1.0),  # both hold
        ((0.9, 0.01), (0.8, 0.02), 0.04, 1.0),  # neither does
        ((0.9, 0.01), (0.02, 0.8), 1.0, 0.04),  # one does
        ((0.3, 0.7), (0.02, 0.8), 0.6, 1.0),
    ],
)
def test_the_same_is_found_where_both_are_decided_alike(here, there, p, differs):
    found = same(*(PValues(p, 0.001, q, 0.001) for p, q in (here, there)))
    assert (found.p, found.refute) == pytest.approx((p, differs))
