"""Within so many points: one rule for the cells, the benchmark and the analysis, on counts."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from analysis.metrics import trajectory
from study.benchmark import scoring
from study.pruning.state import Evaluation
from study.records.kept import accuracy_kept, largest_error, least_correct
from study.trajectories.trajectory import Result

# Falls of exactly one point; shares in floating point call those of the first three more.
EXACT = [(13, 12, 100), (2503, 2453, 5000), (10, 9, 100), (9400, 9300, 10_000), (93, 92, 100)]


def of_analysis(start, end, samples):
    found = trajectory(np.array([1.0, 2.0, 9.0]), np.array([start, end, 0]), samples)
    return round(2 * found["r_1"])


def of_a_cell(start, end, samples):
    made = {"event": [0, 1, 2], "split": "pruning", "error": [1.0, 2.0, 9.0], "samples": samples}
    events = pd.DataFrame({"event": [0, 1, 2], "round": [0, 1, 2], "removed": [0, 1, 2]})
    return Result({"events": events, "evaluations": pd.DataFrame({**made, "correct": [start, end, 0]})}, []).removable()


def of_the_benchmark(start, end, samples):
    seen = Evaluation(1.0, None, torch.tensor([start]))
    steps = [scoring._within(replace(seen, correct=torch.tensor([n])), seen, 8.0, samples) for n in (end, 0)]
    return steps.index(False)


@pytest.mark.parametrize("rule", [of_analysis, of_a_cell, of_the_benchmark])
@pytest.mark.parametrize(("start", "end", "samples"), EXACT)
def test_a_fall_of_exactly_the_margin_is_within_it_everywhere(rule, start, end, samples):
    assert rule(start, end, samples) == 1
    assert rule(start, end - 1, samples) == 0


@given(st.integers(1, 60_000), st.data(), st.sampled_from([0.1, 0.5, 1, 1.0, 2.0, 5.0, np.float64(1.0)]))
def test_points_are_counted_as_fractions_are(samples, data, points):
    start, now = (data.draw(st.integers(0, samples)) for _ in range(2))
    within = 100 * Fraction(start - now, samples) <= Fraction(str(float(points)))
    assert accuracy_kept([start, now], samples, points)[1] == within == (now >= least_correct(start, samples, points))


def test_an_error_of_exactly_the_margin_is_within_it():
    assert largest_error(2.0, 100.0, 0.01) == 3.0
    seen = Evaluation(3.0, None, torch.zeros(0))
    assert scoring._within(seen, replace(seen, error=2.0), 100.0, 10)
    assert not scoring._within(replace(seen, error=3.0001), replace(seen, error=2.0), 100.0, 10)
