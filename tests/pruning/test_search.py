"""The best sets of removed units: against every combination by full forward passes, and against brute force."""

from dataclasses import replace
from itertools import combinations

import pytest
import torch

from study.common.errors import StudyError
from study.data import Dataset
from study.impact.reference import plain_error
from study.impact.stages import Stages
from study.networks import ErrorFunction
from study.pruning.search import MOST, Sets, beam, exhaustive, members, ordered
from study.trajectories.trajectory import prune
from tests import cases

SMALL = [((6,), "sigmoid", "half_squared"), ((3, 3), "softmax", "cross_entropy"), ((2, 2, 2), "linear", "half_squared")]


def made(hidden, output, seed=0):
    data = cases.dataset(outputs=3, seed=seed)
    return cases.network(hidden, 3, output=output, seed=seed), data


def by_combinations(net, rows, error):
    """E of the best set of each size, each set by a full forward pass; and E of every set."""
    places = [(m, k) for m, n in enumerate(net.hidden) for k in range(n)]
    every = {}
    for n in range(len(places) + 1):
        for chosen in combinations(range(len(places)), n):
            gains = [torch.ones(size, dtype=torch.float64) for size in net.hidden]
            for i in chosen:
                gains[places[i][0]][places[i][1]] = 0.0
            every[chosen] = plain_error(net, rows, error, gains)
    best = [min((e, s) for s, e in every.items() if len(s) == n) for n in range(len(places) + 1)]
    return best, every


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("hidden", "output", "kind"), SMALL)
def test_exhaustive_finds_the_best_of_all_combinations(hidden, output, kind, seed):
    net, data = made(hidden, output, seed)
    error = ErrorFunction(output, kind)
    best, every = by_combinations(net, data.pruning, error)
    found = exhaustive(net, data.pruning, error)
    limit = 1e-12 * max(every.values())
    for n, (e, chosen) in enumerate(best):
        assert abs(float(found.errors[n]) - e) <= limit
        assert abs(every[found.sets[n]] - e) <= limit
        assert len(found.sets[n]) == len(chosen) == n


@pytest.mark.parametrize(("hidden", "output", "kind"), SMALL)
def test_a_beam_of_unlimited_width_is_exhaustive(hidden, output, kind):
    net, data = made(hidden, output)
    error = ErrorFunction(output, kind)
    wide, all_ = beam(net, data.pruning, error, 10**6), exhaustive(net, data.pruning, error)
    assert wide.sets == all_.sets
    assert torch.allclose(wide.errors, all_.errors, rtol=1e-12)


@pytest.mark.parametrize("hidden", [(6,), (5, 4), (3, 3, 3)])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_beam_of_width_one_is_brute_force(hidden, seed):
    net, data = made(hidden, "sigmoid", seed)
    events = prune(net, data, "brute_force").tables["events"]
    start = torch.tensor([0, *net.hidden]).cumsum(0).tolist()
    went = [start[m] + k for m, k in zip(events["layer"][1:], events["unit"][1:], strict=True)]
    found = beam(net, data.pruning, ErrorFunction(net.output), 1)
    assert found.sets == [tuple(sorted(went[:n])) for n in range(len(went) + 1)]


def test_a_beam_of_width_one_breaks_ties_as_brute_force_does():
    # b and c of the linear network tie at 0, then any order of what is left costs 2
    found = beam(cases.LINEAR, cases.LINEAR_ROWS, ErrorFunction("linear"), 1)
    assert found.sets == [(), (1,), (1, 2), (0, 1, 2)]
    assert found.errors.tolist() == [0.5, 0.5, 0.5, 2.5]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("width", [1, 2, 5])
def test_no_beam_is_worse_than_greedy_or_better_than_the_best(width, seed):
    net, data = made((4, 4), "sigmoid", seed)
    error = ErrorFunction(net.output)
    path = torch.tensor(prune(net, data, "brute_force").trajectory["error_pruning"])
    found, best = beam(net, data.pruning, error, width).errors, exhaustive(net, data.pruning, error).errors
    slack = 1e-12 * float(path.max())
    assert torch.all(found <= path + slack)
    assert torch.all(best <= found + slack)


def test_greedy_can_be_wrong():
    """Two units that cancel each other cost nothing together, and more than a third one alone."""
    data = cases.LINEAR_ROWS
    net = cases.LINEAR.resized(
        [torch.tensor([[0.0, 0, 2], [0.0, 0, 2], [1.0, 0, 0]]).double(), torch.tensor([[1.0, -1, 0.5]]).double()],
        cases.LINEAR.biases,
    )
    error = ErrorFunction("linear")
    assert exhaustive(net, data, error).sets[:3] == [(), (2,), (0, 1)]
    assert beam(net, data, error, 1).sets[2] != (0, 1)
    assert beam(net, data, error, 3).sets[2] == (0, 1)


def test_stages_of_a_set_are_those_of_its_gains():
    net, data = made((4, 3), "softmax")
    sets = Sets(net, data.pruning, ErrorFunction("softmax"))
    removed = 0b0101001
    one, other = sets.stages.at(sets.gains(removed)), Stages(net, data.pruning, sets.stages.error, sets.gains(removed))
    assert [u.tolist() for u in one.units] == [u.tolist() for u in other.units] == [[1, 2], [0, 2]]
    for a, b in zip((*one.z, *one.h), (*other.z, *other.h), strict=True):
        assert torch.allclose(a, b, rtol=1e-13, atol=1e-15)


def test_ties_go_to_the_lowest_places():
    assert [members(s) for s, _ in ordered({0b110: 1.0, 0b101: 1.0, 0b011: 1.0 + 1e-14}, 3)] == [(0, 1), (0, 2), (1, 2)]
    assert [s for s, _ in ordered({1: 3.0, 2: 1.0, 4: 2.0}, 2)] == [2, 4]


def test_what_cannot_be_searched_is_refused():
    net = cases.network((MOST + 1,), 3)
    rows = cases.rows(20, 3, 3)
    with pytest.raises(StudyError, match=r"K at most 14; 3-15-3 has 15 hidden units: take record\.search=beam"):
        exhaustive(net, rows, ErrorFunction(net.output))
    with pytest.raises(StudyError, match="search_width=0: 1 or more"):
        beam(net, rows, ErrorFunction(net.output), 0)


@pytest.mark.parametrize(("search", "kind"), [("beam", beam), ("exhaustive", exhaustive)])
def test_a_search_is_recorded_beside_the_prune_and_leaves_it_as_it_is(search, kind):
    net, data = made((3, 3), "sigmoid")
    plain, asked = prune(net, data, "taylor2"), prune(net, data, "taylor2", search=search)
    assert set(asked.tables) - set(plain.tables) == {"searched", "searched_sets"}
    assert plain.tables["evaluations"].equals(asked.tables["evaluations"])
    assert plain.searched.empty
    found = kind(net, data.pruning, ErrorFunction(net.output))
    table, sets = asked.searched, asked.searched_sets
    assert table["error"].tolist() == found.errors.tolist()
    in_set = sets.assign(place=sets["layer"] * 3 + sets["unit"]).groupby("event")["place"].apply(tuple)
    assert [in_set.get(n, ()) for n in range(7)] == found.sets
    ends = asked.tables["evaluations"].query("split == 'pruning' and event in (0, 6)")
    assert table["correct"].iloc[[0, 6]].tolist() == ends["correct"].tolist()
    assert table["error"].iloc[[0, 6]].tolist() == pytest.approx(ends["error"].tolist(), rel=1e-12)


def test_right_answers_are_not_counted_in_a_regression():
    net = cases.network((3,), 1, output="linear")
    rows = replace(cases.rows(20, 3, 1), labels=torch.zeros(20, dtype=torch.int64))
    data = Dataset("made", "regression", 0, "linear", dict.fromkeys(("training", "pruning", "held_out"), rows))
    assert prune(net, data, search="exhaustive").searched["correct"].isna().all()


@pytest.mark.parametrize("refused", [{"removal": "mean"}, {"protocol": "retrain"}])
def test_a_search_goes_with_zero_removal_and_no_training(refused):
    net, data = made((3,), "sigmoid")
    with pytest.raises(StudyError, match="search=beam goes with protocol no_retrain and removal zero"):
        prune(net, data, search="beam", **refused)
