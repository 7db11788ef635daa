"""First and second derivatives against autograd, and where the paper's recursion is exact."""

import pytest
import torch

from study.impact import Stages
from study.impact.derivatives import diagonal_curvatures, exact_curvature, slopes
from study.methods import View
from study.networks import ErrorFunction
from study.networks.convolution import Matrix
from tests import cases


def prepared(case, gained=True):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.rows(30, 3, outputs)
    gains = [torch.ones(n, dtype=torch.float64) for n in hidden]
    if gained:
        gains[0][0] = 0.0
    stages = Stages(net, data, ErrorFunction(output, error), gains)
    parts = cases.units(net, gains)

    def energy(values):
        changed = [g.clone() for g in gains]
        for i, (m, k) in enumerate(parts):
            changed[m] = changed[m].index_put((torch.tensor([k]),), values[i : i + 1])
        return cases.plain_error(net, data, error, changed)

    return net, stages, parts, energy


def of_units(stages, per_layer, parts):
    return View(stages, parts, ()).of_units(per_layer)


def exact_curvatures(net, stages):
    return [exact_curvature(stages, slopes(stages), m) for m in range(net.depth)]


@pytest.mark.parametrize("case", cases.CASES)
def test_slopes_equal_autograd(case):
    _, stages, parts, energy = prepared(case)
    expected = torch.func.grad(energy)(torch.ones(len(parts), dtype=torch.float64))
    found = [
        Matrix(w).directional(dz, h)
        for w, dz, h in zip(stages.network.weights[1:], slopes(stages), stages.h, strict=True)
    ]
    assert torch.allclose(of_units(stages, found, parts), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("case", cases.CASES)
def test_the_exact_curvature_equals_autograd(case):
    net, stages, parts, energy = prepared(case)
    expected = torch.func.hessian(energy)(torch.ones(len(parts), dtype=torch.float64)).diagonal()
    exact = of_units(stages, exact_curvatures(net, stages), parts)
    assert torch.allclose(exact, expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("case", cases.CASES)
def test_the_recursion_is_exact_on_the_last_hidden_layer_with_element_wise_outputs_only(case):
    net, stages, *_ = prepared(case, gained=False)
    curvatures = diagonal_curvatures(stages, slopes(stages))
    for m, (exact, curvature) in enumerate(zip(exact_curvatures(net, stages), curvatures, strict=True)):
        diagonal = Matrix(net.weights[m + 1] ** 2).directional(curvature, stages.h[m] ** 2)
        same = torch.allclose(diagonal, exact, rtol=1e-10, atol=1e-12)
        assert same == (m == net.depth - 1 and net.output != "softmax")


@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
def test_the_output_layers_diagonal_equals_autograd(output):
    z = torch.randn(4, 1, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    t = torch.tensor([[0.0], [1.0], [0.0], [0.0]], dtype=torch.float64)
    for error in ("half_squared", "cross_entropy") if output == "softmax" else ("half_squared",):
        function = ErrorFunction(output, error)

        def energy(v, error=error):
            if error == "cross_entropy":
                return -(t[:, 0] * torch.log_softmax(v, 0)).sum()
            o = {"sigmoid": torch.sigmoid(v), "softmax": torch.softmax(v, 0), "linear": v}[output]
            return 0.5 * ((o - t[:, 0]) ** 2).sum()

        hessian = torch.func.hessian(energy)(z[:, 0])
        assert torch.allclose(function.diagonal(z, t)[:, 0], hessian.diagonal(), atol=1e-13)
        assert torch.allclose(function.gradient(z, t)[:, 0], torch.func.grad(energy)(z[:, 0]), atol=1e-13)
        v = torch.tensor([0.3, -1.0, 2.0, 0.7], dtype=torch.float64)
        assert torch.allclose(function.quadratic(z, t, v[:, None])[0], v @ hessian @ v, atol=1e-13)
