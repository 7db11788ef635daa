"""Which parts of a network may go: those of the scope, in its order, and no others; their names and costs."""

import pytest
import torch

from study import parts_of, prune
from study.common.errors import StudyError
from study.networks import mlp
from study.records.words import SCOPES
from study.scopes import names, scope
from tests import cases

CASE = cases.FILTERS[0]  # filters 2 and 3, four units behind them
NET = cases.filters(CASE)
DATA = cases.dataset(features=NET.features, outputs=3)


def test_every_scope_has_words():
    assert set(SCOPES) == set(names())


@pytest.mark.parametrize(
    ("name", "layers"), [("unit", {0: 2, 1: 3, 2: 4}), ("filter", {0: 2, 1: 3}), ("neuron", {2: 4})]
)
@pytest.mark.parametrize("method", ["brute_force", "taylor1", "quadratic_once", "random", "shapley", "obs"])
def test_a_scope_removes_its_parts_and_leaves_the_others(name, layers, method):
    result = prune(NET, DATA, method, scope=name)
    units = sum(layers.values())
    went = result.tables["events"].iloc[1:]
    assert went["layer"].value_counts().to_dict() == layers
    assert result.trajectory["units_left"].tolist() == list(range(units, -1, -1))
    gains, network = result.path[-1]
    assert [int(g.sum()) for g in gains] == [0 if m in layers else n for m, n in enumerate(NET.hidden)]
    error = float(cases.plain_error(network, DATA.pruning, "half_squared", gains))
    assert result.trajectory["error_pruning"].iloc[-1] == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("removal", ["zero", "mean", "compensate"])
def test_a_part_has_the_impact_that_it_has_among_all(removal):
    every = prune(NET, DATA, "brute_force", removal=removal).impacts
    start = every[every["event"] == 0].set_index(["layer", "unit"])["impact"]
    for name in ("filter", "neuron"):
        here = prune(NET, DATA, "brute_force", removal=removal, scope=name).impacts
        first = here[here["event"] == 0].set_index(["layer", "unit"])["impact"]
        assert first.equals(start[first.index])


def test_the_greedy_choice_is_the_cheapest_part_of_the_scope():
    step = prune(NET, DATA, "brute_force", scope="neuron")
    at = step.impacts[step.impacts["event"] == 0]
    assert set(at["layer"]) == {2}
    cheapest = at.loc[at["impact"].idxmin()]
    assert (2, cheapest["unit"]) == tuple(step.tables["events"].loc[1, ["layer", "unit"]])


def test_parts_have_names_and_costs():
    listed = parts_of(NET, "filter")
    assert listed["name"].tolist()[:3] == [f"filter {k} of hidden layer {m}" for m, k in ((0, 0), (0, 1), (1, 0))]
    for part, row in zip(scope("filter").parts(NET), listed.itertuples(), strict=True):
        gains = [torch.ones(n, dtype=torch.float64) for n in NET.hidden]
        gains[part.layer][part.index] = 0.0
        small = NET.compact(gains)
        assert row.parameters == NET.parameters - small.parameters
        assert row.multiply_adds == NET.left([torch.ones(n) for n in NET.hidden])[1] - NET.left(gains)[1] > 0
    assert parts_of(mlp(64, [3, 2], 10, seed=0))["parameters"].tolist() == [67, 67, 67, 14, 14]


@pytest.mark.parametrize(
    ("net", "name", "told"),
    [
        (mlp(3, [4], 3, seed=0), "filter", "has no convolutional layer: choose scope=unit"),
        (cases.filters(cases.FILTERS[2]), "neuron", "has no dense hidden layer: choose scope=filter"),
    ],
)
def test_a_network_without_such_parts_is_refused(net, name, told):
    with pytest.raises(StudyError, match=told):
        prune(net, cases.dataset(features=net.features, outputs=3), "magnitude", scope=name)


def test_an_unknown_scope_and_a_search_beside_one_are_refused():
    with pytest.raises(StudyError, match="scope='weights'; possible: filter, neuron, unit, weight"):
        prune(NET, DATA, "magnitude", scope="weights")
    with pytest.raises(StudyError, match="goes with scope unit"):
        prune(NET, DATA, "magnitude", scope="neuron", search="beam")
