"""Metrics of single claims: on curves, surfaces and pairs whose value is known."""

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest
import torch

from analysis.metrics import gains, path, table, together, trajectory
from study import prune
from study.data import Dataset, Split, one_hot
from study.networks import Network
from tests.analysis.synthetic import Cell, frames


def test_the_parts_of_a_curve_make_its_whole():
    error = np.random.default_rng(0).random(101).cumsum()
    early, late = path.mean_share(error, 0, 0.2), path.mean_share(error, 0.2, 1)
    assert 0.2 * early + 0.8 * late == pytest.approx(path.auc_error(error))
    assert math.isnan(path.mean_share([1.0, 1.2, 1.3], 0, 1))  # M1 is not defined either


def test_a_network_built_so_that_every_unit_matters_alike_rises_evenly():
    """The positive control of C21: each unit answers for its own stretch of the input, and for nothing else."""
    units, x = 20, torch.arange(400) / 400
    inputs = one_hot((x * units).long(), units)  # the stretch that x lies in
    eye, one = torch.eye(units, dtype=torch.float64), torch.ones(1, units, dtype=torch.float64)
    network = Network((80 * eye, one), (torch.full((units,), -40.0), torch.zeros(1)), ("sigmoid",), "linear")
    rows = Split(inputs, torch.ones(len(x), 1, dtype=torch.float64), torch.zeros(len(x), dtype=torch.int64))
    data = Dataset("even", "regression", 0, "linear", {"training": rows, "pruning": rows, "held_out": rows})
    error = prune(network, data, "brute_force").trajectory["error_pruning"]
    assert error.iloc[0] == pytest.approx(0, abs=1e-12)
    assert np.diff(error) == pytest.approx([10.0] * units)  # 20 rows a stretch, 1/2 each
    assert path.gini_of_rises(error) < 0.3
    assert path.gini_of_rises(np.r_[np.zeros(18), 1.0, 10.0]) > 0.5


def test_a_curve_that_comes_back_is_not_lost():
    assert path.lost([1, 1, 30, 1.5, 60, 100]) == 0
    assert path.lost([1, 1, 30, 40, 60, 100]) == 1
    assert math.isnan(path.lost([1, 2, 3, 4, 5, 100]))  # the last removal is no decision


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("left_1pct", 7),
        ("at_most_11", 1),
        ("accuracy_60", 0.6),
        ("accuracy_early", 1.0),
        ("recovers", 0),
        ("first_lowers", 0),
        ("fault_1", 0),
        ("fault_10", 0),
    ],
)
def test_columns_of_one_curve(column, value):
    error = np.array([1.0, 1.0, 1.0, 1.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0])
    correct = np.array([100, 100, 100, 99, 90, 80, 60, 50, 40, 30, 10])
    assert trajectory(error, correct, 100)[column] == value


def test_faults_in_the_trained_network():
    # E_all - E0 = 10: a fault is an impact above 1.
    cell = Cell("m", "brute_force", error=[1.0, 2, 3, 4, 11], accuracy=[1, 0.9, 0.8, 0.7, 0.1], hidden=(4,))
    some = table(frames([replace(cell, impacts=[0.5, 0.9, 1.1, 4.0])])).iloc[0]
    assert (some["fault_share"], some["has_fault"]) == (0.5, 1)
    none = table(frames([replace(cell, impacts=[0.5, 0.9, 1.0, -4.0])])).iloc[0]
    assert (none["fault_share"], none["has_fault"]) == (0, 0)


def test_held_out_accuracy_at_half_of_what_may_go():
    cell = Cell(
        "m", "brute_force", error=np.arange(11.0) + 1, accuracy=[1.0] * 5 + [0.5] * 6, hidden=(10,),
        held_out_accuracy=[0.9, 0.9, 0.88, *[0.4] * 8],
    )  # fmt: skip
    assert table(frames([cell]))["held_out_change"].item() == pytest.approx(-0.02)


def surfaces(shapes):
    gain = np.arange(0, 10.05, 0.1)
    parts = [pd.DataFrame({"key": "a", "event": e, "gain": gain, "error": f(gain)}) for e, f in shapes.items()]
    return pd.concat(parts, ignore_index=True)


def test_surfaces_flat_convex_and_neither():
    evaluations = pd.DataFrame({"key": "a", "event": range(31), "split": "pruning", "error": 10.0, "samples": 5})
    shapes = {
        0: lambda g: 10 + 0 * g,
        10: lambda g: 10 + 0.5 * (g - 1) ** 2,  # convex; moves by .5 up to gain 2, by 4.5 up to gain 4
        20: lambda g: 10 + 3 * np.sin(3 * g),
    }
    found = gains.of_surfaces(surfaces(shapes), evaluations).loc["a"]
    assert found["flat_until"] == 21
    assert found["convex_share"] == pytest.approx(2 / 3)
    assert found["flat_to_4"] == pytest.approx(1 / 3)
    flat = gains.of_surfaces(surfaces({0: shapes[0], 10: shapes[0]}), evaluations).loc["a"]
    assert flat["flat_until"] == 30  # all units are gone before one is steep


def test_interaction_is_nought_where_impacts_add_up():
    alone = pd.DataFrame({"key": "a", "event": 0, "layer": 0, "unit": range(4), "impact": [1.0, 2.0, -1.0, 4.0]})
    pairs = pd.DataFrame(list(combinations(range(4), 2)), columns=["unit_a", "unit_b"])
    pairs = pairs.assign(key="a", layer_a=0, layer_b=0, impact=[3.0, 0.0, 5.0, 1.0, 6.0, 3.0])
    assert gains.interaction_share(pairs, alone)["a"] == 0
    pairs.loc[0, "impact"] = 6.0  # units 0 and 1 cost 3 more together than each by itself
    assert gains.interaction_share(pairs, alone)["a"] == pytest.approx(3 / pairs["impact"].abs().sum())
    assert gains.interaction_share(pairs.iloc[:0], alone).empty


def test_units_that_cancel_cost_less_together_than_alone():
    accuracy = [1.0] * 4 + [0.5] * 7
    best = [10.0, 10.0, 11.0, 12.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 110.0]
    by_chance = [10.0, 20.0, 25.0, 30.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0, 110.0]
    store = frames(
        [
            Cell("mnist_1x100", "brute_force", best, accuracy, impacts=[1.0, 2.0, 3.0] + [50.0] * 7),
            Cell("mnist_1x100", "random", by_chance, [1.0] + [0.5] * 10, impacts=[5.0] * 10),
            Cell("digits_1x100", "random", by_chance, accuracy, impacts=[5.0] * 10),
        ]
    )
    found = table(store).set_index(["population", "method"])["superadditive"]
    assert found["mnist_1x100", "brute_force"] == pytest.approx((6 - 2) / 100)
    assert found["mnist_1x100", "random"] == pytest.approx((15 - 20) / 100)
    assert math.isnan(found["digits_1x100", "random"])  # no brute force on that network


def test_a_unit_put_back_is_worse_where_it_raises_the_error_and_more_than_before():
    alone = pd.DataFrame({"key": "a", "event": 0, "layer": 0, "unit": range(5), "impact": [1.0, -2.0, -2.0, 0.0, 3.0]})
    back = pd.DataFrame({"key": "a", "event": 4, "layer": 0, "unit": range(4), "impact": [-1.0, -3.0, -1.0, 2.0]})
    # Unit 0 was of use and now harms, unit 1 harms more; unit 2 harms less than it did, unit 3 is of use.
    assert together.put_back_worse(back, alone)["a"] == pytest.approx(0.5)
    assert together.put_back_worse(back.iloc[:0], alone).empty
