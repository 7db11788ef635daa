"""Scores of methods on small networks whose best choice is known, and the kept rows computed again."""

import math
import time

import numpy as np
import pandas as pd
import pytest
import torch

from study.benchmark import builtin, score
from study.benchmark.comparison import chosen, kept_name, measured
from study.benchmark.criterion import UserCriterion
from study.benchmark.freeze import pruned
from study.benchmark.frozen import NEWEST, PUBLISHED, FrozenNetwork, FrozenSet, frozen_set
from study.benchmark.scoring import COLUMNS, removable, rows, stage
from study.benchmark.table import by_population, interval, summed_up
from study.common.errors import StudyError
from study.data import Dataset
from study.data._registry import _load
from study.methods import method, names
from study.trajectories.trajectory import prune
from tests import cases
from tests.benchmark.made import DATA, frozen_network

SET = frozen_set(NEWEST)
METHODS = sorted(set(names()) - set(builtin.refusing(SET)))


def linear():
    """The network of `cases.LINEAR`: impacts 2, 0 and 0; without any unit E is 1/2 (2^2 + 1) = 5/2."""
    splits = dict.fromkeys(("training", "pruning", "held_out"), cases.LINEAR_ROWS)
    data = Dataset("linear", "regression", 0, "linear", splits)
    path, impacts = pruned(cases.LINEAR, data, (0.0,))
    return FrozenNetwork("linear", 0, cases.LINEAR, path, impacts), data


def test_a_choice_is_worth_what_it_costs_more_than_the_cheapest():
    network, data = linear()
    assert network.impact(0).tolist() == [2.0, 0.0, 0.0]
    assert network.span == 2.0
    worst = stage(network, 0, data, UserCriterion(lambda *_: [0, 1, 2], data, "mine"))
    assert (worst["regret"], worst["units"]) == (1.0, 3)
    assert math.isnan(worst["forward_passes"])
    good = stage(network, 0, data, UserCriterion(lambda *_: ([5, 1, 1], [4.0, 0, 0]), data, "mine"))
    assert (good["regret"], good["spearman"], good["scale"], good["sign"]) == (0.0, pytest.approx(1.0), 2.0, 1.0)


def test_what_a_first_call_compiles_is_no_cost_of_a_call():
    network, data = linear()
    waits = iter([1.0])

    def compiled(*_):
        time.sleep(next(waits, 0.0))
        return [0, 1, 2]

    (row,) = rows(network, data, UserCriterion(compiled, data, "mine"), True, True, math.inf)
    assert row["seconds"] < 1


def test_units_removable_are_known_in_closed_form():
    network, data = linear()
    # b and c cost nothing, a costs 2 of 2: two of three units go where a is last, none where it is first
    for order, share in (([2, 0, 1], 2 / 3), ([1, 0, 2], 1 / 3), ([0, 1, 2], 0.0)):
        mine = UserCriterion(lambda *_, order=order: order, data, "mine")
        assert removable(network, data, mine, "single_overall") == share


@pytest.mark.parametrize("ranking", ["iterative", "single_overall"])
@pytest.mark.parametrize("name", ["brute_force", "taylor2_exact", "random", "worst_first"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_units_removable_are_those_of_a_whole_prune(name, ranking, seed):
    network = frozen_network(seed=seed)
    whole = prune(network.trained, DATA, name, ranking, seed=seed).removable()
    assert removable(network, DATA, method(name), ranking) == whole / 9


def test_a_prune_that_takes_too_long_has_no_number():
    network, data = linear()
    slow = UserCriterion(lambda n, _: [2, 0, 1][: sum(n.hidden)], data, "mine")
    assert math.isnan(removable(network, data, slow, "iterative", limit=0.0))


def test_the_oracle_as_a_criterion_is_brute_force():
    def oracle(network, data):
        def error(net, gains=None):
            return float(0.5 * ((net(data.pruning.inputs, gains) - data.pruning.targets) ** 2).sum())

        found = []
        for m, n in enumerate(network.hidden):
            for k in range(n):
                gains = [torch.ones(size, dtype=torch.float64) for size in network.hidden]
                gains[m][k] = 0
                found.append(error(network, gains) - error(network))
        return found, found

    network = frozen_network()
    for removed in network.stages:
        seen = stage(network, removed, DATA, UserCriterion(oracle, DATA, "oracle"))
        assert seen["regret"] == 0
        assert seen["spearman"] == pytest.approx(1)
        assert seen["scale"] == pytest.approx(1)
    assert removable(network, DATA, UserCriterion(oracle, DATA, "oracle"), "iterative") == removable(
        network, DATA, method("brute_force"), "iterative"
    )


@pytest.mark.parametrize("version", PUBLISHED)
def test_every_method_has_kept_rows_in_its_present_version(version):
    assert builtin.absent(frozen_set(version)) == [], builtin.remedy(version)


@pytest.mark.parametrize("name", METHODS)
@pytest.mark.parametrize("population", ["digits_2x50", "cosine_2x10"])
def test_kept_rows_come_back(name, population):
    table = builtin.kept(SET.folder)
    network = SET.networks(population)[0]
    new = pd.DataFrame(list(rows(network, SET.data(population), method(name), False, False, math.inf)))
    old = table[(table["criterion"] == name) & (table["population"] == population) & (table["seed"] == network.seed)]
    compared = [c for c in COLUMNS[4:] if c not in ("seconds", "removable_again")]
    expected, found = old[compared].to_numpy(float), new[compared].to_numpy(float)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["brute_force", "taylor2", "magnitude"])
def test_kept_prunes_come_back(name):
    table = builtin.kept(SET.folder)
    for population in ("digits_1x100", "circle_2x50", "cosine_wave_2x50"):
        network = SET.networks(population)[0]
        of = (table["criterion"] == name) & (table["population"] == population) & (table["removed"] == 0)
        share = removable(network, SET.data(population), method(name), "iterative")
        assert share == pytest.approx(table[of & (table["seed"] == network.seed)]["removable_again"].item())


def test_rows_of_networks_that_were_taken_over_are_the_earlier_ones():
    old = builtin.kept(frozen_set("v1").folder)
    found = builtin.taken(SET, "circle_2x50", ["fisher"])
    of = old[(old["population"] == "circle_2x50") & (old["criterion"] == "fisher")]
    pd.testing.assert_frame_equal(found, of)
    assert builtin.taken(SET, "digits_lenet5", ["fisher"]).empty


def test_rows_of_another_version_of_a_method_do_not_count(tmp_path):
    table = builtin.kept(SET.folder)
    table.loc[table["criterion"] == "taylor2", "version"] += 1
    table.to_csv(tmp_path / builtin.FILE, index=False)
    assert builtin.absent(FrozenSet(tmp_path, SET.manifest)) == ["taylor2"]
    builtin.write(tmp_path, SET_ROWS[SET_ROWS["criterion"] == "taylor2"])
    assert builtin.absent(FrozenSet(tmp_path, SET.manifest)) == []
    pd.testing.assert_frame_equal(builtin.kept(tmp_path), SET_ROWS)
    (tmp_path / builtin.FILE).write_text("a,b\n1,2\n")
    with pytest.raises(StudyError, match="other columns"):
        builtin.kept(tmp_path)


SET_ROWS = builtin.kept(SET.folder)


def made_rows():
    """Two criteria on two networks of one population and one of another, every number by hand."""
    out = []
    for name, add in (("a", 0.0), ("b", 0.5)):
        for population, seed, regrets in (("p", 100, (0.1, 0.3)), ("p", 101, (0.2, 7.0)), ("q", 100, (0.0, 0.0))):
            for removed, regret in zip((0, 60), regrets, strict=True):
                row = dict.fromkeys(COLUMNS, 1.0) | {"criterion": name, "population": population, "seed": seed}
                row |= {"removed": removed, "units": 100 - removed, "regret": regret + add}
                row |= {"removable_once": 0.4 if removed == 0 else math.nan}
                row |= {"removable_again": 0.6 if (removed, seed) == (0, 100) else math.nan}
                out.append(row)
    return pd.DataFrame(out)


def test_networks_count_once_and_regret_is_capped():
    table = summed_up(made_rows())
    a, b = table.loc["a"], table.loc["b"]
    assert a["regret"] == pytest.approx((0.2 + (0.2 + 1.0) / 2 + 0.0) / 3)  # 7 counts as 1
    assert a["regret_early"] == pytest.approx((0.1 + 0.2 + 0.0) / 3)  # 60 % is not early
    assert b["regret"] == pytest.approx((0.7 + (0.7 + 1.0) / 2 + 0.5) / 3)
    assert list(table.index) == ["a", "b"]
    assert list(table["place"]) == [1, 2]
    assert (a["removable_again"], a["removable_once"], a["networks"]) == (pytest.approx(0.6), pytest.approx(0.4), 3)


def test_a_population_that_was_not_pruned_leaves_no_mean():
    made = made_rows()
    made.loc[(made["criterion"] == "b") & (made["population"] == "q"), "removable_again"] = math.nan
    table = summed_up(made)
    assert math.isnan(table.loc["b", "removable_again"])
    assert table.loc["a", "removable_again"] == pytest.approx(0.6)


def test_only_what_all_have_is_compared():
    made = made_rows()
    left = made[~((made["criterion"] == "b") & (made["seed"] == 101))]
    assert list(summed_up(left)["networks"]) == [2, 2]
    assert summed_up(left).loc["a", "regret"] == pytest.approx(0.1)


def test_the_interval_holds_the_mean_and_is_the_range_of_two():
    values = np.array([0.1, 0.4, 0.2, 0.9, 0.3])
    low, high = interval(values)
    assert values.min() < low < values.mean() < high < values.max()
    assert interval(values) == (low, high)
    assert interval(np.array([1.0, 3.0])) == (1.0, 3.0)


def test_places_are_counted_within_a_population():
    table = by_population(made_rows(), "b")
    assert list(table.index) == ["p", "q"]
    assert list(table["place"]) == [2, 2]
    assert list(table["least"]) == [pytest.approx(0.4), 0.0]


def squared(network, data):
    return [(w**2).sum(0) for w in network.weights[1:]]


def test_a_criterion_gets_its_place_in_a_data_frame():
    table = score(squared, ["digits_2x50", "cosine_2x10"], quick=True)
    assert set(table.index) == {"squared", *METHODS}
    # The order of the squares is that of the norms: the same choices, the same overlap.
    for column in ("regret", "overlap_25", "spearman"):
        assert table.loc["squared", column] == pytest.approx(table.loc["magnitude", column])
    assert table.loc["brute_force", "place"] == 1
    assert list(table["networks"].unique()) == [2]


def test_a_whole_run_prunes_as_well():
    scored = measured(squared, ["cosine_2x10"])
    table = summed_up(scored.rows)
    assert scored.unfinished == []
    for column in ("removable_again", "removable_once"):
        assert table.loc["squared", column] == pytest.approx(table.loc["magnitude", column])
    assert table.loc["brute_force", "removable_again"] == table["removable_again"].max()


def test_a_population_without_data_is_left_out_for_all(monkeypatch):
    monkeypatch.setattr(
        "study.benchmark.frozen.missing", lambda name, **_: "go and get it" if "mnist" in name else None
    )
    scored = measured(squared, ["cosine_2x10", "mnist_1x100"], quick=True)
    assert scored.left_out == {"mnist_1x100": "go and get it"}
    assert set(scored.rows["population"]) == {"cosine_2x10"}
    with pytest.raises(StudyError, match="nothing to show: mnist_1x100: go and get it"):
        measured(squared, ["mnist_1x100"], quick=True)


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(StudyError, match=r"a criterion is a function .* got int"):
        score(3)
    with pytest.raises(StudyError, match="unknown method 'taylor3'"):
        score("taylor3")
    with pytest.raises(StudyError, match="v2 has no population digits; it has digits_1x100"):
        score(squared, ["digits"])
    with pytest.raises(StudyError, match="limit=0"):
        score(squared, limit=0)


def test_a_criterion_that_writes_into_the_data_is_refused():
    def vandal(network, data):
        data.pruning.inputs.mul_(2)
        return squared(network, data)

    _load.cache_clear()  # what is spoilt is nobody else's
    try:
        with pytest.raises(StudyError, match="vandal has changed the data of cosine in place"):
            score(vandal, ["cosine_2x10"], quick=True)
    finally:
        _load.cache_clear()


def test_names_do_not_collide_with_methods():
    def magnitude(network, data):
        return squared(network, data)

    assert kept_name(magnitude, None) == "magnitude (yours)"
    assert kept_name(squared, "mine") == "mine"
    assert chosen(SET, "digits_2x50") == ["digits_2x50"]
