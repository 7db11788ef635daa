"""Claim C39: how far apart criteria are where what they leave is trained, and that nothing else sees those cells."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from tests.analysis.claims.test_evaluation import judged, overall
from tests.analysis.synthetic import Cell, frames

FIVE = {"brute_force": 0.1, "taylor2": 0.2, "taylor1": 0.4, "random": 0.5, "worst_first": 0.8}

ENOUGH = range(100, 112)
"""Ten networks cannot refute one of three parts at the first of 32 steps: 96 / 1024."""


def retrained(shrink=0.4, seeds=range(100, 110), accuracy=0.99):
    """Paths of three units whose AUC_E is a method's level; training for n epochs pulls the levels together."""
    cells = []
    for seed in seeds:
        for method, level in FIVE.items():
            for epochs in (0, 1, 5, 20):
                pulled = level if epochs == 0 else 0.3 + shrink * (level - 0.3)
                protocol = f"retrain[epochs={epochs}]" if epochs else "no_retrain"
                middle = 1 + 8 * (1.5 * pulled - 0.25) + 0.01 * (seed - 100) * level
                right = [1.0, 1.0, accuracy - 0.005 * pulled if epochs else 1 - pulled, 0.1]
                cells += [
                    Cell(
                        "mnist_1x100",
                        method,
                        [1.0, middle, middle, 9.0],
                        right,
                        seed=seed,
                        draw=draw,
                        protocol=protocol,
                    )
                    for draw in range(2 if method == "random" else 1)
                ]
    return frames(cells)


def test_retraining_that_levels_the_criteria_is_found():
    evaluation = judged(retrained(seeds=ENOUGH))
    parts = evaluation.verdicts.query("claim == 'C39'").set_index("part")
    assert parts.loc["overall", "verdict"] == "supported"
    assert parts.loc["overall", "n"] == len(ENOUGH)
    values = evaluation.values.query("claim == 'C39' and part == 'range left after 20 epochs'")["value"]
    np.testing.assert_allclose(values.iloc[0], 0.4)
    assert parts.loc["accuracy after 20 epochs", "estimate"] == pytest.approx(0.0016, abs=0.001)
    assert parts.loc["accuracy without retraining", "verdict"] == "refuted"
    assert "range left after 1 epoch" in parts.index


@pytest.mark.parametrize(("shrink", "verdict"), [(0.45, "supported"), (0.65, "inconclusive"), (0.95, "refuted")])
def test_between_half_and_four_fifths_of_the_range_nothing_is_decided(shrink, verdict):
    rows = judged(retrained(shrink, ENOUGH)).verdicts
    assert rows.query("claim == 'C39' and part == 'range left after 20 epochs'")["verdict"].item() == verdict


def test_a_criterion_that_did_not_run_retrained_is_named():
    store = retrained(seeds=range(100, 106))
    gone = (store.cells["method"] == "random") & (store.cells["protocol"] == "retrain[epochs=20]")
    row = overall(judged(dataclasses.replace(store, cells=store.cells[~gone])), "C39")
    assert row["verdict"] == "not run"
    assert "no finished cells of mnist_1x100 with random, iterative, retrain[epochs=20]" in row["reason"]


def test_retrained_cells_change_nothing_else():
    store, alone = retrained(), retrained()
    plain = alone.cells[alone.cells["protocol"] == "no_retrain"]
    both, one = judged(store), judged(dataclasses.replace(alone, cells=plain))
    others = [e.verdicts.query("claim != 'C39'").reset_index(drop=True) for e in (both, one)]
    # What C39 could reach is part of the family that the others of its tier are corrected over, and told in the reason.
    reached = ["p_refute_smallest", "reason"]
    pd.testing.assert_frame_equal(*(of.drop(columns=reached) for of in others))
    others = [of[of["tier"] != "B"] for of in others]
    pd.testing.assert_frame_equal(*others)
    pd.testing.assert_frame_equal(both.sanity, one.sanity)
    assert both.headline == one.headline
