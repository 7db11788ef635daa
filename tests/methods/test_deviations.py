"""The switches of the Taylor methods against formulas written out sample by sample, and the orders that they give."""

import itertools

import numpy as np
import pytest
import torch

from study.common.errors import StudyError
from study.impact import Stages
from study.impact.stages import replacement
from study.methods import View, method
from study.networks import ErrorFunction
from study.trajectories.trajectory import prune
from tests import cases


def view_of(net, rows, ranked_again=True):
    parts = cases.units(net)
    stages = Stages(net, rows, ErrorFunction(net.output))
    return View(stages, parts, replacement("zero", stages), ranked_again=ranked_again)


def written_out(net, rows, *, weight_gradient=False, of_input=False, truncated=False):
    """g1 and g2 of all units of a sigmoid network, sample by sample and unit by unit."""
    weights, biases = [w.numpy() for w in net.weights], [b.numpy() for b in net.biases]
    g1, g2 = ([np.zeros(n) for n in net.hidden] for _ in range(2))
    for x, t in zip(rows.inputs.numpy(), rows.targets.numpy(), strict=True):
        outputs = [x]
        for w, b in zip(weights, biases, strict=True):
            outputs.append(1 / (1 + np.exp(-(w @ outputs[-1] + b))))
        o = outputs[-1]
        s1 = o * (1 - o)
        s2 = s1 * (1 - 2 * o)
        delta = (o - t) * s1
        h = s2 if truncated else s1**2 + (o - t) * s2
        for m in range(net.depth - 1, -1, -1):
            o, w = outputs[m + 1], weights[m + 1]
            s1 = o * (1 - o)
            s2 = s1 * (1 - 2 * o)
            below_delta, below_h = np.zeros(len(o)), np.zeros(len(o))
            for j in range(len(o)):
                fed = sum(delta[i] * (o[j] if weight_gradient else w[i, j]) for i in range(len(delta)))
                curvature = sum(h[i] * w[i, j] ** 2 for i in range(len(h)))
                below_delta[j] = fed * s1[j]
                slope = below_delta[j] if of_input else fed
                below_h[j] = curvature * s1[j] ** 2 + slope * s2[j]
                g1[m][j] -= slope * o[j]
                g2[m][j] += -slope * o[j] + 0.5 * curvature * o[j] ** 2
            delta, h = below_delta, below_h
    return np.concatenate(g1), np.concatenate(g2)


@pytest.mark.parametrize("hidden", [(6,), (5, 4), (3, 4, 3)])
@pytest.mark.parametrize("switches", itertools.product([False, True], repeat=3))
def test_every_switch_is_the_formula_written_out(hidden, switches):
    net, rows = cases.network(hidden, 3), cases.rows(20, 3, 3)
    weight_gradient, of_input, truncated = switches
    g1, g2 = written_out(net, rows, weight_gradient=weight_gradient, of_input=of_input, truncated=truncated)
    params = {
        "passed_back": "weight_gradient" if weight_gradient else "gradient",
        "slope_of": "input" if of_input else "output",
    }
    view = view_of(net, rows)
    assert np.allclose(method("taylor1", **params).scores(view).estimate, g1, rtol=1e-10, atol=1e-13)
    second = method("taylor2", **params, output_curvature="truncated" if truncated else "exact").scores(view)
    assert np.allclose(second.estimate, g2, rtol=1e-10, atol=1e-13)
    assert np.allclose(second.first_order, g1, rtol=1e-10, atol=1e-13)


def test_as_implemented_is_all_switches_together():
    net, rows = cases.network((5, 4), 2), cases.rows(20, 3, 2)
    view = view_of(net, rows)
    g1, g2 = written_out(net, rows, weight_gradient=True, of_input=True, truncated=True)
    for name, estimate in (("taylor1_as_implemented", g1), ("taylor2_as_implemented", g2)):
        found = method(name).scores(view)
        assert np.allclose(found.estimate, estimate, rtol=1e-10)
        median = np.sort(np.abs(estimate))[len(estimate) // 2]
        allowed = np.abs(found.estimate.numpy()) <= median * (1 + 1e-12)
        assert (found.score.isinf().numpy() == ~allowed).all()
        assert int(found.score.argmin()) == int(np.where(allowed, estimate, -np.inf).argmax())


def test_the_cap_holds_only_when_units_are_ranked_again():
    net, rows = cases.network((6,), 2), cases.rows(20, 3, 2)
    found = method("taylor2_as_implemented").scores(view_of(net, rows, ranked_again=False))
    assert torch.equal(found.score, -found.estimate)


def test_an_upper_median_of_the_remaining_units():
    scores = method("taylor1", cap="median", order="descending")
    view = view_of(cases.network((4,), 1), cases.rows(5, 3, 1))
    estimate = torch.tensor([1.0, -2.0, 3.0, -4.0])
    assert scores.score(estimate, view).tolist() == [-1.0, 2.0, -3.0, float("inf")]


@pytest.mark.parametrize("name", ["taylor1_as_implemented", "taylor2_as_implemented"])
@pytest.mark.parametrize("ranking", ["single_overall", "iterative"])
def test_a_whole_prune_as_implemented(name, ranking):
    net, data = cases.network((6, 5), 3), cases.dataset()
    events = prune(net, data, name, ranking).tables["events"]
    assert len(events) == 12
    if ranking == "single_overall":
        assert events["estimate"][1:].is_monotonic_decreasing


def test_impossible_switches_are_refused():
    with pytest.raises(StudyError, match=r"order='up'; possible: ascending, descending"):
        method("taylor1", order="up")
    with pytest.raises(StudyError, match=r"output_curvature='half'; possible: exact, truncated"):
        method("taylor2", output_curvature="half")
    net, rows = cases.network((4,), 3, output="softmax"), cases.rows(20, 3, 3)
    with pytest.raises(StudyError, match="not a softmax"):
        method("taylor2_as_implemented").scores(view_of(net, rows))
