"""Gradient and Hessian in the gains: against autograd, finite differences, and the derivatives of single units."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.impact import Stages, gain_derivatives, gain_slopes
from study.impact.derivatives import exact_curvature, slopes
from study.impact.stages import ones, replacement
from study.methods import View, method
from study.networks import ErrorFunction
from tests import cases

DEEP = (((5,), 3), ((4, 5), 2), ((3, 4, 5), 2), ((3, 4, 3, 3), 2))
ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus", "linear")
OUTPUTS = (
    *(("sigmoid", "half_squared"), ("softmax", "half_squared")),
    *(("softmax", "cross_entropy"), ("linear", "half_squared")),
)
EVERY = [
    (hidden, outputs, activation, *OUTPUTS[(d + a) % 4])
    for d, (hidden, outputs) in enumerate(DEEP)
    for a, activation in enumerate(ACTIVATIONS)
]
"""Every depth with every activation, and every activation with every output."""


def prepared(case, removal="zero", removed=(), samples=25, seed=0):
    """Stages with some units gone, and E as a function of the gains of those that are left."""
    hidden, outputs, activation, output, error = case
    net = cases.network(hidden, outputs, activation, output, seed=seed)
    return pruned(net, cases.rows(samples, 3, outputs, seed), error, removal, removed)[1:]


def pruned(net, data, error, removal, removed):
    """Gains, stages, layers and indices of the units left, their replacement, and E as a function of their gains."""
    stages, gains = Stages(net, data, ErrorFunction(net.output, error)), ones(net)
    gone = [torch.zeros(n, dtype=torch.float64) for n in net.hidden]
    for m, k in removed:
        instead = replacement(removal, stages).at(m, k)
        gone[m][k] = float(instead.constants)
        stages.remove(m, k, instead)
        gains[m][k] = 0.0
    now = replacement(removal, stages)
    constants = [of_layer.constants for of_layer in now.layers]
    parts = cases.units(net, gains)
    both = [torch.where(g == 0, c, n) for g, c, n in zip(gains, gone, constants, strict=True)]

    def energy(values):
        changed = [g.clone() for g in gains]
        for i, (m, k) in enumerate(parts):
            changed[m] = changed[m].index_put((torch.tensor([k]),), values[i : i + 1])
        return cases.plain_error(net, data, error, changed, both)

    return gains, stages, parts, now, energy


def agree(found, expected):
    """To 1e-12 of the largest entry."""
    return float((found - expected).abs().max()) <= 1e-12 * float(expected.abs().max())


def by_autograd(energy, n):
    ones = torch.ones(n, dtype=torch.float64)
    return torch.func.grad(energy)(ones), torch.func.hessian(energy)(ones)


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("case", EVERY)
def test_it_equals_autograd_in_every_kind_of_network(case, removal):
    removed = [(m, 1) for m in range(len(case[0]))]  # the last row takes its place: rows are no longer in order
    stages, parts, instead, energy = prepared(case, removal, removed)
    g, h = gain_derivatives(stages, parts, instead)
    assert energy(torch.ones(len(parts), dtype=torch.float64)).item() == pytest.approx(stages.total(), rel=1e-12)
    expected_g, expected_h = by_autograd(energy, len(parts))
    assert agree(g, expected_g)
    assert agree(h, expected_h)
    assert torch.equal(h, h.T)
    assert agree(gain_slopes(stages, parts, instead), expected_g)


@settings(max_examples=15, deadline=None)
@given(st.sampled_from(EVERY), st.integers(0, 99), st.sampled_from(["zero", "mean"]), st.data())
def test_it_equals_autograd_whatever_was_removed_down_to_a_whole_layer(case, seed, removal, draw):
    units = [(m, k) for m, n in enumerate(case[0]) for k in range(n)]
    removed = draw.draw(st.permutations(units))[: draw.draw(st.integers(0, len(units) - 1))]
    stages, parts, instead, energy = prepared(case, removal, removed, samples=7, seed=seed)
    g, h = gain_derivatives(stages, parts, instead)
    expected_g, expected_h = by_autograd(energy, len(parts))
    # Saturated outputs leave little of large tangents: what rounding leaves is measured by linear ones.
    stages.error = ErrorFunction("linear")
    scale = max(1.0, float(gain_derivatives(stages, parts, instead)[1].abs().max()))
    assert torch.allclose(g, expected_g, rtol=0, atol=1e-12 * scale)
    assert torch.allclose(h, expected_h, rtol=0, atol=1e-12 * scale)


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("case", cases.CASES)
def test_it_equals_central_differences(case, removal):
    stages, parts, instead, energy = prepared(case, removal)
    g, h = gain_derivatives(stages, parts, instead)
    n, step = len(parts), 1e-4
    ones, eye = torch.ones(n, dtype=torch.float64), torch.eye(n, dtype=torch.float64) * step
    largest = float(h.abs().max())
    for a in range(n):
        slope = (energy(ones + eye[a]) - energy(ones - eye[a])) / (2 * step)
        assert float(g[a]) == pytest.approx(float(slope), rel=1e-6, abs=1e-6 * largest)
        for b in range(n):
            corners = [energy(ones + i * eye[a] + j * eye[b]) for i in (1, -1) for j in (1, -1)]
            bend = (corners[0] - corners[1] - corners[2] + corners[3]) / (4 * step**2)
            assert float(h[a, b]) == pytest.approx(float(bend), rel=1e-5, abs=1e-5 * largest)


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("case", cases.CASES)
def test_its_diagonal_and_gradient_are_those_of_the_taylor_methods(case, removal):
    stages, parts, instead, _ = prepared(case, removal, [(0, 1)])
    g, h = gain_derivatives(stages, parts, instead)
    view = View(stages, parts, instead)
    dz = slopes(stages)
    bends = [exact_curvature(stages, dz, m, view.change(m)) for m in range(stages.network.depth)]
    assert agree(h.diagonal(), view.of_units(bends))
    assert agree(-g, method("taylor1").scores(view).estimate)


@pytest.mark.parametrize("case", [((3, 4, 5), 2, "sigmoid", "softmax", "half_squared"), cases.CASES[0]])
def test_blocks_of_samples_change_nothing_but_rounding(case, monkeypatch):
    stages, parts, instead, _ = prepared(case, "mean", samples=41)
    whole = gain_derivatives(stages, parts, instead)
    for numbers in (1, 420):
        monkeypatch.setattr("study.impact.gain_hessian.BLOCKS", {"cpu": numbers})
        blocks = gain_derivatives(stages, parts, instead)
        assert all(agree(x, y) for x, y in zip(blocks, whole, strict=True))
    monkeypatch.undo()
    monkeypatch.setattr("study.impact.gain_hessian.STRIP", 2)
    assert all(agree(x, y) for x, y in zip(gain_derivatives(stages, parts, instead), whole, strict=True))


def test_units_come_in_the_order_that_is_asked_for():
    stages, parts, instead, _ = prepared(((4, 3), 2, "tanh", "sigmoid", "half_squared"))
    g, h = gain_derivatives(stages, parts, instead)
    some = torch.tensor([5, 0, 3])
    g_some, h_some = gain_derivatives(stages, parts[some], instead)
    assert torch.equal(g_some, g[some])
    assert torch.equal(h_some, h[some][:, some])


def test_one_hidden_layer_has_the_closed_form():
    """H_ab = sum_n d_a d_b w_a' (d2E_n/dz2) w_b, by a loop over samples and the outputs' Hessian by autograd."""
    stages, parts, instead, _ = prepared(((4,), 3, "sigmoid", "softmax", "half_squared"), "mean", samples=6)
    w = stages.network.weights[1]
    expected = torch.zeros(4, 4, dtype=torch.float64)
    for n in range(6):
        t, d = stages.t[:, n], stages.h[0][:, n] - instead.layers[0].constants
        bend = torch.func.hessian(lambda z, t=t: 0.5 * ((torch.softmax(z, 0) - t) ** 2).sum())(stages.z[-1][:, n])
        expected += torch.outer(d, d) * (w.T @ bend @ w)
    assert agree(gain_derivatives(stages, parts, instead)[1], expected)
