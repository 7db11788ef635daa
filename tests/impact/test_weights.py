"""The oracle of single weights equals a full forward pass a weight: whatever is dead, doubled, saturated or of maps."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.data.split import Split
from study.impact import fused, weights
from study.impact.reference import plain_weight_errors
from study.impact.weights import every_weight, weight_errors
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.networks.parts import Parts
from tests import cases
from tests.impact.test_oracle import eagerly

KINDS = [(o, "half_squared") for o in ("sigmoid", "linear", "softmax")] + [("softmax", "cross_entropy")]
NAMES = ["relu", "sigmoid", "tanh", "softplus"]


def near(found, net, rows, error, some):
    """To 1e-12 of the larger of the two errors, weight by weight."""
    plain = plain_weight_errors(net, rows, error, some)
    start = float(error.total(net.logits(rows.inputs), rows.targets.T))
    return bool(((found - plain).abs() <= 1e-12 * plain.clamp(min=start)).all())


@st.composite
def networks(draw):
    """A network of one to four hidden layers with whatever may go wrong, rows, and its error."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))
    sizes = [draw(st.integers(1, 6)) for _ in range(draw(st.integers(2, 5)))]
    output, error = draw(st.sampled_from(KINDS))
    outputs = draw(st.integers(2 if output == "softmax" else 1, 4))
    gain = draw(st.sampled_from([0.5, 2.0, 60.0]))
    arrays, biases = [], []
    for below, above in zip(sizes, [*sizes[1:], outputs], strict=True):
        w = torch.randn(above, below, generator=generator, dtype=torch.float64) * gain / below**0.5
        b = torch.randn(above, generator=generator, dtype=torch.float64)
        if draw(st.booleans()):
            w[draw(st.integers(0, above - 1))] = 0.0  # a unit without inputs
        if draw(st.booleans()):
            b[draw(st.integers(0, above - 1))] = -50.0  # one that is dark, or saturated
        if draw(st.booleans()):
            w[-1], b[-1] = w[0], b[0]  # one that is there twice
        arrays.append(w)
        biases.append(b)
    kinds = tuple(draw(st.sampled_from(NAMES)) for _ in sizes[1:])
    net = Network(tuple(arrays), tuple(biases), kinds, output)
    inputs = torch.rand(draw(st.integers(1, 9)), sizes[0], generator=generator, dtype=torch.float64)
    if draw(st.booleans()):
        inputs[:, 0] = 0.0  # a pixel that is never on
    targets = torch.rand(len(inputs), outputs, generator=generator, dtype=torch.float64)
    if output == "softmax":
        targets /= targets.sum(1, keepdim=True)
    return net, Split(inputs, targets, torch.zeros(len(inputs), dtype=torch.int64)), ErrorFunction(output, error)


@settings(max_examples=60, deadline=None)
@given(networks())
def test_every_weight_of_any_network_has_the_error_of_a_forward_pass(drawn):
    net, rows, error = drawn
    some = every_weight(net)
    assert near(weight_errors(net, rows, error, some), net, rows, error, some)
    with eagerly():
        assert near(weight_errors(net, rows, error, some), net, rows, error, some)


@pytest.mark.parametrize("case", cases.FILTERS)
def test_weights_of_filters_and_of_what_stands_behind_them(case):
    net = cases.filters(case)
    rows, error = cases.rows(12, net.features, case[3]), ErrorFunction(case[5], case[6])
    some = every_weight(net)
    assert near(weight_errors(net, rows, error, some), net, rows, error, some)


@pytest.mark.parametrize("kind", KINDS, ids=" ".join)
@pytest.mark.parametrize("activation", NAMES)
@pytest.mark.parametrize("rows_at_once", [1 << 16, 20])
def test_behind_relus_rows_on_both_sides_of_a_kink_are_exact(kind, activation, rows_at_once, monkeypatch):
    """What a weight carries changes the signs of some ReLUs and not of others, whatever stands before them."""
    monkeypatch.setattr(weights, "ROWS", rows_at_once)
    net = cases.network((9, 12), 3, activation, kind[0])
    net = replace(net, activations=(activation, "relu"))
    rows, error, some = cases.rows(30, 3, 3), ErrorFunction(*kind), every_weight(net)
    hidden, flips, total = weights.Pass.of(net, rows, error).stages.z[1] > 0, 0, 0
    for index in range(net.weights[0].numel()):
        first = net.weights[0].clone()
        first.view(-1)[index] = 0.0
        moved = weights.Pass.of(replace(net, weights=(first, *net.weights[1:])), rows, error).stages.z[1] > 0
        flips, total = flips + int((moved != hidden).any(0).sum()), total + hidden.shape[1]
    assert 0.02 < flips / total < 0.98
    assert near(weight_errors(net, rows, error, some), net, rows, error, some)


def test_the_linear_networks_weights_are_known():
    """Outputs (2, -2) and targets (2, -1): E = .5; each weight's removal moves one output by what it carries."""
    net, rows, error = cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear")
    some = every_weight(net)
    assert torch.equal(weight_errors(net, rows, error, some), plain_weight_errors(net, rows, error, some))


def test_a_weight_of_zero_and_one_of_a_dead_pixel_cost_nothing_to_the_bit():
    net, rows = cases.network((6, 5), 3, "tanh"), cases.rows(20, 3, 3)
    first = net.weights[0].clone()
    first[2, 1] = 0.0
    inputs = rows.inputs.clone()
    inputs[:, 0] = 0.0
    net, rows = replace(net, weights=(first, *net.weights[1:])), replace(rows, inputs=inputs)
    error = ErrorFunction(net.output)
    some = Parts.of([(0, 3 * 2 + 1), (0, 0), (0, 3)])
    start = float(error.total(net.logits(rows.inputs), rows.targets.T))
    assert weight_errors(net, rows, error, some).tolist() == [start] * 3


def test_some_weights_in_any_order_are_those_of_all(monkeypatch):
    net, rows, error = cases.network((6, 5), 3, "relu"), cases.rows(20, 3, 3), ErrorFunction("sigmoid")
    some = every_weight(net)
    all_of_them, order = weight_errors(net, rows, error, some), torch.randperm(len(some)).flip(0)[:30]
    seen = []
    there = weights.Pass.of(net, rows, error)
    found = weights.weight_impacts(there, some[order], lambda done, of: seen.append((done, of)))
    assert torch.allclose(there.stages.total() + found, all_of_them[order], rtol=1e-14)
    assert seen[-1] == (30, 30)
    monkeypatch.setattr(weights, "BLOCK", 45)  # two weights at a time
    with eagerly():
        assert torch.allclose(weight_errors(net, rows, error, some), all_of_them, rtol=1e-12)


@pytest.mark.skipif(fused.kernel() is None, reason="numba is not installed")
@pytest.mark.parametrize("size", [1e-3, 1e-9])
def test_small_cross_entropies_keep_their_digits(size):
    """A network that is nearly sure: E of 1e-9 a row, of which a plain logarithm would have lost seven digits."""
    net = cases.network((4,), 3, "sigmoid", "softmax", gain=3.0)
    rows = cases.rows(10, 3, 3)
    away = net.logits(rows.inputs).T
    best = away.argmax(1)
    gap = (away.amax(1) - away.topk(2, 1).values[:, 1]).min()
    last, bias = (x * float(-torch.log(torch.tensor(size)) / gap) for x in (net.weights[-1], net.biases[-1]))
    net = replace(net, weights=(*net.weights[:-1], last), biases=(*net.biases[:-1], bias))
    rows = Split(rows.inputs, torch.nn.functional.one_hot(best, 3).double(), best)
    error = ErrorFunction("softmax", "cross_entropy")
    assert near(weight_errors(net, rows, error, every_weight(net)), net, rows, error, every_weight(net))
