"""E as a quadratic in the gains: what gradient and Hessian say of removing several units."""

import math
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.impact import Stages, gain_derivatives, gain_slopes, unit_errors
from study.impact.stages import replacement
from study.networks import ErrorFunction
from study.networks.parts import Parts
from tests import cases


def of(net, data, error="half_squared", removal="zero"):
    stages = Stages(net, data, ErrorFunction(net.output, error))
    instead = replacement(removal, stages)
    return stages, instead, *gain_derivatives(stages, cases.units(net), instead)


def test_the_linear_network_is_known_in_every_part():
    # E = 1/2 ((2 alpha_a - 2)^2 + (1 - 2 alpha_b)^2), and c does nothing
    *_, slope, hessian = of(cases.LINEAR, cases.LINEAR_ROWS)
    assert slope.tolist() == [0.0, 2.0, 0.0]
    assert hessian.tolist() == [[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]]


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["sigmoid", "tanh", "relu", "softplus", "linear"]),
    st.sampled_from(["zero", "mean"]),
    st.data(),
)
def test_with_one_hidden_layer_and_linear_outputs_it_is_the_error_of_any_set(seed, activation, removal, draw):
    net, data = cases.network((7,), 2, activation, "linear", seed=seed), cases.rows(20, 3, 2, seed)
    stages, instead, slope, hessian = of(net, data, removal=removal)
    gone = draw.draw(st.lists(st.integers(0, 6), unique=True, max_size=6))
    start, there = stages.total(), stages.copy()
    for k in gone:
        there.remove(0, k, instead.at(0, k))
    scale = max(start, there.total(), float(hessian.abs().sum()))
    change = float(-slope[gone].sum() + hessian[gone][:, gone].sum() / 2)
    assert math.isclose(change, there.total() - start, rel_tol=0, abs_tol=1e-12 * scale)
    left = torch.tensor([k for k in range(7) if k not in gone], dtype=torch.int64)
    measured = gain_slopes(there, Parts(torch.zeros_like(left), left), instead)
    assert torch.allclose(measured, (slope - hessian[:, gone].sum(1))[left], rtol=0, atol=1e-12 * scale)


def test_off_diagonal_parts_are_what_the_pairs_of_small_changes_miss():
    """H_jk is the mixed second difference of E, by the oracle: both units a little down, less each alone."""
    net, data = cases.network((4, 3), 2, "sigmoid", "softmax"), cases.rows(20, 3, 2)
    stages, instead, _, hessian = of(net, data, "cross_entropy")
    parts = cases.units(net)
    step = 1e-3
    for a, b in combinations(range(7), 2):
        gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
        layer, unit = parts.at(a)
        gains[layer][unit] = 1 - step
        lowered = Stages(net, data, stages.error, gains)
        pair, alone = (float(unit_errors(s, parts[b : b + 1], instead, 1 - step)) for s in (lowered, stages))
        mixed = (pair - lowered.total() - alone + stages.total()) / step**2
        assert mixed == pytest.approx(float(hessian[a, b]), rel=2e-2, abs=2e-3)
