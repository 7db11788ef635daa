"""Metrics of cells of single weights, on cells whose values are worked out by hand."""

import math
from dataclasses import replace

import pytest

from analysis.metrics import table
from analysis.metrics.weights import COLUMNS, of_weights
from tests.analysis.synthetic import Cell, frames
from tests.analysis.tickets import Ticket, ticketed

FULL = Ticket(
    accuracy=[0.90, 0.5, 0.92, 0.3, 0.95],
    left=[0.15, 0.1],
    stops=[(4000, 0.91), (3000, 0.925), (2000, 0.96)],
    rho={
        "magnitude": [[0.1, 0.3], [0.3, 0.7]],
        "taylor2": [[0.8, 0.8], [0.9, 0.9]],
        "method": [[0.2, 0.4], [0.4, 0.6]],
        "other_rows": [[0.9, 1.0], [0.8, 0.9]],
    },
    decided={
        "survivors": [0.2, 0.6],
        "better_gone": [0.3, 0.5],
        "instability": [0.4, 0.6],
        "single_sum": [1.0, -2.0],
        "joint": [9.0, 5.0],
    },
)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("end_accuracy", 0.95),
        ("dense_accuracy", 0.90),
        ("end_gain", 0.05),
        ("weights_left", 0.1),
        ("stop_accuracy", 0.96),
        ("stop_accuracy_dense", 0.91),
        ("stop_gain", 0.05),
        ("stop_iteration", 2000),
        ("stop_earlier", 0.5),
        ("stop_log_ratio", math.log(2)),
        ("stop_censored", 0),
        ("rho_magnitude_max", 0.5),
        ("rho_gap", (0.6 + 0.4) / 2),
        ("rho_method", 0.4),
        ("noise_ceiling", 0.9),
        ("interaction_late", 2.5),  # of the cut before which 15 % are left; before the other all of them are
        ("survivors", 0.4),
        ("better_gone", 0.4),
        ("instability", 0.5),
    ],
)
def test_by_hand(metric, value):
    assert of_weights(ticketed([FULL]))[metric].item() == pytest.approx(value)


def test_every_metric_of_weights_but_the_one_over_methods_is_worked_out_above():
    made = of_weights(ticketed([FULL])).iloc[0]
    assert made.index.tolist() == COLUMNS
    assert made[made.isna()].index.tolist() == ["rho_instability_tau"]


def test_a_censored_stop_is_told():
    assert of_weights(ticketed([replace(FULL, censored=True)]))["stop_censored"].item() == 1


def test_what_was_not_recorded_is_null():
    bare = of_weights(ticketed([Ticket()])).iloc[0]
    assert bare[bare.notna()].index.tolist() == ["end_accuracy", "dense_accuracy", "end_gain", "weights_left"]
    only = of_weights(ticketed([Ticket(stops=[(4000, 0.9)])])).iloc[0]  # nothing that followed was stopped early
    assert only.filter(like="stop_").isna().all()


def test_a_stop_at_the_start_has_no_ratio():
    made = of_weights(ticketed([Ticket(stops=[(4000, 0.9), (0, 0.9)])])).iloc[0]
    assert math.isnan(made["stop_log_ratio"])
    assert made["stop_earlier"] == 1
    made = of_weights(ticketed([Ticket(stops=[(0, 0.9), (10, 0.9)])])).iloc[0]
    assert made[["stop_earlier", "stop_log_ratio"]].isna().all()


def arms(values, **more):
    """Cells of methods with these correlations and instabilities, a pair a round."""
    return [
        Ticket(method=m, rho={"method": [[r] for r, _ in of]}, decided={"instability": [i for _, i in of]}, **more)
        for m, of in values.items()
    ]


THREE = {
    "magnitude": [(0.1, 0.9), (0.1, 0.2)],
    "random": [(0.0, 0.95), (0.0, 0.1)],
    "taylor2": [(0.9, 0.1), (0.9, 0.3)],
}


def test_instability_is_compared_over_methods_within_rounds():
    """In round 1 the better method loses less (tau -1), in round 2 more (tau 1); with one pair turned it is 1/3."""
    found = of_weights(ticketed(arms(THREE)))["rho_instability_tau"]
    assert found.tolist() == [0.0] * 3
    turned = THREE | {"taylor2": [(0.9, 0.1), (0.9, 0.15)]}
    found = of_weights(ticketed(arms(turned)))["rho_instability_tau"]
    assert found.tolist() == pytest.approx([(-1 + 1 / 3) / 2] * 3)


def test_groups_of_methods_are_apart_and_of_three_at_least():
    seeds = arms(THREE) + arms({m: [*of[:1], (0.5, 0.5)] for m, of in THREE.items()}, seed=101)
    two = arms(dict(list(THREE.items())[:2]), protocol="prune_retrain[rounds=2]")
    found = of_weights(ticketed([*seeds, *two]))["rho_instability_tau"]
    assert found.iloc[:3].tolist() == [0.0] * 3
    assert found.iloc[3:6].tolist() == [-1.0] * 3  # a round of ties has no tau
    assert found.iloc[6:].isna().all()


def test_cells_of_units_and_of_weights_keep_to_their_own_metrics():
    units = frames([Cell("mnist_1x100", "taylor1", [1.0, 2.0, 3.0], [1, 0.9, 0.5], hidden=(2,))])
    assert table(units)[COLUMNS].dropna(axis=1).to_dict("list") == {"dense_accuracy": [1.0]}
    assert table(units)["auc_e"].notna().all()
    weights = table(ticketed([FULL]))
    assert weights["end_accuracy"].tolist() == [0.95]
    assert weights[["auc_e", "r_1", "rho_0", "m7_20", "E0", "forward_passes"]].isna().all(axis=None)
