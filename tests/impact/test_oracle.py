"""The oracle: closed forms, and the fast path against the plain reference."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.impact import Stages, plain_errors, surface, unit_errors
from study.impact.cached import BLOCK
from study.networks import ErrorFunction, Network
from tests import cases


def close(fast: torch.Tensor, plain: torch.Tensor, start: float) -> bool:
    return bool(((fast - plain).abs() <= 1e-12 * plain.clamp(min=start)).all())


def test_impacts_of_the_linear_network_are_known():
    stages = Stages(cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear"))
    layer, unit = cases.units(cases.LINEAR)
    assert stages.total() == 0.5
    assert unit_errors(stages, layer, unit, cases.zeros(cases.LINEAR)).tolist() == [2.5, 0.5, 0.5]


def test_the_error_surface_of_the_linear_network_is_its_parabola():
    stages = Stages(cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear"))
    gains = torch.tensor([0.0, 0.5, 1.0, 3.0], dtype=torch.float64)
    # E(a) = 1/2 ((2 a - 2)^2 + 1)
    assert surface(stages, 0, 0, 0.0, gains).tolist() == [2.5, 1.0, 0.5, 8.5]


@pytest.mark.parametrize("case", cases.CASES)
@pytest.mark.parametrize("gain", [0.0, 0.3])
@pytest.mark.parametrize("mean", [False, True])
def test_the_cached_oracle_equals_one_forward_a_unit(case, gain, mean):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.rows(50, 3, outputs)
    gains = [torch.ones(n, dtype=torch.float64) for n in hidden]
    gains[0][1] = gains[-1][2] = 0.0
    stages = Stages(net, data, ErrorFunction(output, error), gains)
    constants = [h.mean(1) for h in stages.h] if mean else cases.zeros(net)
    layer, unit = cases.units(net, gains)
    fast = unit_errors(stages, layer, unit, constants, gain)
    plain = plain_errors(net, data, ErrorFunction(output, error), gains, layer, unit, constants, gain)
    assert close(fast, plain, stages.total())


@settings(max_examples=150, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    outputs=st.integers(1, 4),
    activation=st.sampled_from(["sigmoid", "tanh", "relu", "softplus"]),
    kind=st.sampled_from(
        [
            ("sigmoid", "half_squared"),
            ("linear", "half_squared"),
            ("softmax", "half_squared"),
            ("softmax", "cross_entropy"),
        ]
    ),
    gain=st.sampled_from([0.5, 3.0, 600.0]),
    samples=st.integers(1, 40),
    seed=st.integers(0, 10**6),
    dead=st.booleans(),
)
def test_any_network_saturated_dead_and_duplicate_units_included(
    hidden, outputs, activation, kind, gain, samples, seed, dead
):
    # Pre-activations beyond +-700 saturate bounded units; products of that size from unbounded ones would round by more
    # than 1e-12 in any order of summation, the reference's included.
    gain = gain if activation in ("sigmoid", "tanh") else min(gain, 3.0)
    net = cases.network(hidden, outputs, activation, kind[0], seed=seed, gain=gain)
    weights = [w.clone() for w in net.weights]
    if dead:
        weights[-1][:, 0] = 0.0  # a dead unit, and a duplicate of the last one where there is room
        if hidden[-1] > 2:
            weights[-2][-2], weights[-1][:, -2] = weights[-2][-1], weights[-1][:, -1]
    net = Network(tuple(weights), net.biases, net.activations, net.output)
    data, error = cases.rows(samples, 3, outputs, seed), ErrorFunction(*kind)
    stages = Stages(net, data, error)
    layer, unit = cases.units(net)
    constants = cases.zeros(net)
    fast = unit_errors(stages, layer, unit, constants)
    plain = plain_errors(net, data, error, stages.gains, layer, unit, constants)
    assert close(fast, plain, stages.total())


def test_blocks_of_samples_and_units_change_nothing():
    net, data = cases.network((40, 30), 2), cases.rows(BLOCK // 20, 3, 2)
    stages = Stages(net, data, ErrorFunction("sigmoid"))
    layer, unit = torch.tensor([0, 0, 1]), torch.tensor([3, 39, 7])
    plain = plain_errors(net, data, ErrorFunction("sigmoid"), stages.gains, layer, unit, cases.zeros(net))
    assert close(unit_errors(stages, layer, unit, cases.zeros(net)), plain, stages.total())


def test_removal_step_by_step_equals_a_fresh_forward_pass():
    net, data = cases.network((5, 4), 3), cases.rows(30, 3, 3)
    stages = Stages(net, data, ErrorFunction("sigmoid"))
    for layer, unit in [(1, 2), (0, 0), (0, 4), (1, 0)]:
        stages.remove(net, layer, unit)
        fresh = Stages(net, data, ErrorFunction("sigmoid"), stages.gains)
        for a, b in zip((*stages.z, *stages.h), (*fresh.z, *fresh.h), strict=True):
            assert torch.equal(a, b)
