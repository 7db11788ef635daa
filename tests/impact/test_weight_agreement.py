"""What criteria say of sampled weights, and what they would choose, on numbers that are known by hand."""

import math

import numpy as np
import pytest

from study.impact.weight_agreement import bridge, criteria
from study.records.weighted import spearman

NAN = float("nan")


def sampled(**changed):
    """Four weights of one layer, each of which stands for two, then three of the next, one of them silent."""
    columns = {
        "event": [4] * 7,
        "layer": [0, 0, 0, 0, 1, 1, 1],
        "stratum": [0, 3, 5, 9, 0, 9, -1],
        "probability": [0.5] * 4 + [1.0] * 3,
        "value": [-1.0, 2.0, -3.0, 4.0, 1.0, 5.0, 0.5],
        "first_order": [-4.0, 1.0, -2.0, 3.0, 0.5, -0.5, 0.0],
        "curvature": [1.0, 1.0, 1.0, 1.0, 2.0, 2.0, 0.0],
        "gauss_newton": [0.0, 0.0, 9.0, 0.0, 0.0, 2.0, 0.0],
        "score": [1.0, 2.0, 3.0, 4.0, 1.0, 5.0, 0.5],
        "from_cut": [-0.09, 0.05, 0.07, 0.5, 0.05, 0.5, -0.2],
        "impact": [-3.0, 2.0, -1.0, 4.0, 2.5, 1.5, 0.0],
        "impact_validation": [NAN] * 7,
        "going": [1, 0, 0, 0, 0, 0, 1],
    }
    return {name: np.array(values, dtype=float) for name, values in (columns | changed).items()}


def rows(together=False, **changed):
    return {(row["layer"], row["criterion"]): row for row in bridge(sampled(**changed), together, seed=3)}


def test_signs_are_those_of_the_change_and_second_order_is_the_sum():
    said = criteria(sampled(), 0, 0)
    assert set(said) == {
        *("method", "magnitude", "taylor1", "taylor1_abs", "curvature", "taylor2", "gauss_newton", "random"),
    }
    assert said["magnitude"].tolist() == [1, 2, 3, 4, 1, 5, 0.5]
    assert said["taylor1_abs"].tolist() == [4, 1, 2, 3, 0.5, 0.5, 0]
    assert said["taylor2"].tolist() == sampled()["impact"].tolist()
    assert said["gauss_newton"].tolist() == [-4, 1, 7, 3, 0.5, 1.5, 0]
    other = criteria(sampled(curvature=[NAN] * 7, gauss_newton=[NAN] * 7, impact_validation=[1.0] * 7), 0, 0)
    assert {"curvature", "taylor2", "gauss_newton"}.isdisjoint(other)
    assert "other_rows" in other


def test_correlations_are_weighted_signed_or_absolute_and_of_weights_that_can_be_felt():
    found, columns = rows(), sampled()
    assert found[0, "taylor2"]["spearman"] == pytest.approx(1)
    assert found[0, "magnitude"]["spearman"] == pytest.approx(0.8)  # ranks 1 2 3 4 and 1 3 2 4
    assert found[0, "magnitude"]["spearman_absolute"] == pytest.approx(0.2)  # ranks 1 2 3 4 and 3 2 1 4
    live, weight = slice(0, 6), np.array([2.0, 2, 2, 2, 1, 1])
    expected = spearman(np.abs(columns["value"])[live], columns["impact"][live], weight)
    assert found[-1, "magnitude"]["spearman"] == expected
    assert (found[-1, "magnitude"]["weights"], found[1, "magnitude"]["weights"]) == (6, 2)
    assert found[1, "magnitude"]["silent"] == 1 / 3
    assert found[-1, "magnitude"]["silent"] == 1 / 11
    assert math.isnan(found[1, "magnitude"]["spearman"])  # of two weights


def test_near_the_cut_is_a_tenth_of_the_weights_on_either_side():
    found = rows()
    assert [found[layer, "method"]["near"] for layer in (-1, 0, 1)] == [4, 3, 1]
    assert found[0, "magnitude"]["near_cut"] == pytest.approx(0.5)  # ranks 1 2 3 and 1 3 2
    none = rows(from_cut=[NAN] * 7, going=[-1] * 7)
    assert {row["near"] for row in none.values()} == {0}
    assert all(math.isnan(row[name]) for row in none.values() for name in ("near_cut", "chosen_mean", "regret"))


def test_what_a_criterion_would_choose_of_a_layer_beside_what_the_truth_would():
    found = rows()
    assert [found[0, name]["chosen_mean"] for name in ("method", "taylor2", "taylor1_abs")] == [-3, -3, 2]
    assert [found[0, name]["regret"] for name in ("method", "taylor2", "taylor1_abs")] == [0, 0, 5]
    assert (found[1, "method"]["chosen_mean"], found[1, "method"]["oracle_mean"]) == (0, 0)
    assert found[1, "taylor1"]["regret"] == 1.5
    pooled = found[-1, "taylor1_abs"]
    assert pooled["chosen_mean"] == (2 * 2 + 1 * 0) / 3  # as many of each layer as go of it
    assert pooled["oracle_mean"] == (2 * -3 + 1 * 0) / 3


def test_where_one_threshold_cuts_all_layers_they_choose_together():
    pooled = rows(together=True)[-1, "taylor1_abs"]
    assert pooled["chosen_mean"] == (0 + 2.5 + 1.5) / 3  # the silent one, then the two of the second layer
    assert pooled["oracle_mean"] == (2 * -3 + 1 * -1) / 3  # half of the second for which one stands


def test_a_control_is_drawn_anew_for_every_event_and_seed():
    one, two = (rows()[-1, "random"]["spearman"] for _ in range(2))
    assert one == two
    assert rows(event=[5] * 7)[-1, "random"]["spearman"] != one
