"""Derivatives by single weights equal autograd's, on whatever network; and second differences of the oracle."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

from study.common.errors import StudyError
from study.impact.stages import ones
from study.impact.weight_derivatives import weight_curvatures, weight_slopes
from study.impact.weights import Pass
from study.networks.error import ErrorFunction
from tests import cases


def given(net, weights):
    """What `cases.plain_error` reads of a network, with other weights, which keep their history."""
    names = ("front", "image", "depth", "activations", "biases", "pools", "output")
    return SimpleNamespace(weights=weights, **{name: getattr(net, name) for name in names})


def energy(net, rows, error):
    return lambda *weights: cases.plain_error(given(net, weights), rows, error, ones(net))


@pytest.mark.parametrize("case", cases.CASES)
def test_slopes_and_curvatures_equal_autograd(case, monkeypatch):
    hidden, outputs, activation, output, error = case
    net, rows = cases.network(hidden, outputs, activation, output), cases.rows(9, 3, outputs)
    seen, of = Pass.of(net, rows, ErrorFunction(output, error)), energy(net, rows, error)
    slopes = torch.autograd.functional.jacobian(of, net.weights)
    hessian = torch.autograd.functional.hessian(of, net.weights)
    for block in (1 << 22, 7):
        monkeypatch.setattr("study.impact.weight_derivatives.BLOCK", block)
        found = zip(net.weights, weight_slopes(seen), weight_curvatures(seen), strict=True)
        for m, (w, slope, bend) in enumerate(found):
            assert torch.allclose(slope, slopes[m], rtol=1e-10, atol=1e-12)
            assert torch.allclose(
                bend.flatten(), hessian[m][m].reshape(w.numel(), -1).diagonal(), rtol=1e-9, atol=1e-11
            )


@pytest.mark.parametrize("case", cases.CASES)
def test_gauss_newton_squares_the_tangents_of_the_outputs(case):
    """v' H v of each weight alone, v by small steps of the outputs' pre-activations."""
    hidden, outputs, activation, output, error = case
    net, rows = cases.network(hidden, outputs, activation, output), cases.rows(7, 3, outputs)
    function, step = ErrorFunction(output, error), 1e-5
    seen = Pass.of(net, rows, function)
    diagonal, cross = function.parts(seen.stages.z[-1], seen.stages.t, True)
    for m, found in enumerate(weight_curvatures(seen, gauss_newton=True)):
        for k in range(0, found.numel(), 2):
            sides = []
            for sign in (1, -1):
                w = net.weights[m].clone()
                w.view(-1)[k] += sign * step
                sides.append(replace(net, weights=(*net.weights[:m], w, *net.weights[m + 1 :])).logits(rows.inputs))
            v = (sides[0] - sides[1]) / (2 * step)
            expected = (diagonal * v**2).sum()
            if cross is not None:
                o, b, a = cross
                mean = (o * v).sum(0)
                expected += (mean * (a * mean - 2 * (b * v).sum(0))).sum()
            assert float(found.view(-1)[k]) == pytest.approx(float(expected), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("case", cases.FILTERS)
def test_slopes_by_filters_weights_equal_autograd_and_curvatures_are_refused(case):
    net = cases.filters(case)
    rows = cases.rows(6, net.features, case[3])
    seen = Pass.of(net, rows, ErrorFunction(case[5], case[6]))
    expected = torch.autograd.functional.jacobian(energy(net, rows, case[6]), net.weights)
    for slope, truth in zip(weight_slopes(seen), expected, strict=True):
        assert torch.allclose(slope, truth, rtol=1e-10, atol=1e-12)
    with pytest.raises(StudyError, match="magnitude, first order and the oracle are"):
        weight_curvatures(seen)
