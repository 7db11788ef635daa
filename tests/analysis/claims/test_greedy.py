"""Is greedy flawed (C43)? Stores whose regret is known, and a search that was recorded for real."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hydra import compose

from analysis.claims import evaluate, load, newest_cells
from analysis.doubles import merged
from analysis.metrics import per_network, table
from analysis.runs import read_store
from analysis.sections.greedy import in_words, limits, said, searches
from study.cells.run import run_cell
from study.config.population import composer
from tests.analysis.synthetic import Cell, frames
from tests.tracking.made import store_in

REGISTER = replace(load(), claims=tuple(claim for claim in load().claims if claim.id == "C43"))
DECIDING = ("cosine_1x11", "mnist_1x100", "mnist_2x50")
"""The digits are beside: where hardly any unit can go, how they go is neither right nor wrong (amendment A7)."""
UNITS = {"digits_1x12": 12, "cosine_1x11": 11, "mnist_1x100": 100, "mnist_2x50": 100}


def store(later, seeds=range(100, 110), best=(1, 1)):
    """Networks that brute force takes `later` units fewer from than the best sets, by population; all else is the same.

    Half of the units go without harm in order, then one after another does; `best` scales the errors of the best sets.
    """
    cells = []
    for population, units in UNITS.items():
        for seed in seeds:
            half = units // 2
            left = np.arange(units + 1)
            own = 10 + 5 * np.maximum(left - half, 0) ** 2.0
            sets = 10 + 5 * np.maximum(left - half - later.get(population, 0), 0) ** 2.0
            sets[-1] = own[-1]
            hidden = (50, 50) if population == "mnist_2x50" else (units,)
            shares = [None if population == "cosine_1x11" else 1 - 0.9 * (e - 10) / (own[-1] - 10) for e in (own, sets)]
            shares = [None if s is None else np.where(s < 1, s - 0.05, s).clip(0) for s in shares]
            kept = {"error": own, "accuracy": shares[0], "seed": seed, "hidden": hidden}
            cells.append(Cell(population, "brute_force", **kept, best=sets, best_accuracy=shares[1]))
            if population.startswith("mnist"):
                cells.append(Cell(population, "brute_force", **kept))
    return frames(cells)


def verdicts_on(made):
    made = merged(made)
    rows = evaluate(made, table(made), REGISTER).verdicts.set_index(["part", "population"])
    return rows[rows["role"] != "overall"], rows.loc["overall"].iloc[0]


FLAWED = {"digits_1x12": 2, "cosine_1x11": 2, "mnist_1x100": 8, "mnist_2x50": 10}


def test_where_the_best_sets_remove_more_greedy_is_flawed():
    parts, overall = verdicts_on(store(FLAWED))
    assert overall["verdict"] == "supported"
    assert (overall["n"], overall["p"]) == (10, 2**-10)
    regret = parts[(parts["metric"] == "greedy_regret") & (parts["n"] > 0)]
    assert set(regret["verdict"]) == {"supported"}
    for (_, population), row in regret.iterrows():
        assert row["estimate"] == pytest.approx(FLAWED[population] / UNITS[population]), population


@pytest.mark.parametrize("refuted", DECIDING)
def test_where_they_remove_no_more_it_is_not(refuted):
    small = 4 if UNITS[refuted] == 100 else 0  # .04 is certainly there, and certainly below what counts
    parts, overall = verdicts_on(store(FLAWED | {refuted: small}))
    assert overall["verdict"] == "refuted"
    deciding = parts[parts["role"] == "decides"].droplevel("part")
    assert (deciding["verdict"] == "refuted").to_dict() == {name: name == refuted for name in DECIDING}
    assert deciding.loc[refuted, "estimate"] == pytest.approx(small / UNITS[refuted])


def test_a_network_that_spares_nothing_does_not_decide():
    parts, overall = verdicts_on(store(FLAWED | {"digits_1x12": 0}))
    assert overall["verdict"] == "supported"
    beside = parts.loc[("regret among all sets", "digits_1x12")]
    assert (beside["role"], beside["verdict"]) == ("beside", "refuted")


def test_without_a_search_nothing_is_run():
    made = store(FLAWED)
    plain = made.of([key for key in made.cells["key"] if not key.endswith("searched")])
    _, overall = verdicts_on(plain)
    assert overall["verdict"] == "not run"
    assert "greedy_regret is not defined in 10 networks" in overall["reason"]


def test_the_report_says_how_good_greedy_is():
    made = merged(store(FLAWED))
    metrics = table(made)
    found = searches(per_network(newest_cells(made, metrics)), REGISTER)
    shown = in_words(found).set_index("population")
    assert shown["networks"].to_dict() == dict.fromkeys(UNITS, 10)
    assert shown.loc["digits_1x12", ["searched", "one by one", "best sets"]].tolist() == ["all sets", "0.5", "0.667"]
    assert shown.loc["mnist_2x50", "regret [limits]"] == "0.1 [0.1, 0.1]"
    exhaustive, beam = said(found)
    assert "by 0.167 [0.167, 0.167] of the units on digits_1x12 (10 networks, seeds 100 to 109)" in exhaustive
    assert "at least by 0.08 [0.08, 0.08] of the units on mnist_1x100" in beam
    assert "mnist" not in exhaustive
    nothing = searches(per_network(metrics).assign(greedy_regret=np.nan), REGISTER)
    assert in_words(nothing).empty
    assert said(nothing) == []


def test_limits_of_few_networks_are_not_made_up():
    assert limits(pd.Series([0.1, 0.3])) == "0.2 [–, –]"


@pytest.mark.slow
def test_a_search_is_added_to_the_cell_that_was_run_without_one(tmp_path, empty_store):
    store_in(tmp_path / "mlflow", empty_store)
    small = ["dataset=digits", "network=mlp_10", "network.hidden=[5]", "training.epochs=3", "training.polish=0"]
    small += ["seed=100", "run.figures_for=[]", f"paths.outputs={tmp_path}"]
    with composer():
        for more in ("record.pairs=true", "record.search=exhaustive"):
            run_cell(compose("config", overrides=[*small, more]), alone=False)
    read = read_store(f"sqlite:///{tmp_path}/mlflow/mlflow.db", "incredible_shrinking_network")
    metrics = table(read)
    (counted,) = newest_cells(read, metrics).to_dict("records")
    assert len(metrics) == 1
    assert counted["key"] == read.pairs["key"].iloc[0] == read.searched["key"].iloc[0]
    for name in ("interaction_share", "searched_r_2", "greedy_regret", "greedy_excess"):
        assert np.isfinite(counted[name])
    assert counted["greedy_excess"] >= 0
