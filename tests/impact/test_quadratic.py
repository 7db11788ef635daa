"""The quadratic in the gains and what is measured beside it along an order of removal."""

import math
from itertools import combinations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.errors import StudyError
from study.impact import Quadratic, Stages, gain_slopes, unit_errors, waypoints
from study.networks import ErrorFunction
from study.pruning import constants as constants_of
from tests import cases


def of(net, data, error="half_squared", removal="zero"):
    stages = Stages(net, data, ErrorFunction(net.output, error))
    constants = constants_of(stages, removal)
    return stages, constants, Quadratic.of(stages, *cases.units(net), constants)


def test_the_linear_network_is_known_in_every_part():
    # E = 1/2 ((2 alpha_a - 2)^2 + (1 - 2 alpha_b)^2), and c does nothing
    *_, e = of(cases.LINEAR, cases.LINEAR_ROWS)
    assert e.slope.tolist() == [0.0, 2.0, 0.0]
    assert e.hessian.tolist() == [[4.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 0.0]]
    both = e.parts([(0, 0), (0, 1)])
    assert (both.first_order, both.diagonal, both.off_diagonal, both.total) == (-2.0, 4.0, 0.0, 2.0)
    assert (e.off_diagonal_share, e.first_order_share) == (0.0, 2 / (2 + 4))
    assert e.slopes_without([(0, 1)]).tolist() == [0.0, -2.0, 0.0]


def test_two_units_that_do_the_same_share_half_of_their_curvature():
    net = cases.LINEAR
    twice = type(net)((torch.ones(2, 3), torch.ones(1, 2)), (torch.zeros(2), torch.zeros(1)), ("linear",), "linear")
    *_, e = of(twice, cases.LINEAR_ROWS)
    assert e.off_diagonal_share == 0.5
    parts = e.parts([(0, 0), (0, 1)])
    assert parts.off_diagonal == parts.diagonal > 0


@settings(max_examples=30, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from(["sigmoid", "tanh", "relu", "softplus", "linear"]),
    st.sampled_from(["zero", "mean"]),
    st.data(),
)
def test_with_one_hidden_layer_and_linear_outputs_it_is_the_error_of_any_set(seed, activation, removal, draw):
    net, data = cases.network((7,), 2, activation, "linear", seed=seed), cases.rows(20, 3, 2, seed)
    stages, constants, e = of(net, data, removal=removal)
    gone = draw.draw(st.lists(st.integers(0, 6), unique=True, max_size=6))
    start, there = stages.total(), stages.copy()
    for k in gone:
        there.remove(0, k, float(constants[0][k]))
    removed = [(0, k) for k in gone]
    scale = max(start, there.total(), float(e.hessian.abs().sum()))
    assert math.isclose(e.parts(removed).total, there.total() - start, rel_tol=0, abs_tol=1e-12 * scale)
    left = torch.tensor([k for k in range(7) if k not in gone], dtype=torch.int64)
    measured = gain_slopes(there, torch.zeros_like(left), left, constants)
    assert torch.allclose(measured, e.slopes_without(removed)[left], rtol=0, atol=1e-12 * scale)


def test_off_diagonal_parts_are_what_the_pairs_of_small_changes_miss():
    """H_jk is the mixed second difference of E, by the oracle: both units a little down, less each alone."""
    net, data = cases.network((4, 3), 2, "sigmoid", "softmax"), cases.rows(20, 3, 2)
    stages, constants, e = of(net, data, "cross_entropy")
    layer, unit = cases.units(net)
    step = 1e-3
    for a, b in combinations(range(7), 2):
        gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
        gains[layer[a]][unit[a]] = 1 - step
        lowered = Stages(net, data, stages.error, gains)
        pair, alone = (
            float(unit_errors(s, layer[b : b + 1], unit[b : b + 1], constants, 1 - step)) for s in (lowered, stages)
        )
        mixed = (pair - lowered.total() - alone + stages.total()) / step**2
        assert mixed == pytest.approx(float(e.hessian[a, b]), rel=2e-2, abs=2e-3)


@pytest.mark.parametrize("removal", ["zero", "mean"])
def test_waypoints_hold_what_is_measured_beside_what_is_foretold(removal):
    net, data = cases.network((5, 4), 3), cases.rows(30, 3, 3)
    stages, constants, e = of(net, data, removal=removal)
    order = [(1, 2), (0, 4), (0, 0), (1, 0), (0, 1)]
    found = list(waypoints(stages, order, constants, every=2))
    assert [w.removed for w in found] == [0, 2, 4]
    assert sum(map(len, stages.units)) == 9
    first = found[0]
    assert torch.equal(first.measured, first.start)
    assert torch.equal(first.foretold, first.start)
    assert (first.change, first.parts.total) == (0.0, 0.0)
    assert math.isnan(first.explained)
    for w in found[1:]:
        gone = order[: w.removed]
        assert not set(zip(w.layer.tolist(), w.unit.tolist(), strict=True)) & set(gone)
        gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
        for m, k in gone:
            gains[m][k] = 0.0
        there = cases.plain_error(net, data, "half_squared", gains, constants)
        assert w.change == pytest.approx(float(there) - stages.total(), rel=1e-10)
        assert w.parts == e.parts(gone)
        for i, (m, k) in enumerate(zip(w.layer.tolist(), w.unit.tolist(), strict=True)):
            errors = []
            for gain in (1 + 1e-5, 1 - 1e-5):
                gains[m][k] = gain
                errors.append(float(cases.plain_error(net, data, "half_squared", gains, constants)))
            gains[m][k] = 1.0
            assert float(w.measured[i]) == pytest.approx((errors[0] - errors[1]) / 2e-5, rel=1e-5, abs=1e-8)


def test_what_the_hessian_explains_is_all_where_the_error_is_quadratic_and_less_where_it_is_not():
    order = [(0, k) for k in range(5)]
    for output, low, high in (("linear", 1 - 1e-9, 1.0), ("sigmoid", -math.inf, 0.999)):
        net, data = cases.network((6,), 2, "tanh", output, gain=3.0), cases.rows(30, 3, 2)
        stages, constants, _ = of(net, data)
        explained = [w.explained for w in waypoints(stages, order, constants)][1:]
        assert all(low <= x <= high for x in explained), (output, explained)


def test_units_that_are_not_there_are_named():
    stages, constants, e = of(cases.network((3,), 2), cases.rows(9, 3, 2))
    with pytest.raises(StudyError, match="unit 7 of hidden layer 0 is none of the 3"):
        e.parts([(0, 7)])
    with pytest.raises(StudyError, match="unit 0 of hidden layer 1"):
        next(waypoints(stages, [(1, 0)], constants))
    with pytest.raises(StudyError, match="every=0"):
        next(waypoints(stages, [], constants, every=0))
