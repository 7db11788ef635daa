"""Networks, activations and errors."""

import math

import pytest
import torch
from torch import nn

from study.common.errors import StudyError
from study.networks import ErrorFunction, Network, correct, from_module, mlp, sizes_of, to_module
from study.networks.activations import ACTIVATIONS, activation
from tests import cases


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_derivatives_of_activations_equal_autograd(name):
    z = torch.tensor([-800.0, -3.0, -0.2, 0.3, 4.0, 800.0], dtype=torch.float64)
    plain = {
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softplus": lambda v: torch.logaddexp(v, torch.zeros_like(v)),
        "linear": lambda v: v * 1.0,
    }[name]
    f = activation(name)
    o = f.value(z)
    assert torch.allclose(o, plain(z), rtol=1e-14, atol=1e-300)
    assert torch.isfinite(o).all()
    leaf = z[1:5].clone().requires_grad_()
    (first,) = torch.autograd.grad(plain(leaf).sum(), leaf, create_graph=True)
    assert torch.allclose(f.first(z, o)[1:5], first.detach(), atol=1e-14)
    if first.requires_grad:
        (second,) = torch.autograd.grad(first.sum(), leaf)
        assert torch.allclose(f.second(z, o)[1:5], second, atol=1e-14)


def test_modules_and_networks_are_the_same_function_there_and_back():
    net = cases.network((5, 4), 3, activation="tanh", output="softmax")
    x = cases.rows(7, 3, 3).inputs
    module = to_module(net)
    assert torch.allclose(module(x), net(x), atol=1e-14)
    assert from_module(module).digest() == net.digest()
    nested = nn.Sequential(nn.Sequential(nn.Linear(3, 4), nn.ReLU()), nn.Linear(4, 2, bias=False))
    assert torch.allclose(from_module(nested)(x).float(), nested(x.float()), atol=1e-6)


def test_initialisation_is_by_seed():
    assert mlp(4, (5,), 2, seed=0).digest() == mlp(4, (5,), 2, seed=0).digest()
    assert mlp(4, (5,), 2, seed=0).digest() != mlp(4, (5,), 2, seed=1).digest()


def test_errors_are_sums_in_closed_form():
    z, t = torch.tensor([[0.0, 0.0], [math.log(3), 0.0]], dtype=torch.float64), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    t = t.double()
    assert ErrorFunction("sigmoid").total(z, t).item() == pytest.approx(0.5 * (0.25 + 0.0625 + 0.25 + 0.25))
    assert ErrorFunction("softmax").total(z, t).item() == pytest.approx(0.5 * (2 * 0.0625 + 2 * 0.25))
    assert ErrorFunction("softmax", "cross_entropy").total(z, t).item() == pytest.approx(-math.log(0.75 * 0.5))


def test_a_softmax_survives_large_values():
    z, t = torch.tensor([[2000.0], [-2000.0]], dtype=torch.float64), torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    assert ErrorFunction("softmax").total(z, t).item() == 1.0
    assert ErrorFunction("softmax", "cross_entropy").total(z, t).item() == 4000.0


def test_correct_counts_the_largest_output_or_one_half():
    z = torch.tensor([[1.0, 2.0, 0.0], [2.0, 1.0, 0.0]])
    assert correct(z, torch.tensor([1, 1, 0]), "softmax").tolist() == [True, False, True]
    assert correct(torch.tensor([[0.1, -0.1]]), torch.tensor([1, 1]), "sigmoid").tolist() == [True, False]
    assert correct(torch.tensor([[0.4, 0.6]]), torch.tensor([1, 1]), "linear").tolist() == [False, True]


def test_folding_a_constant_equals_putting_it_out():
    net, x = cases.network((5, 4), 3), cases.rows(9, 3, 3).inputs
    gains = [torch.ones(5, dtype=torch.float64), torch.ones(4, dtype=torch.float64)]
    gains[1][2] = 0.0
    folded = net.absorb(1, 2, 0.7)
    moved = net(x, gains)
    z = torch.logit(folded(x, gains)) - torch.logit(moved)
    assert torch.allclose(z, (0.7 * net.weights[2][:, 2]).expand_as(z), atol=1e-12)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: sizes_of("resnet"), "mlp_100"),
        (lambda: mlp(3, (0,), 1), "at least one unit"),
        (lambda: activation("gelu"), "known: sigmoid"),
        (lambda: ErrorFunction("relu"), "unknown output layer"),
        (lambda: ErrorFunction("sigmoid", "cross_entropy"), "needs a softmax"),
        (lambda: Network((torch.ones(1, 2),), (torch.ones(1),), (), "linear"), "nothing to prune"),
        (
            lambda: Network((torch.ones(2, 2), torch.ones(1, 3)), (torch.ones(2), torch.ones(1)), ("relu",), "linear"),
            "3 inputs",
        ),
        (
            lambda: Network(
                (torch.full((2, 2), float("nan")), torch.ones(1, 2)),
                (torch.ones(2), torch.ones(1)),
                ("relu",),
                "linear",
            ),
            "finite",
        ),
        (lambda: from_module(nn.Sequential(nn.Linear(2, 2), nn.Softmax(dim=1), nn.Linear(2, 1))), "only as the output"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(make, told):
    with pytest.raises(StudyError, match=told):
        make()
