"""The section on the authors' networks, from trajectories whose every number is known."""

import numpy as np
import pytest

from analysis.metrics import curves, table
from analysis.named import is_rung, is_theirs
from analysis.sections.authors import ladder, networks
from tests.analysis.synthetic import Cell, frames

K = 10


def cell(method, error, population="authors_diamond", seed=0, draw=0):
    accuracy = 1 - np.asarray(error) / 1000
    return Cell(population, method, error, accuracy, seed=seed, draw=draw, hidden=(5, 5))


def rising(start):
    """E = 10 for `start` removals, then 11.5, then 25 to the end, where it is 100."""
    return [10.0] * (start + 1) + [11.5] + [25.0] * (K - start - 2) + [100.0]


def test_units_before_a_limit_are_those_that_went_until_it_was_first_exceeded():
    store = frames([cell("taylor2", rising(3)), cell("random", rising(1)), cell("random", rising(4), draw=1)])
    found = networks.compared(table(store), curves(store))
    assert list(found["network"]) == ["diamond", "diamond"]
    assert list(found["method"]) == ["second order", "random, mean of 2 orders"]
    assert list(found["units before 1.1 E0"]) == ["3", "2.5"]
    assert list(found["units before 2 E0"]) == ["4", "3.5"]


def test_the_ladder_gives_each_step_its_share():
    paths = {
        "taylor1": 8,
        "taylor1[passed_back=weight_gradient]": 6,
        "taylor1[passed_back=weight_gradient,slope_of=input]": 6,
        "taylor1[passed_back=weight_gradient,slope_of=input,order=descending]": 2,
        "taylor1_as_implemented": 1,
        "taylor1[slope_of=input]": 8,
        "taylor1[order=descending]": 4,
    }
    store = frames([cell(method, rising(start), population="diamond_2x50") for method, start in paths.items()])
    found = ladder.in_words(ladder.rungs(table(store))).set_index("step")
    assert list(found.index) == [
        "as published",
        "+ V1",
        "+ V3a",
        "+ V4a",
        "+ V4b = as implemented",
        "V3a alone",
        "V4a alone",
    ]
    shares = found["share of the difference in AUC_E"].iloc[1:5].astype(float)
    assert shares.sum() == pytest.approx(1.0, abs=0.02)
    assert shares["+ V3a"] == 0
    assert found.loc["V3a alone", "share of the difference in AUC_E"] == "0"
    assert found.loc["as published", "share of the difference in AUC_E"] == "–"


def test_the_authors_networks_and_the_rungs_stay_out_of_the_other_tables():
    store = frames([cell("taylor2", rising(3)), cell("taylor2[cap=median]", rising(3), population="digits_2x50")])
    everything = table(store)
    assert is_theirs(everything).tolist() == [True, False]
    assert is_rung(everything).tolist() == [False, True]
    assert ladder.in_words(ladder.rungs(everything)).empty
