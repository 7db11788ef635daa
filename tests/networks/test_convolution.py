"""Convolutional layers: the same as a dense network with their matrices, and everything that changes a network."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from study.common.errors import StudyError
from study.networks import LENET_5_SMALL, ErrorFunction, Front, Network, from_module, image_of, lenet, to_module
from study.networks.convolution import Convolution, Matrix
from study.networks.file import from_tensors, to_tensors
from study.networks.maps import Maps
from tests import cases


def toeplitz(operator):
    """The matrix of a convolution, shape (filters above * positions, filters below * positions), entry by entry."""
    above, below, k, _ = operator.weights.shape
    height, width = operator.height - k + 1, operator.width - k + 1
    matrix = torch.zeros(above, height, width, below, operator.height, operator.width, dtype=torch.float64)
    for row in range(height):
        for column in range(width):
            matrix[:, row, column, :, row : row + k, column : column + k] = operator.weights
    return matrix.reshape(above * height * width, -1)


@settings(max_examples=40, deadline=None)
@given(
    above=st.integers(1, 4),
    below=st.integers(1, 3),
    k=st.integers(1, 4),
    more=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    samples=st.integers(1, 5),
    block=st.sampled_from([1, 1 << 21]),
    seed=st.integers(0, 10**6),
)
def test_a_convolution_is_the_matrix_that_it_stands_for(above, below, k, more, samples, block, seed):
    draw = torch.Generator().manual_seed(seed)
    operator = Convolution(torch.randn(above, below, k, k, generator=draw).double(), k + more[0], k + more[1])
    matrix, inside, outside = toeplitz(operator), operator.height * operator.width, (more[0] + 1) * (more[1] + 1)
    x = torch.randn(below, inside * samples, generator=draw).double()
    dz = torch.randn(above, outside * samples, generator=draw).double()
    flat, flat_dz = x.reshape(-1, samples), dz.reshape(-1, samples)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("study.networks.convolution.BLOCK", block)
        assert torch.allclose(operator.forward(x).reshape(-1, samples), matrix @ flat, atol=1e-12)
        assert torch.allclose(operator.transposed(dz).reshape(-1, samples), matrix.T @ flat_dz, atol=1e-12)
        assert torch.allclose(
            operator.squared.transposed(dz), Convolution(operator.weights**2, *_size(operator)).transposed(dz)
        )
        alone = [
            (matrix.reshape(-1, below, inside)[:, u] @ x[u].reshape(inside, samples)).flatten() for u in range(below)
        ]
        apart = operator.effects(torch.arange(below), x)
        assert torch.allclose(apart.flatten(1), torch.stack(alone), atol=1e-12)
        assert torch.allclose(operator.energy(x), torch.stack([(a**2).sum() for a in alone]), atol=1e-10)
        through = (x * operator.transposed(dz)).sum(1)
        assert torch.allclose(operator.directional(dz, x), through, atol=1e-11)
        leaf = operator.weights.clone().requires_grad_()
        (expected,) = torch.autograd.grad((Convolution(leaf, *_size(operator)).forward(x) * dz).sum(), leaf)
        assert torch.allclose(operator.gradient(dz, x), expected, atol=1e-11)


def _size(operator):
    return operator.height, operator.width


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 4), st.integers(0, 99))
def test_a_flattened_map_is_a_matrix_whose_columns_are_the_units_positions(above, below, positions, samples, seed):
    draw = torch.Generator().manual_seed(seed)
    w = torch.randn(above, below * positions, generator=draw).double()
    x = torch.randn(below, positions * samples, generator=draw).double()
    dz, operator = torch.randn(above, samples, generator=draw).double(), Matrix(w, positions)
    assert torch.allclose(operator.forward(x), w @ x.reshape(-1, samples))
    back = operator.transposed(dz)
    assert torch.allclose(back.reshape(-1, samples), w.T @ dz)
    assert torch.allclose(operator.directional(dz, x), (x * back).sum(1), atol=1e-12)
    apart = operator.effects(torch.arange(below), x)
    assert torch.allclose(apart.sum(0), operator.forward(x), atol=1e-12)
    assert torch.allclose(operator.energy(x), apart.square().sum((1, 2)), atol=1e-12)


def test_pooling_averages_and_its_transpose_shares():
    maps, draw = Maps(4, 6, 2), torch.Generator().manual_seed(0)
    x = torch.randn(3, 24 * 5, generator=draw).double()
    images = x.reshape(3, 4, 6, 5).permute(3, 0, 1, 2)
    expected = torch.nn.functional.avg_pool2d(images, 2).permute(1, 2, 3, 0).reshape(3, -1)
    assert torch.allclose(maps.pooled(x), expected)
    y = torch.randn(3, 6 * 5, generator=draw).double()
    assert (maps.pooled(x) * y).sum().item() == pytest.approx((x * maps.unpooled(y)).sum().item(), rel=1e-12)
    assert maps.pooled(x[:0]).shape == (0, 30)


@pytest.mark.parametrize("case", cases.FILTERS)
def test_the_forward_pass_is_that_of_torch(case):
    net, data = cases.filters(case), cases.rows(9, cases.filters(case).features, case[3])
    gains = [torch.linspace(0, 2, n, dtype=torch.float64) for n in net.hidden]
    expected = cases.plain_error(net, data, case[6], gains)
    error = ErrorFunction(case[5], case[6])
    assert error.total(net.logits(data.inputs, gains), data.targets.T).item() == pytest.approx(expected.item(), 1e-12)


@pytest.mark.parametrize("case", cases.FILTERS)
def test_compact_expanded_fold_and_spread_agree_with_gains(case):
    net = cases.filters(case)
    x = cases.rows(9, net.features, case[3]).inputs
    gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
    for m in range(net.depth):
        gains[m][m % net.hidden[m]] = 0.0
    small = net.compact(gains)
    assert torch.allclose(small(x), net(x, gains), atol=1e-13)
    assert small.parameters == net.left(gains)[0] == small.left([g[g != 0] for g in gains])[0]
    assert torch.allclose(net.expanded(gains, small)(x), small(x), atol=1e-13)
    scaled = [g * 0.7 for g in gains]
    assert torch.allclose(net.compact(scaled)(x), net(x, scaled), atol=1e-13)
    for m in range(net.depth):
        alone = [torch.ones_like(g) for g in gains]
        alone[m][1] = 0.0
        a = torch.linspace(-1, 1, net.hidden[m], dtype=torch.float64)
        a[1] = 0.0
        h = net.below(x)
        for below in range(m + 1):
            h = net.outputs_(below, net.pre_activation(below, h))
        h[1] = 0.3 + a @ h
        expected = net.above(m + 1, net.pre_activation(m + 1, h))
        assert torch.allclose(net.absorb(m, 1, 0.3).reconstruct(m, 1, a).logits(x, alone), expected, atol=1e-13)


def test_multiply_adds_are_those_of_every_position():
    net = lenet((1, 20, 20), Front((6, 16), (5, 5), (2, 2)), (120, 84), 10)
    counted = 256 * 6 * 25 + 16 * 16 * 6 * 25 + 64 * 120 + 120 * 84 + 84 * 10
    whole = [torch.ones(n) for n in net.hidden]
    assert net.left(whole) == (6 * 26 + 16 * 151 + 65 * 120 + 121 * 84 + 85 * 10, counted)
    whole[0][0] = 0.0
    assert net.left(whole)[1] == counted - 256 * 25 - 16 * 16 * 25


def test_a_file_holds_images_and_pools_of_filters_and_nothing_new_of_dense_layers():
    class Opened:
        def __init__(self, network):
            self.tensors, self.notes = to_tensors(network)

        def keys(self):
            return self.tensors

        def metadata(self):
            return self.notes

        def get_tensor(self, name):
            return self.tensors[name]

    net = cases.filters(cases.FILTERS[0])
    assert from_tensors(Opened(net)).digest() == net.digest()
    assert net.digest() != replace(net, activations=("relu",) * net.depth).digest()
    assert set(to_tensors(cases.network((4,), 2))[1]) == {"activations", "output"}


def _network(**changed):
    net = cases.filters(cases.FILTERS[0])
    parts = {"weights": net.weights, "biases": net.biases, "image": net.image, "pools": net.pools} | changed
    return Network(parts["weights"], parts["biases"], net.activations, net.output, parts["image"], parts["pools"])


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: lenet((1, 8, 8), Front((6, 16), (5, 5), (2, 2)), (12,), 3), "kernels of 5x5 do not fit maps of 2x2"),
        (lambda: lenet((1, 8, 8), Front((6,), (4,), (2,)), (12,), 3), "pooling by 2 does not divide its maps of 5x5"),
        (lambda: lenet((1, 8, 8), Front(), (12,), 3), "at least one convolutional layer"),
        (lambda: lenet((1, 8, 8), Front((2,), (3,), (1,)), (0,), 3), "at least one unit"),
        (lambda: Front((6, 16), (5,), (2, 2)), "one number each"),
        (lambda: Front((0,), (5,), (2,)), "1 or more"),
        (lambda: image_of(50), "no square image"),
        (lambda: _network(image=()), "channels, height and width"),
        (lambda: _network(image=(2, 6, 6)), "1 channels, but images have 2"),
        (lambda: _network(pools=(2, 1, 1)), "no square kernels"),
        (lambda: _network(image=(1, 8, 8)), r"layer 2 takes 3 inputs, but layer 1 has 3 units with maps of 4"),
        (lambda: _network(pools=()), "goes with convolutional layers"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_reason(make, told):
    with pytest.raises(StudyError, match=told):
        make()


@pytest.mark.parametrize("case", cases.FILTERS)
def test_modules_and_networks_with_filters_are_the_same_function_there_and_back(case):
    net = cases.filters(case)
    x, module = cases.rows(7, net.features, case[3]).inputs, to_module(net)
    assert torch.allclose(module(x.reshape(-1, *net.image)), net(x), atol=1e-13)
    assert from_module(module, net.image).digest() == net.digest()
    gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
    gains[0][0] = 0.0
    small = net.compact(gains)
    assert torch.allclose(to_module(small)(x.reshape(-1, *net.image)), net(x, gains), atol=1e-13)


def test_the_image_of_a_module_is_the_square_that_fits():
    net = lenet((1, 8, 8), *LENET_5_SMALL, 10)
    assert from_module(to_module(net)).digest() == net.digest()
    with pytest.raises(StudyError, match="no square image fits"):
        from_module(to_module(cases.filters(cases.FILTERS[3])))


@pytest.mark.parametrize(
    ("layers", "told"),
    [
        ([nn.Conv2d(1, 2, 3, padding=1), nn.Tanh(), nn.Flatten(), nn.Linear(128, 2)], r"padding=\(1, 1\)"),
        ([nn.Conv2d(1, 2, 3, stride=2), nn.Tanh(), nn.Flatten(), nn.Linear(18, 2)], r"stride=\(2, 2\)"),
        ([nn.Conv2d(1, 2, 3, dilation=2), nn.Tanh(), nn.Flatten(), nn.Linear(32, 2)], r"dilation=\(2, 2\)"),
        ([nn.Conv2d(2, 2, 3, groups=2), nn.Tanh(), nn.Flatten(), nn.Linear(72, 2)], "groups=2"),
        ([nn.Conv2d(1, 2, 3), nn.Tanh(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(18, 2)], "MaxPool2d"),
        ([nn.Conv2d(1, 2, 3), nn.AvgPool2d(2), nn.Tanh(), nn.Flatten(), nn.Linear(18, 2)], "cannot prune a Tanh"),
        ([nn.Conv2d(1, 2, 3), nn.AvgPool2d(3, 2), nn.Flatten(), nn.Linear(8, 2)], "its stride its size"),
        ([nn.Conv2d(1, 2, (3, 1)), nn.Tanh(), nn.Flatten(), nn.Linear(96, 2)], "square"),
        ([nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Flatten(), nn.Linear(72, 4), nn.AvgPool2d(2)], "AvgPool2d"),
    ],
)
def test_a_module_that_is_no_plain_stack_is_refused_with_a_reason(layers, told):
    with pytest.raises(StudyError, match=told):
        from_module(nn.Sequential(*layers))
