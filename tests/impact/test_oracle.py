"""The oracle: closed forms, and the fast path against the plain reference."""

import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from study.impact import Stages, fused, plain_errors, unit_errors
from study.impact.eager import BLOCKS
from study.impact.stages import ones, replacement
from study.networks import ErrorFunction, Network
from study.networks.parts import Parts
from study.speed.oracle import eagerly
from study.trajectories.trajectory import prune
from tests import cases


def close(fast: torch.Tensor, plain: torch.Tensor, stages: Stages) -> bool:
    """Tell whether errors agree to 1e-12 max(E(0), E(1)), given what float64 carries of the outputs.

    An output o near 1 is itself rounded by 1e-16. That shows in a half squared error where all outputs are within 1e-4
    of their targets: it rounds by 1e-16 sum |o - t| <= 1e-16 sqrt(2 E numbers) and by the squares of 1e-16. A
    cross-entropy, and it alone, is never made of o: it rounds as its pre-activations do, relative to itself.
    """
    largest, numbers = plain.clamp(min=stages.total()), stages.t.numel()
    rounding = 3e-16 * (2 * largest * numbers).sqrt() + numbers * 3e-16**2
    if stages.error.error == "cross_entropy":
        rounding = 3e-15 * stages.z[-1].abs().max() * largest
    return bool(((fast - plain).abs() <= 1e-12 * largest + rounding).all())


def test_impacts_of_the_linear_network_are_known():
    stages = Stages(cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear"))
    parts = cases.units(cases.LINEAR)
    assert stages.total() == 0.5
    assert unit_errors(stages, parts, cases.zeros(cases.LINEAR)).tolist() == [2.5, 0.5, 0.5]


@pytest.mark.parametrize("case", cases.CASES)
@pytest.mark.parametrize("gain", [0.0, 0.3])
@pytest.mark.parametrize("mean", [False, True])
def test_the_cached_oracle_equals_one_forward_a_unit(case, gain, mean):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.rows(50, 3, outputs)
    gains = [torch.ones(n, dtype=torch.float64) for n in hidden]
    gains[0][1] = gains[-1][2] = 0.0
    stages = Stages(net, data, ErrorFunction(output, error), gains)
    instead = replacement("mean" if mean else "zero", stages)
    parts = cases.units(net, gains)
    fast = unit_errors(stages, parts, instead, gain)
    plain = plain_errors(net, data, ErrorFunction(output, error), gains, parts, instead, gain)
    assert close(fast, plain, stages)


@settings(max_examples=300, deadline=None)
@given(
    hidden=st.lists(st.integers(1, 7), min_size=1, max_size=4),
    outputs=st.integers(1, 4),
    activation=st.sampled_from(["sigmoid", "tanh", "relu", "softplus"]),
    kind=st.sampled_from(
        [
            ("sigmoid", "half_squared"),
            ("linear", "half_squared"),
            ("softmax", "half_squared"),
            ("softmax", "cross_entropy"),
        ]
    ),
    gain=st.sampled_from([0.5, 3.0, 600.0]),
    samples=st.integers(1, 150),
    seed=st.integers(0, 10**6),
    dead=st.booleans(),
    gone=st.booleans(),
    mean=st.booleans(),
)
def test_any_network_saturated_dead_and_duplicate_units_included(
    hidden, outputs, activation, kind, gain, samples, seed, dead, gone, mean
):
    # Pre-activations beyond +-700 saturate bounded units; products of that size from unbounded ones would round by more
    # than 1e-12 in any order of summation, the reference's included.
    gain = gain if activation in ("sigmoid", "tanh") else min(gain, 3.0)
    net = cases.network(hidden, outputs, activation, kind[0], seed=seed, gain=gain)
    weights = [w.clone() for w in net.weights]
    if dead:
        weights[-1][:, 0] = 0.0  # a dead unit, and a duplicate of the last one where there is room
        if hidden[-1] > 2:
            weights[-2][-2], weights[-1][:, -2] = weights[-2][-1], weights[-1][:, -1]
    net = Network(tuple(weights), net.biases, net.activations, net.output)
    data, error = cases.rows(samples, 3, outputs, seed), ErrorFunction(*kind)
    gains = [torch.ones(n, dtype=torch.float64) for n in hidden]
    gains[seed % len(hidden)][0] = float(not gone)
    stages = Stages(net, data, error, gains)
    parts = cases.units(net, gains)
    instead = replacement("mean" if mean else "zero", stages)
    plain = plain_errors(net, data, error, gains, parts, instead)
    assert close(unit_errors(stages, parts, instead), plain, stages)
    with eagerly():
        assert close(unit_errors(stages, parts, instead), plain, stages)


@pytest.mark.parametrize("case", cases.CASES)
def test_every_path_removes_in_the_same_order(case):
    hidden, outputs, activation, output, error = case
    net = cases.network(hidden, outputs, activation, output)
    data = cases.dataset(200, 3, outputs)

    def order():
        steps = prune(net, data, error=error).tables["events"]
        return list(zip(steps["layer"], steps["unit"], strict=True))[1:]

    gains, plainly = ones(net), []
    while any(g.any() for g in gains):
        parts = cases.units(net, gains)
        rows, function = data.splits["pruning"], ErrorFunction(output, error)
        first = parts.at(int(plain_errors(net, rows, function, gains, parts, cases.zeros(net)).argmin()))
        plainly.append((first.layer, first.index))
        gains[first.layer][first.index] = 0.0
    assert order() == plainly
    with eagerly():
        assert order() == plainly


def test_the_log_says_which_path_runs_and_what_is_missing(monkeypatch, caplog):
    caplog.set_level("INFO", "study")
    fused.kernel.cache_clear()
    monkeypatch.setitem(sys.modules, "study.impact._kernel", None)
    assert fused.path() == "eager"
    assert "pip install numba" in caplog.text
    fused.kernel.cache_clear()
    monkeypatch.undo()
    caplog.set_level("INFO", "study")
    pytest.importorskip("numba")
    assert fused.path() == "fused"
    assert fused.path("cuda") == "eager"
    assert "fused kernel" in caplog.text


def test_numbers_that_are_not_finite_are_never_hidden():
    net, data = cases.network((4, 3), 2), cases.rows(20, 3, 2)
    stages = Stages(net, data, ErrorFunction("sigmoid"))
    parts = cases.units(net)
    stages.z[1][0, 3] = float("nan")
    assert unit_errors(stages, parts, cases.zeros(net))[:4].isnan().all()
    stages.h[1][1, 3] = float("nan")
    assert unit_errors(stages, parts, cases.zeros(net))[5].isnan()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@pytest.mark.parametrize("case", cases.CASES)
def test_an_accelerator_gives_the_same_numbers(case):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.dataset(200, 3, outputs)
    for method in ("brute_force", "taylor2", "taylor2_exact", "quadratic_once", "random"):
        here, there = (prune(net, data, method, error=error, device=d).tables["impacts"] for d in ("cpu", "cuda"))
        assert np.allclose(here[["estimate", "impact"]], there[["estimate", "impact"]], rtol=1e-9, equal_nan=True)


def test_blocks_of_samples_and_units_change_nothing():
    net, data = cases.network((40, 30), 2), cases.rows(BLOCKS["cpu"] // 20, 3, 2)
    stages = Stages(net, data, ErrorFunction("sigmoid"))
    parts = Parts.of([(0, 3), (0, 39), (1, 7)])
    plain = plain_errors(net, data, ErrorFunction("sigmoid"), ones(net), parts, cases.zeros(net))
    assert close(unit_errors(stages, parts, cases.zeros(net)), plain, stages)


@pytest.mark.parametrize("constant", [0.0, 0.4])
def test_removal_step_by_step_equals_a_fresh_forward_pass(constant):
    net, data = cases.network((5, 4), 3), cases.rows(30, 3, 3)
    stages, gains, folded = Stages(net, data, ErrorFunction("sigmoid")), ones(net), net
    for layer, unit in [(1, 2), (0, 0), (0, 4), (1, 0), (0, 1)]:
        stages.remove(layer, unit, cases.instead(constant))
        gains[layer][unit] = 0.0
        folded = folded.absorb(layer, unit, constant)
        fresh = Stages(folded, data, ErrorFunction("sigmoid"), gains)
        for m, left in enumerate(fresh.units):
            rows = stages.rows(m, left)
            assert sorted(stages.units[m].tolist()) == left.tolist()
            assert torch.allclose(stages.z[m][rows], fresh.z[m], rtol=0, atol=1e-14)
            assert torch.allclose(stages.h[m][rows], fresh.h[m], rtol=0, atol=1e-14)
        assert torch.allclose(stages.z[-1], fresh.z[-1], rtol=0, atol=1e-14)
        assert torch.allclose(stages.z[-1], folded.logits(data.inputs, gains), rtol=0, atol=1e-14)
