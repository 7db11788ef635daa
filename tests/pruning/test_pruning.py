"""Rankings to the last unit: order, ties, masks, physical removal, what is recorded."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from study import records
from study.common.errors import StudyError
from study.impact import unit_errors
from study.methods import Scores, method, names
from study.methods.base import method_class, removals
from study.networks import from_module
from study.networks.parts import Parts
from study.pruning import unit_state
from study.pruning.choice import choose
from study.pruning.settings import Selection, Settings
from study.pruning.state import Truths
from study.scopes import scope
from study.training.further import Further
from study.trajectories.trajectory import collect, prune
from tests import cases


@pytest.fixture(scope="module")
def data():
    return cases.dataset(samples=40, features=3, outputs=3)


def order(result):
    events = result.tables["events"]
    return list(zip(events["layer"][1:], events["unit"][1:], strict=True))


UNIT = scope("unit")


def by_hand(net, rows, error="half_squared"):
    """Brute force by full forward passes and nothing else."""
    gains = [torch.ones(n, dtype=torch.float64) for n in net.hidden]
    went, errors = [], [float(cases.plain_error(net, rows, error, gains))]
    while any(g.any() for g in gains):
        found = []
        for m, k in cases.units(net, gains):
            gains[m][k] = 0.0
            found.append((float(cases.plain_error(net, rows, error, gains)), m, k))
            gains[m][k] = 1.0
        e, m, k = min(found)
        gains[m][k] = 0.0
        went.append((m, k))
        errors.append(e)
    return went, errors


@pytest.mark.parametrize("hidden", [(6,), (5, 4), (3, 3, 3)])
def test_iterative_brute_force_equals_the_same_done_by_hand(hidden, data):
    net = cases.network(hidden, 3)
    result = prune(net, data, "brute_force")
    went, errors = by_hand(net, data.pruning)
    assert order(result) == went
    assert result.trajectory["error_pruning"].to_numpy() == pytest.approx(errors, rel=1e-12)


@pytest.mark.parametrize(("name", "removal"), [(n, r) for n in names() for r in removals(method_class(n))])
@pytest.mark.parametrize("ranking", ["single_overall", "iterative"])
def test_every_method_removes_every_unit_once_and_masks_only_shrink(name, ranking, removal, data):
    net = cases.network((4, 3), 3)
    result = prune(net, data, name, ranking, removal=removal)
    assert sorted(order(result)) == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1), (1, 2)]
    path = [torch.cat(gains) for gains, _ in result.path]
    for before, after in pairwise(path):
        assert (after <= before).all()
        assert int((before - after).sum()) == 1
    assert result.trajectory["units_left"].tolist() == [7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize("removal", ["zero", "mean", "compensate"])
@pytest.mark.parametrize("case", cases.CASES)
def test_physical_removal_gives_the_same_outputs_as_gain_0(case, removal):
    hidden, outputs, activation, output, error = case
    net, data = cases.network(hidden, outputs, activation, output), cases.dataset(outputs=outputs)
    result = prune(net, data, "taylor2", removal=removal, error=error)
    for k, (gains, masked) in enumerate(result.path):
        small = result.network_after(k)
        assert torch.allclose(small(data.pruning.inputs), masked(data.pruning.inputs, gains), rtol=0, atol=1e-12)
        assert sum(small.hidden) == sum(hidden) - k
        row = result.trajectory.iloc[k]
        multiply_adds = sum(w.numel() for w in small.weights)
        assert (small.parameters, multiply_adds) == (row["parameters_left"], row["multiply_adds_left"])
        ones = [torch.ones(n, dtype=torch.float64) for n in small.hidden]
        assert float(cases.plain_error(small, data.pruning, error, ones)) == pytest.approx(
            row["error_pruning"], rel=1e-11
        )


def test_the_impact_of_the_choice_is_the_rise_of_the_error(data):
    for removal in ("zero", "mean"):
        result = prune(cases.network((5, 4), 3), data, "brute_force", removal=removal)
        events, path = result.tables["events"], result.trajectory["error_pruning"]
        assert np.allclose(events["estimate"][1:], path.diff()[1:], rtol=1e-9, atol=1e-12)
        assert (result.agreement["regret"] == 0).all()


def test_nothing_removes_worse_than_the_worst_first_at_the_first_step(data):
    net = cases.network((5, 4), 3)
    worst = prune(net, data, "worst_first").trajectory["error_pruning"][1]
    assert all(prune(net, data, name).trajectory["error_pruning"][1] <= worst for name in names())


def test_a_single_ranking_keeps_its_first_word(data):
    result = prune(cases.network((6,), 3), data, "taylor1", "single_overall")
    first = result.impacts[result.impacts["event"] == 0].set_index("unit")["estimate"]
    for event, rows in result.impacts.groupby("event"):
        assert rows.set_index("unit")["estimate"].equals(first[rows["unit"]]), event
    assert [u for _, u in order(result)] == first.sort_values().index.tolist()


@pytest.mark.parametrize("name", ["brute_force", "taylor1", "taylor2_exact", "quadratic_once", "random"])
@pytest.mark.parametrize("removal", ["zero", "mean"])
def test_scored_anew_after_every_nth_removal_is_a_single_ranking_of_what_is_left_each_time(name, removal, data):
    net = cases.network((5, 4), 3)
    result = prune(net, data, name, every=4, removal=removal)
    went, whole = order(result), order(prune(net, data, name, "single_overall", removal=removal))
    assert went[:4] == whole[:4]
    if name != "random":
        rest = prune(result.network_after(4), data, name, "single_overall", removal=removal)
        gains, _ = result.path[4]
        names_of = [g.nonzero()[:, 0].tolist() for g in gains]
        assert went[4:8] == [(m, names_of[m][k]) for m, k in order(rest)][:4]
    passes = result.tables["events"]["forward_passes"].to_numpy()
    assert (passes[[0, 4, 8]] == passes[[3, 7, 9]]).all()
    if name != "random":
        assert passes[0] < passes[4] < passes[8]


def test_every_removal_is_the_default_and_more_than_all_is_a_single_ranking(data):
    net = cases.network((5, 4), 3)
    for name in ("taylor2_exact", "quadratic_once"):
        one, never = prune(net, data, name, every=1), prune(net, data, name, every=100)
        assert order(one) == order(prune(net, data, name))
        single = prune(net, data, name, "single_overall")
        assert order(never) == order(single)
        assert np.array_equal(never.impacts, single.impacts)
    with pytest.raises(StudyError, match="every=0"):
        prune(net, data, "taylor1", every=0)
    with pytest.raises(StudyError, match="every=2 goes with ranking iterative"):
        prune(net, data, "taylor1", "single_overall", every=2)


def test_exact_ties_go_to_the_lowest_layer_then_index():
    scores = torch.tensor([3.0, 1.0, 1.0 + 5e-13, 1.0], dtype=torch.float64)
    parts = Parts.of([(0, 0), (0, 2), (1, 0), (1, 1)])
    assert choose(Scores(scores, scores), parts, UNIT, error=1.0, tie=1e-12) == 1
    # 1 + 5e-13 is tied with 1 at E = 1, and so the lower unit goes; 1e-9 is no tie.
    near = torch.tensor([1.0 + 5e-13, 1.0], dtype=torch.float64)
    assert choose(Scores(near, near), Parts.of([(0, 0), (0, 1)]), UNIT, error=1.0, tie=1e-12) == 0
    far = torch.tensor([1.0 + 1e-9, 1.0], dtype=torch.float64)
    assert choose(Scores(far, far), Parts.of([(0, 0), (0, 1)]), UNIT, error=1.0, tie=1e-12) == 1


def test_a_score_that_is_no_number_is_refused():
    with pytest.raises(StudyError, match="unit 1 of hidden layer 0"):
        choose(Scores(torch.tensor([0.0, float("nan")])), Parts.of([(0, 0), (0, 1)]), UNIT, 1.0, 1e-12)


def test_truth_and_surfaces_are_recorded_where_asked_for(data):
    result = prune(cases.network((5, 4), 3), data, "taylor2", truth_every=4, surfaces_every=3)
    assert sorted(result.impacts["event"].unique()) == [0, 4, 8]
    assert sorted(result.surfaces["event"].unique()) == [0, 3, 6]
    assert len(result.surfaces) == 3 * 101
    path = result.trajectory.set_index("event")["error_pruning"]
    for event, rows in result.surfaces.groupby("event"):
        by_gain = rows.set_index("gain")["error"]
        assert by_gain[1.0] == pytest.approx(path[event], rel=1e-12)
        assert by_gain[0.0] == pytest.approx(path[event + 1], rel=1e-12)


def test_selection_changes_what_is_ranked_on_and_not_what_is_evaluated_on(data):
    net = cases.network((6,), 3)
    full = prune(net, data, "brute_force")
    held_out = prune(net, data, "brute_force", selection="held_out")
    subset = prune(net, data, "brute_force", selection=Selection("subset", 10, 1))
    start = [r.tables["evaluations"].query("event == 0")["error"].tolist() for r in (full, held_out, subset)]
    assert start[0] == start[1] == start[2]
    for other in (held_out, subset):
        at_start = other.impacts.query("event == 0")
        assert at_start["impact"].tolist() == full.impacts.query("event == 0")["impact"].tolist()
        assert at_start["estimate"].tolist() != at_start["impact"].tolist()
    with pytest.raises(StudyError, match="possible: 1 to 40"):
        prune(net, data, selection=Selection("subset", 41))


def test_both_errors_are_recorded_under_a_softmax(data):
    net = cases.network((6,), 3, output="softmax")
    a = prune(net, data, "brute_force").tables["evaluations"]
    b = prune(net, data, "brute_force", error="cross_entropy").tables["evaluations"]
    start_a, start_b = a.query("event == 0"), b.query("event == 0")
    assert start_a["error"].tolist() == start_b["second_error"].tolist()
    assert start_a["second_error"].tolist() == start_b["error"].tolist()
    with pytest.raises(StudyError, match="needs a softmax"):
        prune(cases.network((6,), 3), data, error="cross_entropy")


def test_tables_are_as_declared_and_the_same_twice(data):
    net = cases.network((5, 4), 3)
    one, two = (prune(net, data, "taylor2_exact", surfaces_every=4, pairs=True, search="beam") for _ in range(2))
    assert {*one.tables, *records.ON_DEMAND} == set(records.TABLES)
    for name, frame in one.tables.items():
        assert list(frame.columns) == list(records.TABLES[name])
        pd.testing.assert_frame_equal(
            records.without_timing(name, frame), records.without_timing(name, two.tables[name]), check_exact=True
        )
    rows = one.tables["evaluations"].query("split == 'pruning'")
    assert [sum(c) for c in rows["correct_per_class"]] == rows["correct"].tolist()


def test_the_hessian_is_recorded_where_asked_for(data):
    net = cases.network((5, 4), 3)
    found = prune(net, data, "quadratic_once", "single_overall", hessian=True)
    assert prune(net, data, "quadratic_once").hessian.empty
    assert len(found.hessian) == 9 * 10 / 2
    start, then = (found.impacts.query(f"event == {k}").set_index(["layer", "unit"]) for k in (0, 1))
    gone = tuple(found.trajectory.loc[1, ["layer", "unit"]])
    for row in found.hessian.itertuples():
        a, b = (row.layer_a, row.unit_a), (row.layer_b, row.unit_b)
        if a == b:
            assert row.curvature / 2 == pytest.approx(start["curvature"][a], rel=1e-12)
        elif gone in (a, b):
            other = b if a == gone else a
            assert then["estimate"][other] - start["estimate"][other] == pytest.approx(row.curvature, rel=1e-9)


def test_a_persons_own_module_is_pruned(data):
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3), nn.Softmax(dim=1))
    module = module.double()
    result = prune(module, data, "taylor2_exact", error="cross_entropy", truth_every=5)
    assert torch.allclose(result.network_after(0)(data.pruning.inputs), module(data.pruning.inputs), atol=1e-12)
    with pytest.raises(StudyError, match="Conv1d"):
        from_module(nn.Sequential(nn.Linear(3, 3), nn.Conv1d(1, 1, 1)))


def test_what_does_not_fit_is_said(data):
    with pytest.raises(StudyError, match=r"4 inputs and 3 outputs.*3 and 3"):
        prune(cases.network((5,), 3, features=4), data)
    with pytest.raises(StudyError, match="ranking='twice'; possible: single_overall, iterative"):
        Settings(ranking="twice")
    with pytest.raises(StudyError, match="had 5 hidden units"):
        prune(cases.network((5,), 3), data).network_after(6)


def test_methods_share_the_true_impacts_of_a_trained_network(monkeypatch):
    net, data = cases.network((5, 4), 3), cases.dataset()
    asked = []
    monkeypatch.setattr(unit_state, "unit_errors", lambda *args: asked.append(len(args[1])) or unit_errors(*args))
    known = Truths()

    def impacts(net, data, name, **given):
        of = Settings(truth_every=100, **given)
        return collect(net, method(name), of, Further(data, seed=0), truths=known).impacts

    one, other = impacts(net, data, "magnitude"), impacts(net, data, "taylor1")
    assert asked == [9]
    assert one["impact"].equals(other["impact"])
    impacts(net, data, "taylor1", removal="mean")
    impacts(cases.network((5, 4), 3, seed=1), data, "taylor1")
    impacts(net, cases.dataset(seed=5), "taylor1")
    assert asked == [9] * 4
