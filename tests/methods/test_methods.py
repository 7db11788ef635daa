"""Every method: closed forms, signs, additivity over samples, exchangeability."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from study.common.errors import StudyError
from study.impact import Stages
from study.impact.stages import replacement
from study.methods import View, method, names
from study.networks import ErrorFunction
from study.networks.parts import Part
from tests import cases


def view_of(net, data, error="half_squared", removal="zero", **kwargs):
    stages = Stages(net, data, ErrorFunction(net.output, error))
    return View(stages, cases.units(net), replacement(removal, stages), **kwargs)


def test_all_methods_of_the_study_are_found():
    exact = ["brute_force", "worst_first", "shapley"]
    taylor = ["taylor1", "taylor1_abs", "taylor1_as_implemented", "taylor2", "taylor2_as_implemented", "taylor2_exact"]
    derivatives = ["curvature", "fisher", "gauss_newton", "quadratic_once", "skeletonization"]
    others = ["magnitude", "mean_activation", "obs", "output_energy", "random"]
    assert names() == sorted(exact + taylor + derivatives + others)


def test_every_score_of_the_linear_network_is_known():
    view = view_of(cases.LINEAR, cases.LINEAR_ROWS)
    # E(alpha_a) = 1/2 ((2 alpha - 2)^2 + 1), E(alpha_b) = 1/2 (-2 alpha + 1)^2, E(alpha_c) = 1/2
    known = {
        "brute_force": [2.0, 0.0, 0.0],
        "worst_first": [-2.0, 0.0, 0.0],
        "taylor1": [0.0, -2.0, 0.0],
        "taylor1_abs": [0.0, 2.0, 0.0],
        "taylor2": [2.0, 0.0, 0.0],
        "taylor2_exact": [2.0, 0.0, 0.0],
        "quadratic_once": [2.0, 0.0, 0.0],
        "magnitude": [2.0, 1.0, 0.0],
        "mean_activation": [0.5, 1.0, 5.0],
        "gauss_newton": [2.0, 0.0, 0.0],
        "curvature": [2.0, 2.0, 0.0],
        "fisher": [0.0, 2.0, 0.0],
        "output_energy": [2.0, 2.0, 0.0],
        "skeletonization": [0.0, -2.0, 0.0],
        "shapley": [2.0, 0.0, 0.0],
    }
    for name, score in known.items():
        assert method(name).scores(view).score.tolist() == score, name
    # On two rows a is half of 2 - b, and b is 2 - 2 a: nothing is lost but by the damping.
    assert method("obs").scores(view).score.tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-11)


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("case", cases.CASES)
def test_taylor_estimates_equal_finite_differences_of_the_error_surface(case, removal):
    from study.impact import surface

    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.rows(40, 3, outputs)
    view = view_of(net, data, error, removal)
    first, exact = method("taylor1").scores(view).estimate, method("taylor2_exact").scores(view).estimate
    step = 1e-4
    for i, (m, k) in enumerate(view.parts):
        gains = torch.tensor([1 - step, 1.0, 1 + step], dtype=torch.float64)
        low, here, high = surface(view.stages, Part(m, k), view.replacement.at(m, k), gains).tolist()
        slope, bend = (high - low) / (2 * step), (high - 2 * here + low) / step**2
        assert float(first[i]) == pytest.approx(-slope, rel=1e-6, abs=1e-7)
        assert float(exact[i]) == pytest.approx(-slope + bend / 2, rel=1e-5, abs=2e-6)


@pytest.mark.parametrize("name", ["brute_force", "taylor1", "taylor2", "taylor2_exact", "quadratic_once"])
def test_accumulating_over_batches_equals_one_batch(name):
    net, data = cases.network((5, 4), 3), cases.rows(41, 3, 3)
    whole = method(name).scores(view_of(net, data)).estimate
    parts = [torch.arange(0, 13), torch.arange(13, 41)]
    summed = sum(method(name).scores(view_of(net, data.rows(p))).estimate for p in parts)
    assert torch.allclose(whole, summed, rtol=1e-12, atol=1e-13)


def test_the_absolute_value_is_taken_after_the_sum():
    view = view_of(cases.network((6,), 3), cases.rows(40, 3, 3))
    signed, absolute = method("taylor1").scores(view), method("taylor1_abs").scores(view)
    assert torch.equal(absolute.score, signed.estimate.abs())
    assert torch.equal(absolute.estimate, signed.estimate)
    assert (signed.estimate < 0).any()


def test_estimates_are_in_units_of_the_pruning_rows():
    view = view_of(cases.network((6,), 3), cases.rows(40, 3, 3))
    for name in ("brute_force", "taylor1", "taylor2", "taylor2_exact", "quadratic_once"):
        once, scaled = method(name).scores(view), method(name).scores(replace(view, scale=4.0))
        assert torch.allclose(scaled.estimate, 4 * once.estimate)


def test_the_parts_add_up():
    view = view_of(cases.network((6, 5), 3), cases.rows(40, 3, 3))
    for name in ("taylor2", "taylor2_exact"):
        s = method(name).scores(view)
        assert torch.equal(s.first_order + s.curvature, s.estimate)
        assert torch.equal(s.first_order, method("taylor1").scores(view).estimate)


def test_thresholds_change_scores_only():
    view = view_of(cases.network((9,), 3, gain=4.0), cases.rows(40, 3, 3))
    plain = method("taylor2").scores(view)
    for threshold, limit in (("mean", plain.estimate.abs().mean()), ("median", plain.estimate.abs().median())):
        s = method("taylor2", threshold=threshold).scores(view)
        assert torch.equal(s.estimate, plain.estimate)
        large = plain.estimate.abs() > limit
        assert (s.score[large] == limit).all()
        assert torch.equal(s.score[~large], plain.estimate[~large])
        assert large.any()


def test_random_is_exchangeable_across_layers():
    # Every unit is first equally often, small layer or large: chi-square over 3,000 draws.
    net, data = cases.network((2, 8), 3), cases.rows(5, 3, 3)
    view = view_of(net, data)
    first = [int(method("random", draw=d).scores(view).score.argmin()) for d in range(3000)]
    assert stats.chisquare(np.bincount(first, minlength=10)).pvalue > 1e-4


def test_random_depends_on_seed_and_draw_and_nothing_else():
    net, data = cases.network((6,), 3), cases.rows(5, 3, 3)
    one = method("random", draw=1).scores(view_of(net, data, seed=3)).score
    assert torch.equal(one, method("random", draw=1).scores(view_of(net, cases.rows(9, 3, 3), seed=3)).score)
    assert not torch.equal(one, method("random", draw=2).scores(view_of(net, data, seed=3)).score)
    assert not torch.equal(one, method("random", draw=1).scores(view_of(net, data, seed=4)).score)


def test_unknown_names_and_parameters_are_refused_with_what_is_possible():
    with pytest.raises(StudyError, match=r"unknown method 'taylor3'.*taylor2"):
        method("taylor3")
    with pytest.raises(StudyError, match=r"no parameter treshold; it takes: cap, .*threshold"):
        method("taylor2", treshold="mean")
    with pytest.raises(StudyError, match=r"threshold='max'.*mean, median"):
        method("taylor2", threshold="max")
