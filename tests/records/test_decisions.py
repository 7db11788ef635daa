"""What came of a cut, from tables that are written by hand."""

import math

import numpy as np
import pandas as pd
import pytest

from study.records import TABLES, conform
from study.records.decisions import decisions

NAN = float("nan")


def events(*phases):
    rounds = {"event": [0, 1, 2, 3], "units_left": [10, 8, 8, 6], "removed": [0, 2, 2, 4]}
    path = rounds | {"phase": phases or ("prune", "prune", "train", "prune")}
    return conform("events", dict.fromkeys(TABLES["events"], [0] * 4) | path)


def evaluations(validation=True):
    rows = [("pruning", e, [1.0, 7.0, 2.0, 2.5][e], [50, 40, 48, 47][e]) for e in range(4)]
    rows += [("validation", e, 9.0, [40, 30, 36, 36][e]) for e in range(4) if validation]
    frame = pd.DataFrame(rows, columns=["split", "event", "error", "correct"])
    return conform("evaluations", frame.assign(samples=50))


def sampled():
    """Event 0: five drawn, one of them silent. Event 2: four of these again, and one more."""
    rows = [
        *[(0, 0, 0, 0, 0.5, 0.5, 1), (0, 0, 1, 1, 0.5, -1.0, 0), (0, 0, 5, -1, 0.25, 0.0, 1)],
        *[(0, 1, 1, 3, 0.5, 2.0, 1), (0, 1, 2, 4, 1.0, 3.0, 0)],
        *[(2, 0, 1, 0, 0.25, 5.0, 0), (2, 0, 4, 1, 1.0, 9.0, 0), (2, 0, 5, 2, 1.0, 1.0, 1)],
        *[(2, 1, 1, 3, 1.0, 6.0, 0), (2, 1, 2, 4, 1.0, 4.0, 0)],
    ]
    names = ("event", "layer", "weight", "stratum", "probability", "impact", "going")
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return conform("sampled", columns)


def test_a_row_a_cut_by_hand():
    first, second = decisions(sampled(), events(), evaluations())
    assert (first["event"], first["weights_left"], first["going"]) == (0, 10, 2)
    assert first["better_gone"] == 2 / 11
    assert first["going_better_gone"] == 0
    assert first["silent"] == 4 / 11
    assert first["single_sum"] == 2 * 0.5 + 4 * 0.0 + 2 * 2.0
    assert (first["joint"], first["interaction"], first["instability"]) == (6.0, 6 / 5, 0.25)
    assert (second["event"], second["weights_left"], second["going"]) == (2, 8, 2)
    assert (second["joint"], second["interaction"], second["instability"]) == (0.5, 0.5, 0.0)
    assert math.isnan(second["survivors"])
    assert set(first) == set(TABLES["decisions"])


def test_survivors_are_the_weights_of_both_samples_that_can_be_felt():
    (first, _) = decisions(sampled(), events(), evaluations())
    a, b, n = np.array([-1.0, 2.0, 3.0]), np.array([5.0, 6.0, 4.0]), [4, 2, 1]  # one over the smaller probability
    expanded = pd.DataFrame({"a": np.repeat(a, n), "b": np.repeat(b, n)}).corr("spearman").loc["a", "b"]
    assert first["survivors"] == pytest.approx(expanded)


def test_what_was_trained_at_once_has_no_cost_of_the_cut_alone():
    (first, _) = decisions(sampled(), events("prune", "train", "train", "prune"), evaluations())
    assert all(math.isnan(first[name]) for name in ("going", "joint", "interaction", "instability"))
    assert first["single_sum"] == 5
    (first, _) = decisions(sampled(), events(*["prune"] * 4), evaluations())
    assert math.isnan(first["survivors"])


def test_without_validation_rows_accuracy_is_of_the_pruning_rows_and_a_regression_has_none():
    assert decisions(sampled(), events(), evaluations(validation=False))[0]["instability"] == pytest.approx(0.2)
    regression = evaluations().assign(correct=pd.array([pd.NA] * 8, dtype="Int64"))
    (first, _) = decisions(sampled(), events(), regression)
    assert math.isnan(first["instability"])
    assert first["joint"] == 6


def test_where_no_cut_follows_there_is_no_row():
    kept = sampled().assign(going=np.int8(-1))
    assert decisions(kept, events(), evaluations()) == []
    last = sampled().query("event == 2").assign(event=np.int32(3))
    assert decisions(last, events(), evaluations()) == []
