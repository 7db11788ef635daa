"""What greedy costs against the best sets: curves whose value is known, and a network where greedy is wrong."""

import math

import pandas as pd
import pytest
import torch

from analysis.metrics import greedy
from study import prune, records
from study.data import Dataset
from tests import cases


def curves(best, own, right=None, own_right=None):
    """Tables of one cell from errors and correct samples at 0, 1, ... units removed."""
    n = range(len(own))
    searched = pd.DataFrame({"key": "a", "event": range(len(best)), "error": best, "correct": right or math.nan})
    rows = {"key": "a", "event": n, "split": "pruning", "samples": 100, "error": own, "correct": own_right or math.nan}
    return searched, pd.DataFrame(rows)


def test_regret_is_the_share_of_units_that_the_best_sets_remove_more():
    found = greedy.regrets(*curves([1, 1, 1, 2, 5], [1, 1, 2, 4, 5], [90, 90, 89, 80, 10], [90, 88, 80, 80, 10])).loc[
        "a"
    ]
    assert found["searched_r_2"] == pytest.approx(2 / 4)
    assert found["greedy_regret"] == pytest.approx(1 / 4)
    assert found["greedy_excess"] == pytest.approx((0 + 1 + 2 + 0) / 4 / 4)


def test_a_regression_is_judged_by_its_error():
    found = greedy.regrets(*curves([1, 1, 1.01, 2, 5], [1, 1.2, 2, 4, 5])).loc["a"]
    assert math.isnan(found["searched_r_2"])
    assert (found["searched_r_1pct"], found["greedy_regret"]) == (pytest.approx(0.5), pytest.approx(0.5))


def test_cells_without_a_search_have_none():
    searched, own = curves([1, 2], [1, 2])
    assert greedy.regrets(searched.iloc[:0], own).empty
    assert greedy.regrets(searched.iloc[:1], own).empty  # a search of another network


@pytest.mark.parametrize("search", ["exhaustive", "beam"])
def test_from_recorded_tables(search):
    net, data = cases.network((5,), 3, seed=4), cases.dataset()
    result = prune(net, data, "brute_force", search=search)
    tables = {n: result.tables[n].assign(key="a") for n in ("searched", "evaluations")}
    found = greedy.regrets(tables["searched"], tables["evaluations"]).loc["a"]
    assert found["greedy_excess"] >= -1e-12
    worst = prune(net, data, "worst_first", search=search)
    tables = {n: worst.tables[n].assign(key="a") for n in ("searched", "evaluations")}
    assert greedy.regrets(tables["searched"], tables["evaluations"]).loc["a", "greedy_excess"] > found["greedy_excess"]


def test_where_two_units_cancel_each_other_greedy_has_regret():
    net = cases.LINEAR.resized(
        [torch.tensor([[0.0, 0, 2], [0.0, 0, 2], [1.0, 0, 0]]).double(), torch.tensor([[1.0, -1, 0.5]]).double()],
        cases.LINEAR.biases,
    )
    data = Dataset(
        "d", "regression", 0, "linear", dict.fromkeys(("training", "pruning", "held_out"), cases.LINEAR_ROWS)
    )
    result = prune(net, data, "brute_force", search="exhaustive")
    tables = {n: result.tables[n].assign(key="a") for n in ("searched", "evaluations")}
    assert greedy.regrets(tables["searched"], tables["evaluations"]).loc["a", "greedy_excess"] > 0.1
    assert {"searched", "searched_sets"} <= set(records.ON_DEMAND)
