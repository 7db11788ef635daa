"""Filters as units: the oracle against plain forward passes, derivatives against autograd and finite differences."""

import pytest
import torch

from study.common.errors import StudyError
from study.impact import Stages, gain_derivatives, gain_slopes, plain_errors, surface, unit_errors
from study.impact.coalitions import marginals, plain_marginals
from study.impact.derivatives import diagonal_curvatures, exact_curvature, slopes
from study.impact.pairs import pair_errors
from study.impact.reinsertion import reinserted_errors
from study.impact.stages import by_blocks, ones, replacement
from study.impact.surfaces import plain_surface
from study.methods import View, method, names
from study.networks import ErrorFunction
from study.networks.parts import Part, Parts
from study.trajectories.trajectory import prune
from tests import cases
from tests.impact.test_gain_hessian import agree, by_autograd, pruned
from tests.impact.test_oracle import close


def prepared(case, removal="zero", removed=(), samples=20, seed=0):
    """The network and its rows, and what `pruned` says of them with some units gone."""
    net = cases.filters(case, seed)
    data = cases.rows(samples, net.features, case[3], seed)
    return net, data, *pruned(net, data, case[6], removal, removed)


@pytest.mark.parametrize("case", cases.FILTERS)
@pytest.mark.parametrize("gain", [0.0, 0.3])
@pytest.mark.parametrize("removal", ["zero", "mean", "compensate"])
@pytest.mark.parametrize("far", [1e2, 0.0])
def test_the_general_path_equals_one_forward_a_unit(case, gain, removal, far, monkeypatch):
    monkeypatch.setattr("study.impact.cached.FAR", far)  # 0: the next layer is always summed anew
    net, data, gains, stages, parts, *_ = prepared(case, "zero", [(0, 1)])
    instead = replacement(removal, stages)
    fast = unit_errors(stages, parts, instead, gain)
    plain = plain_errors(net, data, stages.error, gains, parts, instead, gain)
    assert close(fast, plain, stages)
    monkeypatch.setattr("study.impact.stages.BLOCKS", {"cpu": 100})
    assert close(unit_errors(stages, parts, instead, gain), plain, stages)


@pytest.mark.parametrize("case", cases.FILTERS)
@pytest.mark.parametrize("quick", [False, True])
def test_removal_step_by_step_equals_a_fresh_forward_pass_down_to_nothing(case, quick):
    net, error = cases.filters(case), ErrorFunction(case[5], case[6])
    data = cases.rows(11, net.features, case[3])
    stages, gains, now = Stages(net, data, error), ones(net), net
    order = [(m, k) for m, n in enumerate(net.hidden) for k in range(n)]
    for m, k in order[::2] + order[1::2]:
        stages.remove(m, k, cases.instead(0.2), quick=quick)
        gains[m][k], now = 0.0, now.absorb(m, k, 0.2)
        assert stages.total() == pytest.approx(
            float(error.total(now.logits(data.inputs, gains), data.targets.T)), 1e-11
        )
        fresh = Stages(now, data, error, gains)
        assert torch.allclose(fresh.z[-1], stages.z[-1], atol=1e-11)
        assert torch.allclose(Stages(now, data, error).at(gains).z[-1], stages.z[-1], atol=1e-11)


@pytest.mark.parametrize("case", cases.FILTERS[:3])
def test_surfaces_pairs_coalitions_and_reinsertion_equal_plain_passes(case):
    net, data, gains, stages, parts, instead, _ = prepared(case, "mean", samples=12)
    error = stages.error
    grid = torch.linspace(0, 4, 41, dtype=torch.float64)
    for m in range(net.depth):
        drawn = surface(stages, Part(m, 1), instead.at(m, 1), grid)
        here = Parts.of([(m, 1)])
        plain = torch.cat([plain_errors(net, data, error, gains, here, instead, float(g)) for g in grid])
        assert torch.allclose(drawn, plain, rtol=1e-12)
        assert torch.allclose(plain_surface(stages, Part(m, 1), instead.at(m, 1), grid), plain, rtol=1e-12)
    pairs, both = pair_errors(net, data, error, instead)
    for (a, b), e in zip(pairs.tolist()[::7], both.tolist()[::7], strict=True):
        without, left = net, ones(net)
        for i in (a, b):
            m, k = parts.at(i)
            without, left[m][k] = instead.at(m, k).into(without, m, k), 0.0
        assert e == pytest.approx(float(error.total(without.logits(data.inputs, left), data.targets.T)), 1e-11)
    orders = torch.stack([torch.randperm(len(parts), generator=torch.Generator().manual_seed(s)) for s in range(2)])
    found = marginals(stages, parts, instead, orders)
    assert torch.allclose(found, plain_marginals(net, data, error, gains, parts, instead, orders), rtol=0, atol=1e-10)
    at = Parts.of([(0, 1)])
    left = ones(net)
    left[0][1] = 0.0
    back = reinserted_errors(net.absorb(0, 1, 0.4), data, error, left, at, cases.instead(0.4))
    assert back.item() == pytest.approx(stages.total(), 1e-12)


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("removed", [(), ((0, 0), (1, 1))])
@pytest.mark.parametrize("case", cases.FILTERS)
def test_gradient_and_hessian_equal_autograd(case, removed, removal, monkeypatch):
    *_, stages, parts, instead, energy = prepared(case, removal, removed)
    expected_g, expected_h = by_autograd(energy, len(parts))
    g, h = gain_derivatives(stages, parts, instead)
    assert agree(g, expected_g)
    assert agree(h, expected_h)
    assert agree(gain_slopes(stages, parts, instead), expected_g)
    view = View(stages, parts, instead)
    dz = slopes(stages)
    for block in (1 << 19, 1):
        monkeypatch.setattr("study.impact.stages.BLOCKS", {"cpu": block})
        bends = [exact_curvature(stages, dz, m, view.change(m)) for m in range(stages.network.depth)]
        assert agree(view.of_units(bends), expected_h.diagonal())
    assert agree(-method("taylor1").scores(view).estimate, expected_g)
    monkeypatch.setattr("study.impact.gain_hessian.BLOCKS", {"cpu": 1})
    assert agree(gain_derivatives(stages, parts, instead)[1], expected_h)


@pytest.mark.parametrize("case", cases.FILTERS)
def test_gradient_and_curvature_equal_central_differences(case):
    *_, stages, parts, instead, energy = prepared(case, "mean")
    scores, step = method("taylor2_exact").scores(View(stages, parts, instead)), 1e-4
    start = torch.ones(len(parts), dtype=torch.float64)
    at = float(energy(start))
    for i in range(len(parts)):
        there = torch.zeros_like(start)
        there[i] = step
        up, down = float(energy(start + there)), float(energy(start - there))
        assert -float(scores.first_order[i]) == pytest.approx((up - down) / (2 * step), rel=1e-5, abs=1e-7)
        assert 2 * float(scores.curvature[i]) == pytest.approx((up + down - 2 * at) / step**2, rel=1e-4, abs=1e-5)


@pytest.mark.parametrize("case", cases.FILTERS)
def test_gauss_newton_squares_tangents(case):
    """J'HJ with J by forward-mode differentiation of the outputs' pre-activations, and H linearised."""
    net, _, _, stages, parts, instead, _ = prepared(case)
    found = method("gauss_newton").scores(View(stages, parts, instead)).curvature
    for i, (m, k) in enumerate(parts):
        h = stages.h[m].clone()
        h[k] = 0.0
        z = stages.network.pre_activation(m + 1, h)
        direction = stages.z[m + 1] - z
        above = net.operator(m + 1)
        assert torch.allclose(above.effects(torch.tensor([k]), stages.h[m][k : k + 1])[0], direction, atol=1e-12)
        _, tangent = torch.func.jvp(lambda z, m=m: net.above(m + 1, z.clone()), (stages.z[m + 1],), (direction,))
        expected = 0.5 * stages.error.quadratic(stages.z[-1], stages.t, tangent, gauss_newton=True).sum()
        assert float(found[i]) == pytest.approx(float(expected), rel=1e-10, abs=1e-13)


def test_the_diagonal_recursion_is_that_of_the_dense_network_with_the_same_matrices():
    """Positions as units of a dense stack: the recursion keeps each one's own term and drops what is between them."""
    case = cases.FILTERS[1]
    *_, stages, parts, instead, _ = prepared(case)
    dz = slopes(stages)
    ddz = diagonal_curvatures(stages, dz)
    net, samples = stages.network, stages.samples
    maps = net.maps(0)
    h = stages.h[0].reshape(3, maps.positions, samples)
    w = net.operator(1).by_unit
    do, ddo = (torch.einsum("iup,is->ups", x, d) for x, d in ((w, dz[0]), (w**2, ddz[0])))
    expected = (h * h * ddo).sum((1, 2))
    view = View(stages, parts, instead)
    found = method("taylor2").scores(view)
    assert torch.allclose(2 * found.curvature[:3], expected, rtol=1e-12)
    assert torch.allclose(-found.first_order[:3], (h * do).sum((1, 2)), rtol=1e-12)
    two = prepared(cases.FILTERS[0])[3]  # through a pooled layer: dE/do shared by four, its curvature by sixteen
    below = diagonal_curvatures(two, slopes(two))
    assert [x.shape for x in below] == [z.shape for z in two.z[1:]]


def test_fisher_sums_positions_before_it_squares():
    *_, stages, parts, instead, _ = prepared(cases.FILTERS[0])
    found = method("fisher").scores(View(stages, parts, instead)).score
    squares = torch.zeros(len(parts), dtype=torch.float64)
    for n in range(stages.samples):
        one = stages.part(slice(n, n + 1))
        squares += 0.5 * gain_slopes(one, parts, instead) ** 2
    assert torch.allclose(found, squares, rtol=1e-12)


@pytest.mark.parametrize("removal", ["zero", "mean", "compensate"])
@pytest.mark.parametrize("name", names())
def test_every_method_prunes_filters_or_says_why_not(name, removal):
    data = cases.dataset(20, 36, 3)
    net = cases.filters(cases.FILTERS[0])
    if name.endswith("as_implemented"):
        with pytest.raises(StudyError, match="cannot rank the filters"):
            prune(net, data, name, removal=removal)
        return
    if name == "quadratic_once" and removal == "compensate":
        with pytest.raises(StudyError, match="not with compensate"):
            prune(net, data, name, removal=removal)
        return
    result = prune(net, data, name, removal=removal, truth_every=3, surfaces_every=5)
    assert len(result.trajectory) == sum(net.hidden) + 1
    assert result.trajectory["parameters_left"].iloc[-1] == 3
    assert result.trajectory["multiply_adds_left"].is_monotonic_decreasing
    gains, after = result.path[4]
    assert result.network_after(4).hidden == tuple(int(g.sum()) for g in gains)
    again = float(ErrorFunction("softmax").total(after.logits(data.pruning.inputs, gains), data.pruning.targets.T))
    assert result.trajectory["error_pruning"][4] == pytest.approx(again, rel=1e-10)


def test_blocks_hold_every_sample_once():
    *_, stages, _, _, _ = prepared(cases.FILTERS[0], samples=23)
    for each in (1, 10**6):
        slices = [here for here, _ in by_blocks(stages, 0, each)]
        assert [n for s in slices for n in range(s.start, s.stop)] == list(range(23))
