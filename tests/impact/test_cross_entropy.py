"""The cross-entropy of networks that are nearly perfect: every path against 400 decimal digits, from 1e-2 to 1e-300."""

import mpmath
import pytest
import torch

from study.data import Split, one_hot
from study.impact import Stages, filters, gain_derivatives, plain_errors, unit_errors
from study.impact.stages import ones
from study.impact.surfaces import surface
from study.methods.base import View
from study.methods.fisher import Fisher
from study.networks import ErrorFunction, Network
from study.speed.oracle import eagerly
from study.training.backprop import Parameters
from tests import cases

mpmath.mp.dps = 400
E = ErrorFunction("softmax", "cross_entropy")
SIZES = [1e-2, 1e-5, 1e-9, 1e-16, 1e-17, 1e-50, 1e-150, 1e-300]
CLOSE = 2e-12
"""Relative: logits of 700 are rounded by 1e-13, and so is their exponential."""


def logits(size, soft=0.0):
    """Logits of 3 outputs and 40 samples, a cross-entropy of about the size, and their targets."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 3, (40,), generator=generator)
    t = (one_hot(labels, 3) * (1 - soft) + soft / 3).T.contiguous()
    z = torch.rand(3, 40, generator=generator, dtype=torch.float64) * 3
    z[labels, torch.arange(40)] += 3 - torch.log(torch.tensor(size / 40, dtype=torch.float64))
    return z, t


def exact(column, targets):
    """E of one sample, its gradient and its Hessian, in 400 digits."""
    z, t = ([mpmath.mpf(float(x)) for x in values] for values in (column, targets))
    powers = [mpmath.exp(x - max(z)) for x in z]
    o = [x / mpmath.fsum(powers) for x in powers]
    whole = mpmath.fsum(t)
    error = -mpmath.fsum(t_i * mpmath.log(o_i) for t_i, o_i in zip(t, o, strict=True))
    slope = [whole * o_i - t_i for t_i, o_i in zip(t, o, strict=True)]
    bend = [[whole * ((o[i] if i == j else 0) - o[i] * o[j]) for j in range(len(o))] for i in range(len(o))]
    return error, slope, bend


def near(found, known, relative=CLOSE):
    return abs(mpmath.mpf(float(found)) - known) <= relative * abs(known)


@pytest.mark.parametrize("size", SIZES)
def test_the_reference_and_its_derivatives_keep_their_digits(size):
    z, t = logits(size)
    v = torch.linspace(-1, 2, 120, dtype=torch.float64).reshape(3, 40)
    known = [exact(z[:, n], t[:, n]) for n in range(40)]
    assert near(E.total(z, t), mpmath.fsum(error for error, _, _ in known))
    slope, diagonal, quadratic = E.gradient(z, t), E.diagonal(z, t), E.quadratic(z, t, v)
    for n, (_, slopes, bends) in enumerate(known):
        u = [mpmath.mpf(float(x)) for x in v[:, n]]
        curved = mpmath.fsum(u[i] * bends[i][j] * u[j] for i in range(3) for j in range(3))
        assert near(quadratic[n], curved)
        for i in range(3):
            assert near(slope[i, n], slopes[i])
            assert near(diagonal[i, n], bends[i][i])


@pytest.mark.parametrize("soft", [0.0, 0.3, 1.0])
def test_wrong_tied_and_soft_ones_are_as_exact(soft):
    z, t = logits(1e-2, soft)
    z[:, :10] = z[:, :10].roll(1, 0)
    z[:, 10:14] = torch.tensor([[5.0, 5, 7, 0], [5.0, 5, -4, 0], [5.0, 4, 7, 800]])
    known = [exact(z[:, n], t[:, n]) for n in range(40)]
    assert near(E.total(z, t), mpmath.fsum(error for error, _, _ in known))
    for n, (_, slopes, _) in enumerate(known):
        for i in range(3):
            assert abs(float(E.gradient(z, t)[i, n]) - float(slopes[i])) <= 1e-15


def test_targets_that_do_not_sum_to_1_are_weights():
    z, t = logits(1e-3)
    assert E.total(z, 3 * t).item() == pytest.approx(3 * E.total(z, t).item(), rel=1e-14)
    assert torch.allclose(E.gradient(z, 3 * t), 3 * E.gradient(z, t), rtol=1e-14, atol=0)


def taught(size, hidden=4):
    """A network of linear units, 3 outputs, whose error is about the size, and its rows."""
    generator = torch.Generator().manual_seed(1)
    labels = torch.arange(12) % 3
    gap = 4 - float(torch.log(torch.tensor(size, dtype=torch.float64)))
    x = one_hot(labels, 3) * (gap + torch.rand(12, 1, generator=generator, dtype=torch.float64))
    first = torch.cat([torch.eye(3), torch.full((hidden - 3, 3), 1e-3)]).double()
    last = torch.cat([torch.eye(3), torch.full((3, hidden - 3), 0.3)], 1).double()
    last[0, -1] = 0.7
    net = Network((first, last), (torch.zeros(hidden), torch.tensor([0.0, 0.1, 0.2])), ("linear",), "softmax")
    return net, Split(x, one_hot(labels, 3), labels)


def known_error(net, rows, gains):
    """E of the network with gains of its units, in 400 digits."""
    (first, last), (low, high) = ([[[mpmath.mpf(float(v)) for v in r] for r in w] for w in net.weights], net.biases)
    total = mpmath.mpf(0)
    for x, t in zip(rows.inputs.tolist(), rows.targets.tolist(), strict=True):
        h = [
            gains[k] * (mpmath.fsum(w * mpmath.mpf(v) for w, v in zip(row, x, strict=True)) + float(low[k]))
            for k, row in enumerate(first)
        ]
        z = [
            mpmath.fsum(w * v for w, v in zip(row, h, strict=True)) + float(b)
            for row, b in zip(last, high, strict=True)
        ]
        largest = max(z)
        powers = mpmath.log(mpmath.fsum(mpmath.exp(v - largest) for v in z)) + largest
        total += mpmath.fsum(t_i * (powers - z_i) for t_i, z_i in zip(t, z, strict=True))
    return total


@pytest.mark.parametrize("size", SIZES)
def test_every_path_of_the_oracle_keeps_its_digits(size):
    net, rows = taught(size)
    stages, parts = Stages(net, rows, E), net.units
    zeros, gain = cases.zeros(net), 0.75
    start = known_error(net, rows, [1, 1, 1, 1])
    assert size / 100 < start < size * 100
    assert near(stages.total(), start, 1e-11)
    known = [known_error(net, rows, [1 if j != k else mpmath.mpf(gain) for j in range(4)]) for k in range(4)]
    with eagerly():
        eager = unit_errors(stages, parts, zeros, gain)
    fused = unit_errors(stages, parts, zeros, gain)
    plain = plain_errors(net, rows, E, ones(net), parts, zeros, gain)
    at = torch.tensor([gain], dtype=torch.float64)
    drawn = [surface(stages, part, cases.instead(0.0), at)[0] for part in parts]
    for k in range(4):
        for found in (fused[k], eager[k], plain[k], drawn[k]):
            assert near(found, known[k], 1e-11)


@pytest.mark.parametrize("size", [1e-2, 1e-9, 1e-17, 1e-100])
def test_derivatives_by_the_gains_keep_their_digits(size):
    net, rows = taught(size)
    slopes, hessian = gain_derivatives(Stages(net, rows, E), net.units, cases.zeros(net))
    step = mpmath.mpf(10) ** -20

    def moved(a, b=None):
        gains = [mpmath.mpf(1)] * 4
        for k, by in (a,) if b is None else (a, b):
            gains[k] += by * step
        return known_error(net, rows, gains)

    for k in range(4):
        assert near(slopes[k], (moved((k, 1)) - moved((k, -1))) / (2 * step), 1e-11)
        up = (moved((k, 1)) - 2 * moved((k, 0)) + moved((k, -1))) / step**2
        assert near(hessian[k, k], up, 1e-9)


def test_filters_keep_their_digits():
    outputs = cases.FILTERS[2][3]
    net = cases.filters(cases.FILTERS[2])
    weights = [*net.weights[:-1], net.weights[-1] * 400]
    net = Network(tuple(weights), net.biases, net.activations, "softmax", net.image, net.pools)
    inputs = cases.rows(6, net.features, outputs).inputs
    labels = net.logits(inputs).argmax(0)  # right in every row, and by far
    rows = Split(inputs, one_hot(labels, outputs), labels)
    stages, gains = Stages(net, rows, E), torch.tensor([0.9], dtype=torch.float64)
    z = net.logits(inputs)
    known = mpmath.fsum(exact(z[:, n], rows.targets[n])[0] for n in range(6))
    assert 0 < known < 1e-9
    assert near(stages.total(), known, 1e-10)
    last = net.front - 1
    at = torch.arange(net.hidden[last])
    found = filters.errors(stages, last, at, cases.zeros(net).layers[last], gains, 1e2)[:, 0]
    for k in range(len(at)):
        moved = ones(net)
        moved[last][k] = 0.9
        z = net.logits(inputs, moved)
        assert near(found[k], mpmath.fsum(exact(z[:, n], rows.targets[n])[0] for n in range(6)), 1e-9)


def test_fisher_of_a_nearly_perfect_network_is_no_rounding():
    net, rows = taught(1e-20)
    view = View(Stages(net, rows, E), net.units, cases.zeros(net), 1.0, 0)
    assert (Fisher().scores(view).score > 0).all()


def test_what_training_minimises_keeps_the_bits_that_its_keys_promise():
    z, t = logits(1e-9)
    parameters = Parameters(cases.network((3,), 3, output="softmax"))
    assert torch.equal(parameters.minimised(z, t), -(torch.log_softmax(z, dim=-2) * t).sum())
    assert torch.equal(parameters.slope(z, t), E.outputs(z) * t.sum(0) - t)
