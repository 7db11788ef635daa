"""The quadratic model carried on: where it is brute force, where it is second order, and what it says on the way."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.authors import networks as authors
from study.data import Split
from study.impact import Stages, gain_derivatives
from study.impact.stages import replacement
from study.methods import Scores, method
from study.methods.base import View
from study.networks import ErrorFunction, Network
from study.trajectories.trajectory import prune
from tests import cases


def order(result):
    events = result.tables["events"][1:]
    return list(zip(events["layer"].tolist(), events["unit"].tolist(), strict=True))


def apart(result):
    """Whether at every step the two cheapest units are further apart than rounding could turn round."""
    for _, rows in result.impacts.groupby("event"):
        cheapest = rows["impact"].nsmallest(2).to_numpy()
        if len(cheapest) == 2 and cheapest[1] - cheapest[0] < 1e-9 * max(1.0, abs(cheapest).max()):
            return False
    return True


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.integers(1, 8),
    st.sampled_from(["sigmoid", "tanh", "relu", "softplus", "linear"]),
    st.sampled_from([1, 3]),
)
def test_where_the_error_is_quadratic_one_pass_is_iterative_brute_force(seed, units, activation, outputs):
    net = cases.network((units,), outputs, activation, "linear", seed=seed)
    data = cases.dataset(30, outputs=outputs, seed=seed)
    truth = prune(net, data, "brute_force")
    once = prune(net, data, "quadratic_once", "single_overall")
    if apart(truth):
        assert order(once) == order(truth)
    scale = float(np.abs(once.impacts["impact"]).max()) + float(once.trajectory["error_pruning"].max())
    assert np.allclose(once.impacts["estimate"], once.impacts["impact"], rtol=0, atol=1e-11 * scale)
    assert len(once.trajectory) == units + 1


def test_the_order_of_a_case_by_hand():
    # E = 1/2 (x (a + b + c) - 3)^2 at x = 1 with weights 2, 2, -1: the first 2 is free to go only as long as -1 stays.
    net = Network(
        (torch.ones(3, 1), torch.tensor([[2.0, 2.0, -1.0]])), (torch.zeros(3), torch.zeros(1)), ("linear",), "linear"
    )
    row = Split(torch.ones(1, 1), torch.full((1, 1), 3.0), torch.zeros(1).long())
    view = View(Stages(net, row, ErrorFunction("linear")), cases.units(net), cases.zeros(net))
    scores = method("quadratic_once").scores(view)
    assert scores.first_order.tolist() == [0.0, 0.0, 0.0]
    assert scores.estimate.tolist() == [2.0, 2.0, 0.5]
    assert scores.couplings.tolist() == [[4.0, 4.0, -2.0], [4.0, 4.0, -2.0], [-2.0, -2.0, 1.0]]
    left = scores.left(torch.tensor([True, True, False]))  # output 4 of 3: either 2 takes 1/2 (2 - 3)^2 - 1/2 = 0
    assert left.estimate.tolist() == [0.0, 0.0]
    assert left.first_order.tolist() == [-2.0, -2.0]
    assert left.curvature.tolist() == [2.0, 2.0]


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("case", cases.CASES)
def test_scored_again_after_every_removal_it_is_the_exact_second_order(case, removal):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.dataset(outputs=outputs)
    quadratic, second = (
        prune(net, data, name, removal=removal, error=error, truth_every=3)
        for name in ("quadratic_once", "taylor2_exact")
    )
    assert order(quadratic) == order(second)
    scale = float(second.trajectory["error_pruning"].max())
    for column in ("estimate", "first_order", "curvature", "score"):
        assert np.allclose(quadratic.impacts[column], second.impacts[column], rtol=1e-10, atol=1e-12 * scale), column
    assert quadratic.tables["events"]["forward_passes"].equals(second.tables["events"]["forward_passes"])


@pytest.mark.parametrize("removal", ["zero", "mean"])
def test_estimates_on_the_way_are_the_quadratics(removal):
    net, data = cases.network((5, 4), 3), cases.dataset()
    result = prune(net, data, "quadratic_once", "single_overall", removal=removal)
    stages = Stages(net, data.pruning, ErrorFunction("sigmoid"))
    units = cases.units(net)
    slope, hessian = gain_derivatives(stages, units, replacement(removal, stages))
    index = {pair: i for i, pair in enumerate(map(tuple, units))}
    gone = [index[pair] for pair in order(result)]

    def total(some):
        return float(-slope[some].sum() + hessian[some][:, some].sum() / 2)

    estimates = result.tables["events"]["estimate"][1:]
    for n, estimate in enumerate(estimates):
        step = total(gone[: n + 1]) - total(gone[:n])
        assert estimate == pytest.approx(step, rel=1e-9, abs=1e-11)
    for event, rows in result.impacts.groupby("event"):
        slopes = slope - hessian[:, gone[:event]].sum(1)
        at = [index[pair] for pair in zip(rows["layer"], rows["unit"], strict=True)]
        assert np.allclose(rows["first_order"], -slopes[at], rtol=0, atol=1e-12)
        assert np.allclose(rows["first_order"] + rows["curvature"], rows["estimate"], rtol=0, atol=1e-12)
        assert (rows["score"] == rows["estimate"]).all()
    assert (result.tables["events"]["forward_passes"] == 3 + 5).all()


def test_without_couplings_a_unit_keeps_what_was_said_of_it():
    scores = Scores(torch.tensor([1.0, 2.0, 3.0]), estimate=torch.tensor([4.0, 5.0, 6.0]), exact=True)
    left = scores.left(torch.tensor([False, True, True]))
    assert (left.score.tolist(), left.estimate.tolist(), left.exact) == ([2.0, 3.0], [5.0, 6.0], True)
    assert left.first_order is None


def removable(result):
    """Units that go before the error exceeds twice that of the start, and before a point of accuracy is lost."""
    error = result.trajectory["error_pruning"].to_numpy()
    return int(np.argmax(error > 2 * error[0])) - 1, result.removable(1.0)


@pytest.mark.parametrize(
    ("name", "how", "known"),
    [
        ("brute_force", {"ranking": "iterative"}, (22, 35)),
        ("taylor2_exact", {"ranking": "iterative"}, (21, 35)),
        ("taylor2_exact", {"ranking": "single_overall"}, (11, 13)),
        ("quadratic_once", {"ranking": "single_overall"}, (20, 31)),
        ("quadratic_once", {"every": 20}, (20, 31)),
        ("quadratic_once", {"every": 10}, (21, 33)),
        ("quadratic_once", {"every": 5}, (19, 35)),
        ("taylor2_exact", {"every": 10}, (12, 14)),
    ],
)
def test_on_the_authors_network_one_pass_goes_nearly_as_far_as_brute_force(name, how, known):
    reason = authors.missing_with_data("mnist_1x100")
    if reason is not None:
        pytest.skip(reason)
    network, data = authors.as_pruned("mnist_1x100")
    assert removable(prune(network, data, name, truth_every=1000, **how)) == known
