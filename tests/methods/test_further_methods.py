"""Gauss-Newton, curvature, Fisher, output energy, OBS, Skeletonization: autograd, closed forms, what bounds what."""

import pytest
import torch
from torch.autograd.functional import jacobian

from study.common.errors import StudyError
from study.impact import Stages
from study.impact.stages import replacement
from study.methods import View, method
from study.networks import ErrorFunction, Network
from tests import cases


def view_of(net, rows, error="half_squared", removal="zero", **kwargs):
    stages = Stages(net, rows, ErrorFunction(net.output, error))
    return View(stages, cases.units(net), replacement(removal, stages), **kwargs)


def drawn(case, **kwargs):
    hidden, outputs, activation, output, error = case
    net, rows = cases.network(hidden, outputs, activation, output), cases.rows(30, 3, outputs)
    return net, rows, view_of(net, rows, error, **kwargs)


def logits(net, rows, gains):
    """Pre-activations of the outputs, differentiable in the gains of all units, shape (samples, outputs)."""
    act = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": torch.nn.functional.softplus}
    h, start = rows.inputs, 0
    for m, n in enumerate(net.hidden):
        h = act[net.activations[m]](h @ net.weights[m].T + net.biases[m]) * gains[start : start + n]
        start += n
    return h @ net.weights[-1].T + net.biases[-1]


def outputs(net, rows, gains):
    z = logits(net, rows, gains)
    return {"sigmoid": torch.sigmoid, "softmax": lambda x: torch.softmax(x, 1), "linear": lambda x: x}[net.output](z)


def all_on(net):
    return torch.ones(sum(net.hidden), dtype=torch.float64)


@pytest.mark.parametrize("case", cases.CASES)
def test_gauss_newton_is_the_squared_jacobian_of_linearised_outputs(case):
    net, rows, view = drawn(case)
    found = method("gauss_newton").scores(view)
    if case[-1] == "cross_entropy":
        o, J = outputs(net, rows, all_on(net)), jacobian(lambda g: logits(net, rows, g), all_on(net))
        fisher = torch.diag_embed(o) - o[:, :, None] * o[:, None, :]
        curvature = torch.einsum("nik,nij,njk->k", J, fisher, J)
    else:
        curvature = jacobian(lambda g: outputs(net, rows, g), all_on(net)).square().sum((0, 1))
    assert torch.allclose(2 * found.curvature, curvature, rtol=1e-9, atol=1e-12)
    assert (found.curvature >= 0).all()
    assert torch.equal(found.first_order, method("taylor1").scores(view).estimate)
    assert torch.equal(found.estimate, found.first_order + found.curvature)
    exact = method("taylor2_exact").scores(view)
    assert found.forward_passes == exact.forward_passes
    last = view.parts.layer == net.depth - 1
    same = torch.isclose(found.estimate, exact.estimate, rtol=1e-9, atol=1e-12)
    if net.output == "linear" or case[-1] == "cross_entropy":
        assert same[last].all()  # nothing that bends lies behind them
        assert not same[~last].any()
    else:
        assert not same.all()


def test_gauss_newton_equals_the_exact_second_derivative_where_all_that_follows_is_linear():
    net = cases.network((5, 4, 3), 2, "sigmoid", "linear")
    net = Network(net.weights, net.biases, ("sigmoid", "linear", "linear"), "linear")
    view = view_of(net, cases.rows(30, 3, 2))
    one, other = (method(name).scores(view).estimate for name in ("gauss_newton", "taylor2_exact"))
    assert torch.allclose(one, other, rtol=1e-11)


@pytest.mark.parametrize("removal", ["zero", "mean", "compensate"])
@pytest.mark.parametrize("case", cases.CASES)
def test_the_curvature_is_that_of_the_exact_second_derivative(case, removal):
    *_, view = drawn(case, removal=removal)
    found, exact = method("curvature").scores(view), method("taylor2_exact").scores(view)
    for values in (found.score, found.estimate, found.curvature):
        assert torch.equal(values, exact.curvature)
    assert found.first_order is None


@pytest.mark.parametrize("case", cases.CASES)
def test_the_curvature_equals_autograd(case):
    net, rows, view = drawn(case)

    def energy(values):
        return cases.plain_error(net, rows, case[-1], list(values.split(net.hidden)))

    bend = torch.func.hessian(energy)(all_on(net)).diagonal()
    assert torch.allclose(2 * method("curvature").scores(view).estimate, bend, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("case", cases.CASES)
def test_fisher_squares_the_gradient_of_every_single_sample(case):
    net, rows, view = drawn(case)
    found = method("fisher").scores(view)
    one_by_one = torch.zeros(sum(net.hidden), dtype=torch.float64)

    def energy(values, row):
        return cases.plain_error(net, row, case[-1], list(values.split(net.hidden)))

    for n in range(len(rows)):
        one_by_one += torch.func.grad(energy)(all_on(net), rows.rows(torch.tensor([n]))) ** 2 / 2
    assert torch.allclose(found.score, one_by_one, rtol=1e-10, atol=1e-14)
    if case[-1] == "cross_entropy":
        assert torch.equal(found.estimate, found.score)
    else:
        assert found.estimate is None


@pytest.mark.parametrize("case", cases.CASES)
@pytest.mark.parametrize("removal", ["zero", "mean"])
def test_skeletonization_is_the_slope_of_the_linear_error(case, removal):
    net, rows, view = drawn(case, removal=removal)
    found = method("skeletonization").scores(view)
    assert found.estimate is None
    linear, step = [], 1e-6
    for m, k in view.parts:
        at = []
        for gain in (1 - step, 1 + step):
            gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
            gains[m][k] = gain
            moved = view.replacement.at(m, k).into(net, m, k, share=1 - gain)
            at.append(float((moved(rows.inputs, gains) - rows.targets).abs().sum()))
        linear.append((at[1] - at[0]) / (2 * step))
    assert torch.allclose(found.score, -torch.tensor(linear, dtype=torch.float64), rtol=1e-6, atol=1e-7)


def test_an_output_on_its_target_counts_nothing():
    z, t = torch.tensor([[2.0], [1.0]], dtype=torch.float64), torch.tensor([[2.0], [3.0]], dtype=torch.float64)
    assert ErrorFunction("linear").linear_gradient(z, t).tolist() == [[0.0], [-1.0]]


def changed_pre_activations(net, rows, layer, unit, replacement):
    """Mean squared change of the next pre-activations, summed over its units, when a unit is really taken out."""
    after = replacement.at(layer, unit).into(net, layer, unit)
    h = Stages(net, rows, ErrorFunction(net.output)).h[layer]
    without = h.clone()
    without[unit] = 0.0
    change = net.pre_activation(layer + 1, h) - after.pre_activation(layer + 1, without)
    return float(change.square().sum(0).mean())


@pytest.mark.parametrize("case", cases.CASES)
@pytest.mark.parametrize("removal", ["zero", "mean", "compensate"])
def test_the_output_energy_is_what_the_next_pre_activations_lose(case, removal):
    net, rows, view = drawn(case, removal=removal)
    found = method("output_energy").scores(view)
    for i, (m, k) in enumerate(view.parts):
        lost = changed_pre_activations(net, rows, m, k, view.replacement)
        assert float(found.score[i]) == pytest.approx(lost, rel=1e-9, abs=1e-13)
    assert found.estimate is None


@pytest.mark.parametrize("case", cases.CASES)
def test_obs_is_what_the_compensated_removal_leaves_whatever_the_removal(case):
    net, rows, view = drawn(case)
    score = method("obs").scores(view).score
    compensated = drawn(case, removal="compensate")[2]
    assert torch.allclose(score, method("output_energy").scores(compensated).score, rtol=1e-9, atol=1e-14)
    assert torch.equal(score, method("obs").scores(drawn(case, removal="mean")[2]).score)
    for i, (m, k) in enumerate(view.parts):
        lost = changed_pre_activations(net, rows, m, k, compensated.replacement)
        assert float(score[i]) == pytest.approx(lost, rel=1e-9, abs=1e-13)


def test_obs_is_the_saliency_of_optimal_brain_surgeon_summed_over_the_outgoing_weights():
    net, rows = cases.network((5,), 3), cases.rows(60, 3, 3)
    view = view_of(net, rows)
    covariance = torch.cov(view.stages.h[0], correction=0)
    saliency = (net.weights[1] ** 2 / torch.linalg.inv(covariance).diagonal()).sum(0)
    assert torch.allclose(method("obs", damping=1e-12).scores(view).score, saliency, rtol=1e-6)


@pytest.mark.parametrize("case", cases.CASES)
def test_free_weights_leave_no_more_than_a_free_bias_and_that_no_more_than_nothing(case):
    least = method("obs").scores(drawn(case)[2]).score
    variance = method("output_energy").scores(drawn(case, removal="mean")[2]).score
    energy = method("output_energy").scores(drawn(case)[2]).score
    assert (least <= variance).all()
    assert (variance <= energy).all()
    assert (least < 0.9 * energy).any()


@pytest.mark.parametrize("name", ["gauss_newton", "curvature", "fisher", "skeletonization"])
def test_sums_over_samples_are_in_units_of_the_pruning_rows(name):
    net, rows = cases.network((5, 4), 3), cases.rows(41, 3, 3)
    once, scaled = (method(name).scores(view_of(net, rows, scale=s)).score for s in (1.0, 4.0))
    assert torch.allclose(scaled, 4 * once, rtol=1e-14)
    parts = [torch.arange(0, 13), torch.arange(13, 41)]
    summed = sum(method(name).scores(view_of(net, rows.rows(p))).score for p in parts)
    assert torch.allclose(once, summed, rtol=1e-11, atol=1e-13)


def test_a_damping_that_is_none_is_refused():
    with pytest.raises(StudyError, match=r"damping=0: a number above 0"):
        method("obs", damping=0)
