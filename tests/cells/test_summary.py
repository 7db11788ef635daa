"""A cell of single weights in a few numbers, and the curves that the UI draws of it."""

import math

import pytest

from study.cells.summary import step_metrics, summary
from study.protocols.base import Cut, Evaluate, Score
from study.tracking.record import MOST_STEP_METRICS
from tests.measures.test_bridge import Twice, pruned


class Unmeasured(Twice):
    """One cut, at which nothing is measured."""

    def events(self, state, ranking):  # noqa: ARG002
        yield Score()
        yield Evaluate(0, measured=False)
        yield Cut(0.5)
        yield Evaluate(1, measured=False)


@pytest.fixture(scope="module")
def found():
    return pruned()


def test_curves_of_weights_go_by_the_round_and_say_what_its_cut_did(found):
    curves, bridge = step_metrics(found), found.tables["bridge"]
    path, decisions = found.trajectory, found.tables["decisions"]
    assert len(curves) <= MOST_STEP_METRICS
    for split in ("pruning", "held_out"):
        last = path[f"accuracy_{split}"].iloc[[0, 2, 3]]
        assert curves[f"accuracy/{split}"] == list(zip([0, 1, 2], last, strict=True))
    assert curves["size/share_left"] == list(zip([0, 1, 2], [1.0, *(path["units_left"][2:] / 195)], strict=True))
    pooled = bridge.query("layer == -1 and criterion == 'taylor2'")["spearman"]
    assert curves["agreement/taylor2"] == list(zip([0, 1, 2], pooled, strict=True))
    assert [step for step, _ in curves["agreement/method"]] == [0, 1]  # none decided in the end
    for name in ("interaction", "instability"):
        assert curves[f"cut/{name}"] == list(zip([0, 1], decisions[name], strict=True))
    assert [step for step, _ in curves["cut/regret"]] == [0, 1]


def test_the_summary_counts_weights_and_leaves_out_what_there_is_not(found):
    seen = summary(found)
    assert seen.units == 5 * 12 + 12 * 9 + 9 * 3
    assert 0 <= seen.removable <= seen.units
    bridge = found.tables["bridge"].query("event == 0 and layer == -1 and criterion == 'method'")
    assert seen.spearman_start == bridge["spearman"].item()
    assert math.isnan(seen.regret)
    assert "regret" not in seen.metrics()


def test_a_cell_of_weights_that_measures_nothing_has_its_curves():
    found = pruned(protocol=Unmeasured(), measures={})
    assert "bridge" not in found.tables
    assert math.isnan(summary(found).spearman_start)
    assert {name for name, points in step_metrics(found).items() if points} == {
        *("accuracy/pruning", "accuracy/held_out", "size/share_left"),
    }
