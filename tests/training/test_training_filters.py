"""Training of networks with filters: real gradients, the same bits for the same seed, keys, cells and retraining."""

from dataclasses import replace

import pytest
import torch
from hydra import compose

from study.cells.cell import compute, prepare
from study.cells.run import title
from study.cells.tags import cell_tags, params
from study.common.errors import StudyError
from study.config.plan import plan
from study.config.population import composer
from study.data import load_dataset
from study.networks import LENET_5_SMALL, Architecture, Front, mlp
from study.records import hidden_of
from study.training.backprop import Parameters
from study.training.cache import load_or_train, network_key
from study.training.recipe import Recipe
from study.training.train import train
from study.trajectories.trajectory import prune
from tests import cases

SHORT = Recipe(epochs=2, learning_rate=0.005, polish=3)


@pytest.fixture(scope="module")
def digits():
    return load_dataset("digits")


def planned(*overrides):
    short = ("training.epochs=1", "training.polish=0", "record.truth_every=50", "record.surfaces_every=60")
    with composer():
        return plan(compose("config", overrides=["dataset=digits", "network=lenet5_small", *short, *overrides]))


@pytest.mark.parametrize("case", cases.FILTERS)
def test_back_propagation_equals_autograd(case):
    net, data = cases.filters(case), cases.rows(20, cases.filters(case).features, case[3])
    parameters = Parameters(net, decay=0.1)
    z = parameters.backward(data.inputs, data.targets)
    assert torch.allclose(z, net.logits(data.inputs), atol=1e-13)
    assert torch.allclose(parameters.forward(data.inputs), z, atol=1e-13)
    leaves = [x.clone().requires_grad_() for m in range(net.depth + 1) for x in (net.weights[m], net.biases[m])]
    leafed = net.resized(leaves[::2], leaves[1::2])
    error = "cross_entropy" if net.output == "softmax" else "half_squared"
    total = cases.plain_error(leafed, data, error, [torch.ones(n, dtype=torch.float64) for n in net.hidden]) / 20
    total = total + 0.05 * sum((w**2).sum() for w in leaves[::2])
    expected = torch.cat([g.flatten() for g in torch.autograd.grad(total, leaves)])
    assert torch.allclose(parameters.gradient, expected, rtol=1e-9, atol=1e-13)
    assert parameters.network().digest() == net.digest()


def test_the_seed_sets_the_bits_and_training_lowers_the_error(digits):
    first, again, other = (train("lenet5_small", digits, seed=s, activation="tanh", recipe=SHORT) for s in (3, 3, 4))
    assert first.name == "8x8-6c3p2-16c2-60-42-10"
    assert first.digest() == again.digest() != other.digest()
    share = float((first(digits.held_out.inputs).argmax(1) == digits.held_out.labels).double().mean())
    assert share > 0.15
    single = train("lenet5_small", digits, seed=3, recipe=replace(SHORT, precision="float32", polish=0))
    assert single.weights[0].dtype == torch.float64


def test_filters_make_the_key_and_none_leave_it_as_it_was(digits, tmp_path):
    def key(hidden, front):
        return network_key(Architecture(hidden, "tanh", "sigmoid", front), digits, SHORT, 0)

    front, hidden = LENET_5_SMALL
    dense = network_key(Architecture(hidden, "tanh", "sigmoid"), digits, SHORT, 0)
    assert key(hidden, Front()) == dense
    other = Front(front.filters, front.kernels, (1, 1))
    assert len({dense, key(hidden, front), key(hidden, other), key((60, 41), front)}) == 4
    one = Architecture((5,), "tanh", "sigmoid", Front((2,), (3,), (2,)))
    made = [load_or_train(one, digits, Recipe(epochs=1), 0, tmp_path) for _ in range(2)]
    assert made[0].network.digest() == made[1].network.digest()
    assert made[1].network.name == "8x8-2c3p2-5-10"
    assert len(list(tmp_path.rglob("*.safetensors"))) == 1


def test_a_cell_with_filters_says_so_in_names_tags_and_parameters(tmp_path):
    cell = prepare(planned("network.filters=[2,3]", "network.hidden=[4]", "removal=mean", "record.hessian=true"))
    name = cell_tags(cell)["network"]
    assert name == "8x8-2c3p2-3c2-4-10"
    assert hidden_of(name) == (2, 3, 4)
    assert params(cell.plan)["filters"] == "2-3"
    assert "(2, 3) filters" in title(cell.plan)
    done = compute(cell, tmp_path)
    assert done.trained.network.name == name
    assert set(done.result.tables["events"]["layer"]) == {-1, 0, 1, 2}
    assert len(done.result.hessian) == 9 * 10 / 2
    assert len(done.result.surfaces) == 101
    assert "filters" not in params(planned("network=mlp_10"))


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["dataset=diamond"], "2 features are no square image"),
        (["network=lenet5"], "kernels of 5x5 do not fit maps of 2x2"),
        (["network.pools=[2,2]"], None),
        (["network.pools=[4,1]"], "pooling by 4 does not divide its maps of 6x6"),
        (["network.kernels=[3]"], "one number each"),
        (["method=taylor2_as_implemented"], "cannot rank the filters"),
        (["method=taylor1", "method.params.slope_of=input"], "slope_of=input"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_trained(overrides, told):
    if told is None:
        assert prepare(planned(*overrides)).plan.front.pools == (2, 2)
        return
    with pytest.raises(StudyError, match=told):
        prepare(planned(*overrides))


def test_what_is_left_is_retrained_down_to_nothing(digits):
    net = train("lenet5_small", digits, recipe=Recipe(epochs=1))
    net = net.compact([(torch.arange(n) < 3).double() for n in net.hidden])
    small = replace(digits, splits={name: split.rows(torch.arange(60)) for name, split in digits.splits.items()})
    plain, trained = (prune(net, small, "magnitude", protocol=p, truth_every=100) for p in ("no_retrain", "retrain"))
    assert trained.trajectory["error_pruning"][6] < plain.trajectory["error_pruning"][6]
    for k, (gains, after) in enumerate(trained.path):
        error = float(cases.plain_error(after, small.pruning, "half_squared", gains))
        assert error == pytest.approx(trained.trajectory["error_pruning"][k], rel=1e-10)
    assert mlp(64, (3,), 10).name == "64-3-10"
