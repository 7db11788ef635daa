"""What changes nothing, what folds, and pooling that leaves rows out: the numbers of plain forward passes."""

from __future__ import annotations

import warnings
from itertools import pairwise
from random import Random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from study import prune
from study.common.errors import StudyError
from study.networks import as_network, from_module, to_module
from study.networks.maps import Maps, maps_of
from study.training.backprop import Parameters
from tests import cases
from tests.networks.made import DATA, X, half_squared, own, plain

# What changes nothing, and what folds.


class Noise(nn.Module):
    """Noise of one's own, in training only."""

    def forward(self, x):
        return x + torch.randn_like(x) if self.training else x


NOTHING = [nn.Identity, nn.Dropout, nn.AlphaDropout, nn.FeatureAlphaDropout, nn.Dropout1d, nn.Dropout2d, Noise]
ACTIVATIONS = [nn.Sigmoid, nn.Tanh, nn.ReLU, nn.Softplus, lambda: nn.LeakyReLU(0.0), lambda: nn.Threshold(0.0, 0.0)]
ENDS = {
    "logits": ([], lambda z: z.softmax(1)),
    "softmax": ([nn.Softmax(dim=-1)], lambda o: o),
    "implicit": ([nn.Softmax()], lambda o: o),
    "logarithms": ([nn.LogSoftmax(dim=1)], torch.exp),
    "sigmoid": ([nn.Sigmoid()], lambda o: o),
    "logarithms of a sigmoid": ([nn.LogSigmoid()], torch.exp),
}


def settled(module, seed):
    """Running statistics, scales and shifts that are not 0 and 1, and a few features that are turned or 0."""
    generator = torch.Generator().manual_seed(seed)
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            n = part.num_features
            part.running_mean.copy_(torch.randn(n, generator=generator))
            part.running_var.copy_(torch.rand(n, generator=generator) + 0.1)
            if part.affine:
                part.weight.data.copy_(torch.randn(n, generator=generator).round(decimals=1))
                part.bias.data.copy_(torch.randn(n, generator=generator))
    return module.double()


def some(draw, kinds):
    return [draw.choice(kinds)() for _ in range(draw.randint(0, 2))]


def normal(draw, features, kind=nn.BatchNorm1d):
    how = {"affine": draw.random() < 0.5, "eps": draw.choice([1e-5, 0.1]), "momentum": None}
    return [kind(features, **how)] if draw.random() < 0.5 else []


def dense(draw):
    """A stack of dense layers with everything between that changes nothing or folds."""
    sizes = [5, *(draw.randint(1, 5) for _ in range(draw.randint(1, 3))), 3]
    layers = [*some(draw, [nn.Flatten, *NOTHING]), *normal(draw, 5)]
    for m, (below, above) in enumerate(pairwise(sizes)):
        layers += [nn.Linear(below, above, bias=draw.random() < 0.5), *some(draw, NOTHING), *normal(draw, above)]
        if m < len(sizes) - 2:
            layers += some(draw, ACTIVATIONS)[:1]
            layers += [*some(draw, [nn.Flatten, *NOTHING]), *normal(draw, above), *normal(draw, above)]
    return layers


def convolutional(draw):
    """Image, layers, and the shape in which the module takes its rows."""
    side, channels, images = draw.randint(7, 10), draw.randint(1, 2), draw.random() < 0.5
    image = (channels, side, side)
    layers = [*([] if images else [nn.Unflatten(1, image)]), *normal(draw, channels, nn.BatchNorm2d)]
    below, now = channels, side
    for _ in range(draw.randint(1, 2)):
        above, kernel = draw.randint(1, 3), draw.randint(1, 3)
        layers += [nn.Conv2d(below, above, kernel), *some(draw, NOTHING[:4]), *normal(draw, above, nn.BatchNorm2d)]
        layers += [*some(draw, ACTIVATIONS)[:1], *normal(draw, above, nn.BatchNorm2d), *some(draw, NOTHING[:4])]
        below, now = above, now - kernel + 1
        pool = draw.randint(1, min(3, now))
        layers, now = [*layers, nn.AvgPool2d(pool), *normal(draw, above, nn.BatchNorm2d)], now // pool
        if now < 3:
            break
    layers += [nn.Flatten(), *normal(draw, below * now**2), nn.Linear(below * now**2, 4), nn.Tanh(), nn.Linear(4, 3)]
    return image, layers, image if images else ()


SEEDS = st.integers(0, 10**6)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS, end=st.sampled_from(sorted(ENDS)))
def test_decorated_stacks_have_the_errors_of_a_plain_forward_pass(seed, end):
    torch.manual_seed(seed)
    (last, after) = ENDS[end]
    module = settled(nn.Sequential(*dense(Random(seed)), *last), seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = as_network(module, DATA)
        expected = plain(module, after=after)
    assert half_squared(network(X), DATA) == pytest.approx(expected, rel=1e-9)
    assert half_squared(to_module(network)(X), DATA) == pytest.approx(expected, rel=1e-9)


@settings(max_examples=60, deadline=None)
@given(seed=SEEDS)
def test_decorated_convolutions_have_the_errors_of_a_plain_forward_pass(seed):
    torch.manual_seed(seed)
    image, layers, shape = convolutional(Random(seed))
    module = settled(nn.Sequential(*layers, nn.Softmax(dim=1)), seed)
    data = own(inputs=cases.rows(24, image[0] * image[1] * image[2], 3, seed).inputs)
    network = as_network(module, data)
    assert network.image == image
    assert half_squared(network(data.pruning.inputs), data) == pytest.approx(plain(module, data, shape), rel=1e-9)
    gains = [(torch.rand(n) > 0.5).double() for n in network.hidden]
    found = plain(to_module(network.compact(gains)), data, image)
    assert found == pytest.approx(half_squared(network(data.pruning.inputs, gains), data), rel=1e-9)


@pytest.mark.parametrize("pool", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(4, 4), (5, 7), (6, 4)])
def test_pooling_that_leaves_rows_out_is_that_of_torch_and_has_its_transpose(size, pool):
    maps, draw = Maps(*size, pool), torch.Generator().manual_seed(0)
    x = torch.randn(3, maps.size * 5, generator=draw).double()
    expected = nn.functional.avg_pool2d(x.reshape(3, *size, 5).permute(3, 0, 1, 2), pool).permute(1, 2, 3, 0)
    assert torch.allclose(maps.pooled(x), expected.reshape(3, -1))
    y = torch.randn(3, maps.positions * 5, generator=draw).double()
    assert (maps.pooled(x) * y).sum().item() == pytest.approx((x * maps.unpooled(y)).sum().item(), rel=1e-12)
    assert maps.pooled(x[:0]).shape == maps.pooled(x)[:0].shape


def tutorial(**how):
    """The small convolutional network of every tutorial: its second map is 11x11."""
    torch.manual_seed(0)
    return nn.Sequential(
        *(nn.Conv2d(1, 2, 3), nn.Softplus(), nn.AvgPool2d(2)),
        *(nn.Conv2d(2, 3, 3), nn.Tanh(), nn.AvgPool2d(2, **how)),
        *(nn.Flatten(), nn.Linear(75, 3), nn.Softmax(dim=1)),
    ).double()


IMAGES = own(inputs=cases.rows(24, 784, 3).inputs)


@pytest.mark.parametrize("method", ["taylor1", "taylor2_exact", "quadratic_once"])
def test_every_way_through_maps_with_a_row_left_over_agrees_with_plain_passes(method):
    network = from_module(tutorial(), (1, 28, 28))
    result = prune(network, IMAGES, method, removal="mean" if method == "taylor1" else "zero", truth_every=2)
    assert network.maps(1).leftover == (1, 1)
    for gone, (gains, masked_network) in enumerate(result.path):
        found = result.trajectory["error_pruning"][gone]
        assert found == pytest.approx(float(cases.plain_error(masked_network, IMAGES.pruning, "half_squared", gains)))
    start = result.impacts.query("event == 0")
    gains = [torch.ones(n, dtype=torch.float64).requires_grad_() for n in network.hidden]
    error = cases.plain_error(network, IMAGES.pruning, "half_squared", gains)
    slopes = torch.autograd.grad(error, gains, create_graph=True)
    if method == "taylor2_exact":
        for layer, unit, estimate in start[["layer", "unit", "estimate"]].itertuples(index=False):
            (bend,) = torch.autograd.grad(slopes[layer][unit], gains[layer], retain_graph=True)
            expected = -slopes[layer][unit].detach() + bend[unit] / 2
            assert estimate == pytest.approx(float(expected), rel=1e-8, abs=1e-12)
    for layer, unit, impact in start[["layer", "unit", "impact"]].itertuples(index=False):
        if method != "taylor1":
            without = [g.detach().clone() for g in gains]
            without[layer][unit] = 0.0
            rise = cases.plain_error(network, IMAGES.pruning, "half_squared", without) - error.detach()
            assert impact == pytest.approx(float(rise), rel=1e-8, abs=1e-12)


def test_gradients_through_maps_with_a_row_left_over_are_those_of_torch():
    module, rows = tutorial(), IMAGES.training
    parameters = Parameters(from_module(module, (1, 28, 28)))
    parameters.backward(rows.inputs, rows.targets)
    nn.functional.cross_entropy(module[:-1](rows.inputs.reshape(-1, 1, 28, 28)), rows.labels).backward()
    expected = torch.cat([p.grad.flatten() for p in module.parameters()])
    assert torch.allclose(parameters.gradient, expected, atol=1e-14)


def test_what_the_study_makes_itself_still_has_nothing_left_over():
    with pytest.raises(StudyError, match="pooling by 2 does not divide its maps of 11x11"):
        maps_of((1, 28, 28), (3, 3), (2, 2))
    with pytest.raises(StudyError, match="pooling by 4 does not fit its maps of 3x3"):
        maps_of((1, 5, 5), (3,), (4,), whole=False)


def test_pooling_that_rounds_up_is_refused_where_it_rounds():
    with pytest.raises(StudyError, match="ceil_mode=True averages what is left over at the edge of its 11x11 maps"):
        prune(tutorial(ceil_mode=True), own(inputs=cases.rows(24, 30 * 30, 3).inputs[:, :784]))
    torch.manual_seed(0)
    layers = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AvgPool2d(2, ceil_mode=True), nn.Flatten(), nn.Linear(18, 3)
    assert from_module(nn.Sequential(*layers)).name == "8x8-2c3p2-3"


@pytest.mark.parametrize(("to", "positions"), [(1, 1), ((2, 2), 4), (3, 9)])
def test_pooling_to_a_size_is_pooling_by_what_divides_the_maps(to, positions):
    torch.manual_seed(0)
    front = nn.Conv2d(1, 2, 3), nn.Softplus(), nn.AdaptiveAvgPool2d(to), nn.Flatten()
    module = nn.Sequential(*front, nn.Linear(2 * positions, 3), nn.Softmax(dim=1)).double()
    data = own(inputs=cases.rows(24, 64, 3).inputs)
    network = as_network(module, data)
    assert half_squared(network(data.pruning.inputs), data) == pytest.approx(plain(module, data, (1, 8, 8)), rel=1e-12)
    assert from_module(module, (1, 14, 14)).maps(0).pool == 12 // round(positions**0.5)
    with pytest.raises(StudyError, match="no square image fits"):
        from_module(module)


def test_pooling_to_a_size_that_does_not_divide_the_maps_is_refused():
    layers = nn.Conv2d(1, 2, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(4), nn.Flatten(), nn.Linear(32, 3)
    with pytest.raises(StudyError, match=r"AdaptiveAvgPool2d\(4\) cannot be pruned here on maps of 6x6"):
        from_module(nn.Sequential(*layers), (1, 8, 8))
    with pytest.raises(StudyError, match=r"AdaptiveAvgPool2d\(4\) cannot be pruned here on maps of 8x4"):
        from_module(nn.Sequential(*layers), (1, 10, 6))
