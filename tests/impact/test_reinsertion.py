"""Units that are put back: each the error of the pruned network with that unit in it."""

from dataclasses import replace

import pytest
import torch

from study import prune
from study.common.errors import StudyError
from study.data import Dataset, Split
from study.impact import reinserted_errors
from study.methods import method
from study.networks import ErrorFunction
from study.pruning.settings import Settings
from study.removals.base import Instead
from study.training.further import Further
from study.trajectories.trajectory import collect
from tests import cases


def test_the_linear_networks_units_are_known():
    gains = [torch.zeros(3, dtype=torch.float64)]
    parts = cases.LINEAR.units
    nothing = Instead(torch.zeros(3, dtype=torch.float64))
    errors = reinserted_errors(cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear"), gains, parts, nothing)
    # With no unit the outputs are (0, 0), with a (2, 0), with b (0, -2); the targets are (2, -1).
    assert errors.tolist() == [0.5, 2.5, 2.5]


def taught():
    """A network whose last three units hardly count, and a regression on its own outputs."""
    net = cases.network((6, 5), 1, output="linear")
    weights = (*net.weights[:-1], net.weights[-1] * torch.tensor([1.0, 1.0, 0.01, 0.01, 0.01], dtype=torch.float64))
    net = replace(net, weights=weights)
    inputs = cases.rows(40, 3, 1).inputs
    rows = Split(inputs, net(inputs) + 0.01, torch.zeros(40, dtype=torch.int64))
    return net, Dataset("taught", "regression", 0, "linear", dict.fromkeys(("training", "pruning", "held_out"), rows))


@pytest.mark.parametrize("removal", ["zero", "mean"])
def test_the_unit_that_went_last_is_worth_what_its_removal_cost(removal):
    net, data = taught()
    result = prune(net, data, "brute_force", removal=removal, reinsertion=True)
    back, path = result.reinserted, result.trajectory
    gone = result.removable(points=2)
    assert gone >= 3
    assert set(back["event"]) == {gone}
    assert back[["layer", "unit"]].to_numpy().tolist() == path.loc[1:gone, ["layer", "unit"]].to_numpy().tolist()
    cost = path["error_pruning"][gone] - path["error_pruning"][gone - 1]
    assert back["impact"].iloc[-1] == pytest.approx(cost, rel=1e-9)


def test_where_no_unit_can_go_none_is_put_back():
    net, data = cases.network((2,), 2), cases.dataset(outputs=2)
    result = prune(net, data, "worst_first", reinsertion=True)
    assert len(result.reinserted) == result.removable(points=2)


def test_units_are_not_put_back_into_a_network_that_was_trained_since():
    with pytest.raises(StudyError, match="reinsertion goes with protocol no_retrain"):
        prune(cases.network((3,), 2), cases.dataset(outputs=2), reinsertion=True, protocol="retrain")


def test_reinsertion_leaves_the_rest_as_it_is():
    net, data = cases.network((6, 5), 3), cases.dataset()
    plain = collect(net, method("brute_force"), Settings(), Further(data, seed=0))
    asked = collect(net, method("brute_force"), Settings(reinsertion=True), Further(data, seed=0))
    assert plain.tables["evaluations"].equals(asked.tables["evaluations"])
    assert plain.tables["impacts"].equals(asked.tables["impacts"])
