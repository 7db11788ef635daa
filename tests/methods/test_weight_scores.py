"""Criteria of single weights: closed forms, and how each stands to the truth that is measured beside it."""

from dataclasses import replace

import pytest
import torch

from study.common.errors import StudyError
from study.impact.reference import plain_weight_errors
from study.impact.weights import Pass, every_weight
from study.methods import method, names
from study.methods.base import Method, WeightView, method_class
from study.networks.error import ErrorFunction
from study.networks.network import Network
from tests import cases

ABLE = [name for name in names() if method_class(name).weight_scores is not Method.weight_scores]


def view_of(net, rows, error="half_squared", **given):
    return WeightView(Pass.of(net, rows, ErrorFunction(net.output, error)), every_weight(net), **given)


def test_these_methods_score_weights():
    known = ["brute_force", "curvature", "gauss_newton", "magnitude", "random", "taylor1", "taylor1_abs"]
    assert [*known, "taylor2_exact"] == ABLE


@pytest.mark.parametrize("name", sorted(set(names()) - set(ABLE)))
def test_the_others_say_which_do(name):
    with pytest.raises(StudyError, match=f"method={name} scores units.*brute_force, .*taylor2_exact score weights"):
        method(name).weight_scores(view_of(cases.LINEAR, cases.LINEAR_ROWS))


def test_of_one_linear_layer_all_scores_are_known():
    """y = W x without hidden units: E is a parabola in every weight, so that second order is the truth, to the bit."""
    w, x, t = torch.tensor([[2.0, -1.0]]), torch.tensor([[1.0, 3.0]]), torch.tensor([[0.0]])
    net = Network((torch.eye(2), w), (torch.zeros(2), torch.zeros(1)), ("linear",), "linear")
    rows = replace(cases.LINEAR_ROWS, inputs=x.double(), targets=t.double(), labels=torch.zeros(1, dtype=torch.int64))
    view = view_of(net, rows)
    last = view.weights.layer == 1
    # E = (2 a - b)^2 / 2 at a = 1, b = 3: 1/2. Without the first weight 9/2, without the second 4/2.
    truth = method("brute_force").weight_scores(view)
    assert truth.exact
    assert truth.score[last].tolist() == [4.0, 1.5]
    both = method("taylor2_exact").weight_scores(view)
    assert both.estimate[last].tolist() == [4.0, 1.5]
    assert both.first_order[last].tolist() == [2.0, -3.0]
    assert method("curvature").weight_scores(view).score[last].tolist() == [2.0, 4.5]
    assert method("gauss_newton").weight_scores(view).score[last].tolist() == [4.0, 1.5]
    assert method("taylor1_abs").weight_scores(view).score[last].tolist() == [2.0, 3.0]
    assert method("magnitude").weight_scores(view).score[last].tolist() == [2.0, 1.0]


@pytest.mark.parametrize("case", cases.CASES)
def test_brute_force_is_the_plain_truth_and_the_expansions_lead_to_it(case):
    """Towards w = 0 in small steps the expansion's remainder falls: at a tenth of the weight by ten to the third."""
    hidden, outputs, activation, output, error = case
    net, rows = cases.network(hidden, outputs, activation, output), cases.rows(12, 3, outputs)
    view = view_of(net, rows, error)
    function = ErrorFunction(output, error)
    plain = plain_weight_errors(net, rows, function, view.weights) - view.seen.stages.total()
    assert torch.allclose(method("brute_force").weight_scores(view).score, plain, rtol=1e-9, atol=1e-11)
    if activation == "relu":  # a kink has no second order
        return
    small = replace(net, weights=tuple(w / 100 for w in net.weights))
    near = view_of(small, rows, error)
    truth = method("brute_force").weight_scores(near).score
    first, second = (method(name).weight_scores(near).estimate for name in ("taylor1", "taylor2_exact"))
    assert (second - truth).abs().max() <= 0.05 * (first - truth).abs().max() + 1e-12


def test_estimates_are_in_the_units_of_the_pruning_rows_and_draws_are_of_all_weights():
    net, rows = cases.network((4,), 3, "tanh"), cases.rows(10, 3, 3)
    view = view_of(net, rows)
    for name in ("brute_force", "taylor1", "taylor2_exact", "gauss_newton"):
        one, three = (method(name).weight_scores(v).estimate for v in (view, replace(view, scale=3.0)))
        assert torch.allclose(three, 3 * one, rtol=1e-15)
    drawn = method("random", draw=1).weight_scores(view).score
    assert sorted(drawn.tolist()) == list(range(len(view.weights)))
    some = replace(view, weights=view.weights[torch.tensor([3, 20, 5])])
    assert method("random", draw=1).weight_scores(some).score.tolist() == drawn[torch.tensor([3, 20, 5])].tolist()


def test_switches_about_units_are_refused():
    with pytest.raises(StudyError, match="order, cap is about units"):
        method("taylor1", order="descending", cap="median").weight_scores(view_of(cases.LINEAR, cases.LINEAR_ROWS))
