import dataclasses
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims import evaluate, newest_cells
from analysis.claims.quantities import Source, quantity
from analysis.claims.register import Arm, Part, operand
from analysis.claims.verdicts import conjunction
from analysis.doubles import merged
from analysis.frames import Frames
from analysis.metrics import curves, per_network, table
from tests.analysis.synthetic import Cell, frames, study

MNIST = ("mnist_1x100", "mnist_2x50")
ORACLE = operand({"method": "brute_force"})


def judged(store):
    store = merged(store)
    return evaluate(store, table(store))


def overall(evaluation, claim, arm="as_published"):
    rows = evaluation.verdicts
    found = rows[(rows["claim"] == claim) & (rows["arm"] == arm) & (rows["part"] == "overall")]
    assert len(found) == 1
    return found.iloc[0]


def with_copies(store, cells):
    """The store and once more the tables of these cells, under other keys."""
    tables = {}
    for name in ("events", "evaluations", "impacts", "agreement", "surfaces"):
        table = getattr(store, name)
        copied = table[table["key"].isin(cells["key"])]
        tables[name] = pd.concat([table, copied.assign(key="copy of " + copied["key"])], ignore_index=True)
    copies = cells.assign(key="copy of " + cells["key"])
    return Frames(cells=pd.concat([store.cells, copies], ignore_index=True), networks=store.networks, **tables)


@pytest.fixture(scope="module")
def ten():
    return judged(study(populations=MNIST, not_run={"one_vs_all_0": "needs MNIST: run `make data`"}))


def test_every_claim_is_accounted_for(ten):
    rows = ten.verdicts
    assert rows["claim"].nunique() == 55
    assert not rows.duplicated(["claim", "arm", "part", "role", "population", "metric"]).any()
    assert (rows.loc[rows["verdict"] == "not run", "reason"] != "").all()


def test_known_truth_is_found(ten):
    """Synthetic AUC_E tends to 1 / (s + 1): brute force .143, second order .286, first order .5."""
    assert overall(ten, "C05")["verdict"] == "supported"
    assert overall(ten, "C08")["verdict"] == "supported"
    row = overall(ten, "C13")
    assert row["estimate"] == pytest.approx(0.5 - 2 / 7, abs=0.01)
    assert row["p"] == 2**-10
    assert row["p_corrected"] == pytest.approx(18 * 2**-10)
    assert overall(ten, "C02")["verdict"] == "refuted"  # R_1 is about .47
    assert overall(ten, "C12")["verdict"] == "supported"
    assert overall(ten, "C04")["verdict"] == "supported"
    assert overall(ten, "C36")["verdict"] == "not run"
    rows = ten.verdicts
    part = rows[(rows["claim"] == "C36") & (rows["population"] == "mnist_2x50") & (rows["role"] == "decides")].iloc[0]
    assert (part["verdict"], part["estimate"]) == ("supported", 0.5)


def test_a_term_may_have_a_metric_of_its_own():
    """R_1 less R_5 of the same network, both held out."""
    cells = merged(study(populations=["mnist_1x100"], seeds=range(100, 103), methods=["taylor1"]))
    metrics = table(cells)
    source = Source(metrics, per_network(metrics), curves(cells), {})
    own, other = operand({"method": "taylor1"}), operand({"method": "taylor1", "metric": "r_5"})
    part = Part("p", "decides", "mnist_1x100", "SUP", 0.0, "r_1", of=own, minus=other, split="held_out")
    of = source.networks.query("ranking == 'iterative'").set_index("seed")
    found = quantity(part, Arm("", ""), source).values
    assert found.tolist() == (of["r_1_held_out"] - of["r_5_held_out"]).tolist()
    assert (found < 0).all()


def test_absent_populations_are_not_run_with_their_reason(ten):
    row = overall(ten, "C26")
    assert row["verdict"] == "not run"
    assert "needs MNIST: run `make data`" in row["reason"]
    assert "no finished cells of one_vs_all_1" in row["reason"]
    assert "interaction_share is not defined" in overall(ten, "C42")["reason"]


def test_arms_without_cells_are_one_row_a_claim(ten):
    rows = ten.verdicts
    absent = rows[(rows["arm"] != "as_published")]
    assert set(absent.loc[absent["part"] == "overall", "verdict"]) == {"not run"}
    assert set(absent.loc[absent["part"] != "overall", "claim"]) == {"C08"}  # brute force is the same in every arm
    assert "as_implemented" not in set(rows.loc[rows["claim"] == "C02", "arm"])  # brute force has no formula


def test_confirmatory_seeds_alone_enter():
    store = study(populations=["mnist_2x50"], seeds=[0, 1, *range(100, 103)], draws=1)
    evaluation = judged(store)
    assert evaluation.confirmatory
    assert overall(evaluation, "C13")["n"] == 3
    assert overall(evaluation, "C13")["verdict"] == "inconclusive (n)"


def test_populations_with_development_seeds_alone_stay_out_of_a_confirmatory_store():
    seeds = {"mnist_2x50": range(100, 103), "mnist_1x100": range(3)}
    q = np.arange(11) / 10
    store = frames(
        Cell(population, method, 10 + 90 * q**s, 1 - q, hidden=(5, 5), seed=seed)
        for population in seeds
        for seed in seeds[population]
        for method, s in (("taylor1", 1.0), ("taylor2", 2.0))
    )
    evaluation = judged(store)
    assert evaluation.confirmatory
    assert overall(evaluation, "C13")["n"] == 3
    assert overall(evaluation, "C04")["reason"] == "development seeds only"


def test_development_seeds_are_marked_and_decide_nothing():
    evaluation = judged(study(populations=["mnist_2x50"], seeds=[0, 1], draws=1))
    assert not evaluation.confirmatory
    row = overall(evaluation, "C13")
    assert row["verdict"] == "inconclusive (n)"
    assert "n = 2" in row["reason"]
    assert not (evaluation.verdicts["verdict"].isin(["supported", "refuted"])).any()


def test_networks_that_missed_their_band_are_left_out_and_listed():
    q = np.arange(11) / 10
    cells = []
    for seed in range(100, 112):
        band = "missed" if seed >= 110 else "met"
        bent = 1.0 if band == "missed" else 3.0
        for method, s in (("taylor1", 1.0), ("taylor2", bent)):
            error = 10 + 100 * q ** (s + 0.001 * (seed - 100))
            cells.append(Cell("mnist_2x50", method, error, 1 - q, hidden=(5, 5), seed=seed, band=band))
    evaluation = judged(frames(cells))
    assert overall(evaluation, "C13")["n"] == 10
    assert evaluation.excluded["seed"].tolist() == [110, 111]
    assert evaluation.excluded["value"].str.contains("accuracy").all()
    again = evaluation.with_excluded
    assert (
        again[(again["claim"] == "C13") & (again["part"] == "overall") & (again["arm"] == "as_published")].iloc[0]["n"]
        == 12
    )


def test_all_networks_outside_their_band_is_a_reason():
    store = study(populations=["mnist_2x50"], seeds=[100], draws=1)
    store = dataclasses.replace(store, cells=store.cells.assign(band="missed"))
    assert "none of the 1 networks met its acceptance band" in overall(judged(store), "C13")["reason"]


def test_arms_get_their_own_copy_of_the_family():
    store = study(populations=["mnist_2x50"], methods=("brute_force", "taylor1", "taylor2"), rankings=("iterative",))
    renamed = {"taylor1": "taylor2_as_implemented", "taylor2": "taylor1_as_implemented"}
    cells = store.cells[store.cells["method"].isin(renamed)]
    both = with_copies(store, cells.assign(method=cells["method"].map(renamed)))
    evaluation = judged(both)
    assert overall(evaluation, "C13")["verdict"] == "supported"
    assert overall(evaluation, "C13", "as_implemented")["verdict"] == "refuted"
    family = sum(1 for claim in evaluation.register.tier("A") if "as_implemented" in claim.arms)
    smallest = overall(evaluation, "C13", "as_implemented")["p_smallest"]
    assert smallest == pytest.approx(family * 2**-10)


def test_a_cell_recorded_twice_counts_once():
    store = study(populations=["mnist_2x50"], seeds=range(100, 105), draws=1)
    both = with_copies(store, store.cells.assign(start_time="2026-02-01T00:00:00"))
    assert overall(judged(both), "C13")["n"] == 5


def test_neither_clock_nor_code_that_was_put_back_decides_what_is_newest():
    store = study(populations=["mnist_2x50"], seeds=[100], methods=("brute_force",))
    retrained = store.cells.assign(start_time="2001-01-01T00:00:00", network_key="retrained")
    both = with_copies(store, retrained)
    assert set(newest_cells(both, table(both))["network_key"]) == {"retrained"}
    versions = ('{"oracle": 2, "method": 1}', '{"oracle": 1, "method": 1}')
    doubled = with_copies(store, store.cells)
    doubled = replace(
        doubled, cells=doubled.cells.assign(numerics_version=[v for v in versions for _ in store.cells.key])
    )
    assert set(newest_cells(doubled, table(doubled))["key"]) == set(store.cells["key"])


def test_compatible_with_the_published_network(ten):
    rows = ten.verdicts
    part = rows[(rows["claim"] == "C13") & (rows["role"] == "decides")].iloc[0]
    assert part["published"] == 0.091
    assert part["published_kind"] == "D"
    assert not part["predicted_low"] <= 0.091 <= part["predicted_high"]
    assert part["compatible"] == overall(ten, "C13")["compatible"] == "no"


def test_sanity_orders_worst_random_and_brute_force(ten):
    assert set(ten.sanity["population"]) == set(MNIST)
    assert ten.sanity["ok"].eq(True).all()
    turned = judged(study(populations=["mnist_1x100"], seeds=[100], shapes={"worst_first": 9.0}, draws=1))
    assert turned.sanity.set_index("metric").loc["auc_e", "ok"] == False  # noqa: E712


def test_sanity_without_random_is_open():
    store = study(populations=["mnist_1x100"], seeds=[100], methods=("brute_force", "worst_first"))
    assert judged(store).sanity["ok"].isna().all()


def test_headline_speaks_from_the_numbers(ten):
    text = "\n".join(map(str, ten.headline))
    assert "10 trained networks" in text
    assert "C13 supported" in text
    assert "C02 refuted" in text
    assert "mnist_1x100: within one point of accuracy" in text
    assert all(str(line).endswith(".") for line in ten.headline)


def test_a_store_without_cells_leaves_everything_not_run():
    evaluation = judged(Frames())
    assert set(evaluation.verdicts["verdict"]) == {"not run"}
    assert not evaluation.confirmatory
    assert evaluation.with_excluded.empty


def test_a_conjunction_is_refuted_by_one_part():
    assert conjunction(["supported", "not run", "refuted"]) == "refuted"
    assert conjunction(["supported", "not run"]) == "not run"
    assert conjunction(["inconclusive", "inconclusive (n)"]) == "inconclusive (n)"
    assert conjunction(["supported", "inconclusive"]) == "inconclusive"


def test_every_verdict_rests_on_the_values_that_are_shown(ten):
    shown = ten.values.groupby(["claim", "arm", "part", "population"], dropna=False)["value"]
    rows = ten.verdicts.query("part != 'overall' and n > 0 and template in ['SUP', 'ATLEAST', 'PROP', 'EQ']")
    assert len(rows) > 30
    for _, row in rows.iterrows():
        values = shown.get_group((row["claim"], row["arm"], row["part"], row["population"]))
        held_out = ", held out" in row["part"]
        assert len(values) == row["n"], (row["claim"], row["part"], held_out)


def test_a_slope_is_per_doubling_and_a_trend_is_over_the_series():
    cells = [
        Cell(population, "brute_force", seed=seed, error=[1.0] * left + [9.0] * (11 - left), hidden=(10,))
        for seed in range(100, 106)
        for population, left in (("a", 4), ("b", 5), ("c", 6))
    ]
    part = Part("slope", "decides", "a to c", "EQ", 1.0, "left_1pct", ORACLE)
    part = dataclasses.replace(part, over=(("a", 10.0), ("b", 20.0), ("c", 40.0)))
    store = frames(cells)
    source = Source(table(store), per_network(table(store)), curves(store), {})
    arm = Arm("as_published", "")
    np.testing.assert_allclose(quantity(part, arm, source).values, -1.0)
    trend = quantity(dataclasses.replace(part, test="TREND"), arm, source).values
    assert trend.shape == (6, 3)
    missing = quantity(dataclasses.replace(part, over=(*part.over, ("d", 80.0))), arm, source)
    assert missing.values.empty
    assert "no finished cells of d" in missing.reason


def test_a_difference_beyond_another_one():
    def cell(population, method, seed, last):
        return Cell(population, method, seed=seed, error=[1.0, last, 9.0], hidden=(2,))

    cells = [cell("mnist_2x50", "taylor2", s, 5.0) for s in range(3)]
    cells += [cell("mnist_2x50", "brute_force", s, 1.0) for s in range(3)]
    cells += [cell("diamond", "taylor2", s, 3.0) for s in range(3)] + [
        cell("diamond", "brute_force", s, 1.0) for s in range(3)
    ]
    store = frames(cells)
    source = Source(table(store), per_network(table(store)), curves(store), {})
    here = (operand({"method": "taylor2"}), ORACLE)
    there = [replace(of, population="mnist_2x50") for of in here]
    part = Part("gap", "decides", "diamond", "SUP", 0.02, "auc_e", *there, beyond=here)
    np.testing.assert_allclose(quantity(part, Arm("as_published", ""), source).values, 0.25 - 0.125)


def test_the_best_of_several_trainings_stands_for_one_network():
    def cell(population, seed, start):
        return Cell(population, "brute_force", seed=seed, error=[start, 3.0, 9.0], hidden=(2,))

    starts = [0.8, 0.2, 0.9, 0.4, 0.5, 0.6]
    cells = [cell("small", 100 + i, start) for i, start in enumerate(starts)]
    cells += [cell("big", 100 + i, 0.1) for i in range(3)]
    store = frames(cells)
    source = Source(table(store), per_network(table(store)), curves(store), {})
    small = replace(ORACLE, population="small")
    part = Part("width", "decides", "big", "ATMOST", 1.0, "log2_e0", small, ORACLE, best_of=2)
    found = quantity(part, Arm("as_published", ""), source)
    assert found.values.to_dict() == pytest.approx({100: 1.0, 101: 2.0, 102: np.log2(5)})


def test_removal_by_the_mean_is_another_condition():
    cells = [Cell("mnist_1x100", "brute_force", [1.0, 2.0, 9.0], seed=s, hidden=(2,)) for s in range(3)]
    store = frames(cells)
    both = table(store)
    mean = both.assign(removal="mean", key="m" + both["key"], E0=2.0)
    source = Source(both, per_network(pd.concat([both, mean])), curves(store), {})
    part = Part("start", "decides", "mnist_1x100", "ATLEAST", 0.0, "E0", ORACLE)
    arm = Arm("as_published", "")
    assert set(quantity(part, arm, source).values) == {1.0}
    by_mean = replace(part, of=operand({"method": "brute_force", "removal": "mean"}))
    assert set(quantity(by_mean, arm, source).values) == {2.0}
    assert "removal mean" in quantity(by_mean, arm, replace_networks(source)).reason


def replace_networks(source):
    zero = source.networks[source.networks["removal"] == "zero"]
    return dataclasses.replace(source, networks=zero)
