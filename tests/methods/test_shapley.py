"""Sampled Shapley values: against enumeration, efficiency of every sample, and the plain forward passes."""

import itertools
from math import factorial

import pytest
import torch

from study.common.errors import StudyError
from study.impact import Stages
from study.impact.coalitions import marginals, permutations, plain_marginals
from study.impact.stages import replacement
from study.methods import View, method
from study.networks import ErrorFunction
from study.trajectories.trajectory import prune
from tests import cases


def view_of(case, removal="zero", **kwargs):
    hidden, outputs, activation, output, error = case
    net, rows = cases.network(hidden, outputs, activation, output), cases.rows(40, 3, outputs)
    stages = Stages(net, rows, ErrorFunction(output, error))
    return net, rows, View(stages, cases.units(net), replacement(removal, stages), **kwargs)


def by_enumeration(net, rows, error):
    """Shapley values over all 2^K coalitions, each by a forward pass written down anew."""
    K = sum(net.hidden)
    worth = {}
    for on in itertools.product([0.0, 1.0], repeat=K):
        worth[on] = -float(cases.plain_error(net, rows, error, list(torch.tensor(on).double().split(net.hidden))))
    values = [0.0] * K
    for on, k in itertools.product(worth, range(K)):
        if not on[k]:
            s = int(sum(on))
            with_k = (*on[:k], 1.0, *on[k + 1 :])
            values[k] += factorial(s) * factorial(K - s - 1) / factorial(K) * (worth[with_k] - worth[on])
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize("antithetic", [False, True])
@pytest.mark.parametrize("case", [cases.CASES[0], cases.CASES[2], ((4, 3), 3, "tanh", "softmax", "cross_entropy")])
def test_the_sample_is_within_its_standard_error_of_the_exact_values(case, antithetic):
    net, rows, view = view_of(case)
    exact = by_enumeration(net, rows, case[-1])
    orders = permutations(len(exact), 400, [0], antithetic)
    found = marginals(view.stages, view.parts, view.replacement, orders)
    draws = found.unflatten(0, (-1, 2)).mean(1) if antithetic else found
    error = draws.std(0) / len(draws) ** 0.5
    assert ((found.mean(0) - exact).abs() < 4 * error + 1e-12).all()
    assert (error < 0.2 * exact.abs().max()).all()


def test_all_orders_give_the_exact_values():
    net, rows, view = view_of(((3, 2), 2, "sigmoid", "sigmoid", "half_squared"))
    orders = torch.tensor(list(itertools.permutations(range(5))))
    found = marginals(view.stages, view.parts, view.replacement, orders).mean(0)
    assert torch.allclose(found, by_enumeration(net, rows, "half_squared"), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("case", cases.CASES)
def test_cached_coalitions_equal_a_forward_pass_each_and_every_order_is_efficient(case, removal):
    net, rows, view = view_of(case, removal)
    orders = permutations(len(view.parts.layer), 6, [1], antithetic=True)
    before = [z.clone() for z in view.stages.z]
    found = marginals(view.stages, view.parts, view.replacement, orders)
    assert all(torch.equal(a, b) for a, b in zip(before, view.stages.z, strict=True))
    gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
    plain = plain_marginals(net, rows, view.stages.error, gains, view.parts, view.replacement, orders)
    largest = plain.abs().sum(1).max() + view.stages.total()
    assert ((found - plain).abs() <= 1e-12 * largest).all()
    nobody = net
    for m, k in view.parts:
        nobody = view.replacement.at(m, k).into(nobody, m, k)
    none = float(cases.plain_error(nobody, rows, case[-1], [g * 0 for g in gains]))
    assert found.sum(1).tolist() == pytest.approx([none - view.stages.total()] * 6, rel=1e-11, abs=1e-12)


def test_in_an_additive_game_every_sample_gives_the_exact_values():
    stages = Stages(cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear"))
    view = View(stages, cases.units(cases.LINEAR), cases.zeros(cases.LINEAR))
    # E rises by 2 without a and by 0 without b, whatever else is there.
    assert method("shapley").scores(view).score.tolist() == [2.0, 0.0, 0.0]


def test_the_cell_s_seed_draws_the_orders():
    one, same, other = (method("shapley").scores(view_of(cases.CASES[0], seed=s)[2]).score for s in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    more = permutations(7, 8, [3], antithetic=True)
    assert torch.equal(more[:4], permutations(7, 4, [3], antithetic=True))
    assert torch.equal(more[1], more[0].flip(0))
    assert (permutations(7, 5, [3]).sort(1).values == torch.arange(7)).all()


def test_passes_are_counted_and_estimates_are_none():
    found = method("shapley", permutations=4).scores(view_of(cases.CASES[3])[2])
    assert found.forward_passes == 4 * 9 + 1
    assert found.estimate is None


def test_under_compensation_the_game_is_played_with_nothing_in_a_unit_s_place():
    net, data = cases.network((4,), 3), cases.dataset()
    one, other = (prune(net, data, "shapley", removal=r).impacts.query("event == 0") for r in ("zero", "compensate"))
    assert one["score"].tolist() == other["score"].tolist()
    assert one["impact"].tolist() != other["impact"].tolist()


def test_numbers_that_are_none_are_refused():
    with pytest.raises(StudyError, match="antithetic ones come in pairs"):
        method("shapley", permutations=5)
    assert method("shapley", permutations=5, antithetic=False).permutations == 5
    with pytest.raises(StudyError, match="permutations=0"):
        method("shapley", permutations=0)
