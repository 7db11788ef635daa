"""What the summaries in the tracking store say: medians over networks, and the claims that rest on them."""

import argparse

import numpy as np
import pytest

from analysis import claims, metrics
from analysis.metrics import per_network
from analysis.reporting import wanted
from analysis.start_here import is_local, medians, words
from tests.analysis.synthetic import Cell, frames, study

STEPS = 11


def cell(seed: int, scale: float, **changes) -> Cell:
    removed = np.arange(STEPS)
    changes = {"method": "brute_force", "accuracy": 1 - removed / 20} | changes
    return Cell("digits_1x100", error=scale * (1.0 + removed), seed=seed, **changes)


def test_curves_are_medians_and_quantiles_over_networks():
    scales = {100: 1.0, 101: 2.0, 102: 4.0}
    found = medians.over_removals(frames(cell(seed, scale) for seed, scale in scales.items()))
    assert list(found) == [("digits_1x100", "iterative", "brute_force")]
    curves = found["digits_1x100", "iterative", "brute_force"]
    assert [step for step, _ in curves["error_per_sample/pruning"]] == list(range(STEPS))
    assert curves[medians.OVER] == [(k, k) for k in range(STEPS)]
    start = {end: curves[f"error_per_sample/pruning{end}"][0][1] * 1000 for end in medians.QUANTILES}
    assert start == pytest.approx({end: np.quantile([1, 2, 4], q) for end, q in medians.QUANTILES.items()})
    assert curves["accuracy/pruning"][-1] == (STEPS - 1, pytest.approx(0.5))


def test_draws_of_the_random_method_are_one_network():
    drawn = [cell(100, scale, method="random", draw=draw) for draw, scale in enumerate((1.0, 4.0))]
    curves = medians.over_removals(frames([*drawn, cell(101, 2.0, method="random")]))
    error = dict(curves["digits_1x100", "iterative", "random"]["error_per_sample/pruning"])
    assert error[0] * 1000 == pytest.approx(2.0)  # geometric mean of 1 and 4, then the median of 2 and 2


def test_scalars_are_medians_over_networks():
    found = medians.scalars(per_network(metrics.table(frames(cell(100 + n, 1.0) for n in range(3)))))
    assert found["networks"] == 3
    assert found["units"] == 10
    assert found["removable"] == pytest.approx(10 * found["removable_share"])
    assert "nan" not in map(str, found.values())


def test_a_run_says_which_claims_rest_on_its_population():
    seen = study(["mnist_1x100"], methods=["brute_force", "taylor1", "taylor2"])
    judged = claims.evaluate(seen, metrics.table(seen))
    told = words.claims_on(judged)
    assert set(told) == {"mnist_1x100"}
    verdict = judged.verdicts.query("claim == 'C04' and part == 'overall' and arm == 'as_published'")["verdict"].item()
    [sentence] = [s for s in told["mnist_1x100"] if s.startswith("**C04 ")]
    assert sentence.startswith(f"**C04 {verdict}**: Second order beats first order")
    assert sentence.count("SUP(") == 1
    assert "PROP(" in sentence


@pytest.mark.parametrize(
    ("asked", "summed"),
    [
        ({}, True),
        ({"start_here": False}, False),
        ({"sweep": "smoke"}, False),
        ({"sweep": "smoke", "start_here": True}, True),
        ({"store": "http://127.0.0.1:5000"}, False),
        ({"store": "http://127.0.0.1:5000", "start_here": True}, True),
        ({"exported": "outputs/export"}, False),
    ],
)
def test_whole_stores_of_this_machine_are_summed_up_unless_told_otherwise(tmp_path, asked, summed):
    (tmp_path / "mlflow.db").touch()
    usual = {"store": f"sqlite:///{tmp_path}/mlflow.db", "start_here": None, "sweep": None, "exported": None}
    assert wanted(argparse.Namespace(**usual | asked)) is summed


def test_only_a_file_that_can_be_written_is_summed_up_unasked(tmp_path):
    (tmp_path / "mlflow.db").touch()
    assert is_local(f"sqlite:///{tmp_path}/mlflow.db")
    assert not is_local(f"sqlite:///{tmp_path}/none.db")
    assert not is_local("http://127.0.0.1:5000")
