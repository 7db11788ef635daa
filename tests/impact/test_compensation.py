"""Compensation: the regression, what the update leaves, and that the oracle, the path and the surfaces agree on it."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.common.errors import StudyError
from study.impact import Stages, plain_errors, surface, unit_errors
from study.impact.stages import replacement
from study.methods import View, method
from study.networks import ErrorFunction, Network
from study.networks.parts import Part
from study.protocols.retrain import Retrain
from study.pruning.settings import Settings
from study.removals.base import Instead, Replacement
from study.removals.compensate import compensation, plain_compensation
from study.speed.oracle import eagerly
from study.trajectories.trajectory import prune
from tests import cases
from tests.impact.test_oracle import close


def outputs(units=6, samples=40, seed=0):
    """Outputs of correlated units, the last two of them the same, the first one constant."""
    draw = np.random.default_rng(seed)
    h = torch.from_numpy(
        draw.normal(size=(units, 3)) @ draw.normal(size=(3, samples)) + draw.normal(size=(units, samples))
    )
    h[0], h[-1] = 0.7, h[-2]
    return h


def prepared(case, gone=True):
    hidden, width, activation, output, error = case
    net, rows = cases.network(hidden, width, activation, output), cases.rows(50, 3, width)
    gains = [torch.ones(n, dtype=torch.float64) for n in hidden]
    if gone:
        gains[0][1] = gains[-1][2] = 0.0
    function = ErrorFunction(output, error)
    return net, rows, function, gains, Stages(net, rows, function, gains), cases.units(net, gains)


@pytest.mark.parametrize("damping", [1e-6, 1e-2])
def test_the_regression_equals_a_least_squares_solver(damping):
    h = outputs()
    a, c = compensation(h, damping)
    for k in range(len(h)):
        plain_a, plain_c = plain_compensation(h, k, damping)
        assert torch.allclose(a[k], plain_a, rtol=0, atol=1e-8)
        assert float(c[k]) == pytest.approx(float(plain_c), abs=1e-8)


def test_a_constant_a_duplicate_and_a_sum_are_replaced_and_an_independent_unit_is_not():
    draw = np.random.default_rng(1)
    h = torch.from_numpy(draw.normal(size=(5, 400)))
    h[0], h[2], h[3] = 3.0, h[1], 2 * h[1] - 1
    a, c = compensation(h)
    left = (h - a @ h - c[:, None]).square().mean(1)
    assert (left[:4] < 1e-9).all()
    assert float(left[4]) == pytest.approx(float(h[4].var(correction=0)), rel=0.05)
    assert a[0].abs().max() == 0
    assert float(c[0]) == 3.0
    assert not a.diagonal().any()


@pytest.mark.parametrize("h", [torch.full((3, 5), 2.0), torch.zeros(3, 1), torch.zeros(0, 4)])
def test_units_that_say_nothing_are_replaced_by_constants(h):
    a, c = compensation(h.double())
    assert a.shape == (len(h), len(h))
    assert not a.any()
    assert torch.equal(c, h.double().mean(1))


@settings(max_examples=50, deadline=None)
@given(scale=st.sampled_from([1e-150, 1e-3, 1.0, 1e4, 1e150]), shift=st.sampled_from([0.0, -2.0, 30.0]))
def test_the_regression_does_not_depend_on_the_scale_of_a_layer_nor_on_a_shift(scale, shift):
    h = outputs()
    a, c = compensation(h)
    moved_a, moved_c = compensation((h + shift) * scale)
    assert torch.allclose(moved_a, a, rtol=1e-6, atol=1e-7)
    assert torch.allclose(moved_c / scale, c + shift * (1 - a.sum(1)), rtol=1e-5, atol=1e-5)


def test_one_after_the_other_ends_where_all_at_once_does():
    # Projections: regressing on what is left, of what is left, is regressing on what is left.
    net, rows = cases.network((7,), 3), cases.rows(60, 3, 3)
    start = Stages(net, rows, ErrorFunction("sigmoid"))
    h, z = start.h[0], start.z[1]
    gone = [4, 1, 6]
    stages = start.copy()
    for k in gone:
        found, c = compensation(stages.h[0], damping=1e-13)
        a = torch.zeros(7, 7, dtype=torch.float64)
        a[stages.units[0][:, None], stages.units[0]] = found
        row = stages.rows(0, torch.tensor([k]))
        stages.remove(0, k, Instead(c[row], a[k : k + 1]))
    left = [k for k in range(7) if k not in gone]
    design = torch.cat([h[left].T, h.new_ones(60, 1)], dim=1)
    best = torch.linalg.lstsq(design, z.T, driver="gelsd").solution
    assert torch.allclose(stages.z[1].T, design @ best, rtol=0, atol=1e-6)


@pytest.mark.parametrize("case", cases.CASES)
@pytest.mark.parametrize("gain", [0.0, 0.3])
def test_the_compensated_oracle_equals_one_forward_a_unit(case, gain):
    net, rows, function, gains, stages, parts = prepared(case)
    taken_over = replacement("compensate", stages)
    plain = plain_errors(net, rows, function, gains, parts, taken_over, gain)
    assert close(unit_errors(stages, parts, taken_over, gain), plain, stages)
    with eagerly():
        assert close(unit_errors(stages, parts, taken_over, gain), plain, stages)
    without = plain_errors(net, rows, function, gains, parts, cases.zeros(net), gain)
    assert not torch.allclose(plain, without, rtol=1e-6)


def test_terms_that_are_far_larger_than_their_sum_are_summed_anew():
    net, rows = cases.network((4,), 2), cases.rows(30, 3, 2)
    weights = net.weights[1].clone()
    weights[:, 0], weights[:, 1] = 1e6, -1e6
    first = net.weights[0].clone()
    first[1] = first[0] + 1e-7
    below = net.biases[0].index_fill(0, torch.tensor([0, 1]), 0.1)
    net = Network((first, weights), (below, net.biases[1]), net.activations, "sigmoid")
    function = ErrorFunction("sigmoid")
    stages = Stages(net, rows, function)
    parts = cases.units(net)
    coefficients = torch.zeros(4, 4, dtype=torch.float64)
    coefficients[0, 2] = coefficients[1, 3] = 0.5
    taken_over = Replacement((Instead(torch.full((4,), 0.1, dtype=torch.float64), coefficients),))
    gains = [torch.ones(4, dtype=torch.float64)]
    plain = plain_errors(net, rows, function, gains, parts, taken_over)
    assert torch.allclose(unit_errors(stages, parts, taken_over), plain, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("case", cases.CASES)
def test_the_taylor_estimates_are_derivatives_of_the_compensated_surface(case):
    _, _, _, _, stages, parts = prepared(case)
    view = View(stages, parts, replacement("compensate", stages))
    first, exact = (method(name).scores(view).estimate for name in ("taylor1", "taylor2_exact"))
    truth = method("brute_force").scores(view).estimate
    step = 1e-4
    for i, (m, k) in enumerate(parts):
        gains = torch.tensor([1 - step, 1.0, 1 + step, 0.0], dtype=torch.float64)
        low, here, high, none = surface(stages, Part(m, k), view.replacement.at(m, k), gains).tolist()
        slope, bend = (high - low) / (2 * step), (high - 2 * here + low) / step**2
        assert float(first[i]) == pytest.approx(-slope, rel=1e-6, abs=1e-7)
        assert float(exact[i]) == pytest.approx(-slope + bend / 2, rel=1e-5, abs=2e-6)
        assert float(truth[i]) == pytest.approx(none - here, rel=1e-9, abs=1e-11)


def test_an_interpolated_compensated_surface_equals_the_plain_one():
    from study.impact.surfaces import plain_surface

    _, _, _, _, stages, *_ = prepared(cases.CASES[3])
    gains = torch.linspace(0, 10, 1001, dtype=torch.float64)
    at = (stages, Part(0, 0), replacement("compensate", stages).at(0, 0), gains)
    assert torch.allclose(surface(*at), plain_surface(*at), rtol=0, atol=1e-11)


@pytest.mark.parametrize("ranking", ["single_overall", "iterative"])
@pytest.mark.parametrize("selection", ["pruning", "held_out"])
@pytest.mark.parametrize("case", [cases.CASES[0], cases.CASES[4], cases.CASES[6]])
def test_a_path_is_that_of_the_recorded_networks_and_impacts_are_its_steps(case, selection, ranking):
    hidden, width, activation, output, error = case
    net, data = cases.network(hidden, width, activation, output), cases.dataset(outputs=width)
    settings = {"removal": "compensate", "error": error, "selection": selection}
    result = prune(net, data, "taylor2_exact", ranking, surfaces_every=1, **settings)
    path = result.trajectory
    for k, (gains, masked) in enumerate(result.path):
        small = result.network_after(k)
        assert sum(small.hidden) == sum(hidden) - k
        assert torch.allclose(small(data.held_out.inputs), masked(data.held_out.inputs, gains), rtol=0, atol=1e-12)
        for split in ("pruning", "held_out"):
            plain = float(cases.plain_error(masked, data.splits[split], error, gains))
            assert path[f"error_{split}"][k] == pytest.approx(plain, rel=1e-10)
    impacts = result.impacts.set_index(["event", "layer", "unit"])["impact"]
    surfaces = result.surfaces.set_index(["event", "gain"])["error"]
    for k, (layer, unit) in enumerate(path[["layer", "unit"]].to_numpy()[1:]):
        rise = path["error_pruning"][k + 1] - path["error_pruning"][k]
        assert impacts[k, layer, unit] == pytest.approx(rise, rel=1e-8, abs=1e-10)
        assert surfaces[k, 0.0] == pytest.approx(path["error_pruning"][k + 1], rel=1e-10)


def test_brute_force_takes_the_unit_whose_compensated_removal_costs_least():
    net, data = cases.network((5, 4), 3), cases.dataset()
    result = prune(net, data, "brute_force", removal="compensate")
    assert (result.agreement["regret"] == 0).all()
    assert np.allclose(
        result.tables["events"]["estimate"][1:], result.trajectory["error_pruning"].diff()[1:], rtol=1e-8
    )
    start = {}
    for m, k in itertools.chain(((0, k) for k in range(5)), ((1, k) for k in range(4))):
        stages = Stages(net, data.pruning, ErrorFunction("sigmoid"))
        stages.remove(m, k, replacement("compensate", stages).at(m, k))
        start[m, k] = stages.total()
    first = result.tables["events"].iloc[1]
    assert (first["layer"], first["unit"]) == min(start, key=start.get)
    assert result.trajectory["error_pruning"][1] == pytest.approx(min(start.values()), rel=1e-12)


def test_a_network_with_a_spare_unit_loses_it_for_nothing_under_compensation_only():
    net = cases.network((5,), 3)
    weights, biases = [w.clone() for w in net.weights], [b.clone() for b in net.biases]
    weights[0][3], biases[0][3] = weights[0][1], biases[0][1]
    net = Network(tuple(weights), tuple(biases), net.activations, net.output)
    impacts = {}
    for removal in ("zero", "mean", "compensate"):
        start = prune(net, cases.dataset(), "brute_force", removal=removal).impacts.query("event == 0")
        impacts[removal] = start["impact"].abs().to_numpy()
    assert (impacts["compensate"][[1, 3]] < 1e-4).all()
    assert (impacts["compensate"][[0, 2, 4]] > 1e-3).all()
    assert (impacts["zero"] > 1e-3).all()
    assert (impacts["mean"] > 1e-3).all()


def test_retraining_starts_from_the_compensated_weights():
    net, data = cases.network((5, 4), 3), cases.dataset()
    once = {"removal": "compensate", "method": "magnitude"}
    plain, trained = (prune(net, data, protocol=p, **once) for p in ("no_retrain", Retrain(every=0.3)))
    assert trained.trajectory["error_pruning"][:3].tolist() == plain.trajectory["error_pruning"][:3].tolist()
    nothing = prune(net, data, protocol=Retrain(epochs=0), **once)
    assert nothing.trajectory["error_pruning"].tolist() == plain.trajectory["error_pruning"].tolist()
    for k, (gains, network) in enumerate(trained.path):
        left = float(cases.plain_error(network, data.pruning, "half_squared", gains))
        assert trained.trajectory["error_pruning"][k] == pytest.approx(left, rel=1e-10)


def test_what_does_not_go_together_is_refused():
    for what in ("pairs", "reinsertion"):
        with pytest.raises(StudyError, match="removal zero or mean"):
            Settings(removal="compensate", **{what: True})
    for damping in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(StudyError, match=f"damping={damping}"):
            compensation(outputs(), damping)
        with pytest.raises(StudyError, match="damping"):
            method("obs", damping=damping)
