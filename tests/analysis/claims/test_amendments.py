"""The amendments: the frozen plan stays what it was, and every verdict of it stands beside the amended one."""

import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.claims import RegisterError, load
from analysis.claims.amended import once, side_by_side
from analysis.claims.combined import NAMES
from analysis.claims.quantities import Source, quantity
from analysis.claims.register import FOLDER, Arm, Part, operand
from analysis.claims.rejudge import rejudge
from analysis.claims.tested import VALUES, families, from_values
from analysis.claims.tested import tested as judge
from analysis.claims.verdicts import verdicts
from analysis.metrics import curves, per_network, table
from analysis.statistics import PValues
from study.common.errors import StudyError
from study.records.condition import Condition
from tests.analysis.synthetic import Cell, frames

FROZEN = "c84fdd1e1861294afcdc9e12a74bed6f77d6f8ec93d31dd0ef293671eefb054e"
"""Digest of what the frozen plan says.

It was taken of entries that are equal, field by field, to those that were read from the files as they were frozen.
"""
AMENDED = "fb76c43f4a35e3fa2dea6db3402480e1f4e80134b7d596dd393466ce874b98ea"
KEPT = FOLDER.parents[1] / "results" / "tables"


def source(store):
    return Source(table(store), per_network(table(store)), curves(store), {})


@pytest.fixture(scope="module")
def few():
    """Recorded values of a few claims, one network a row, as `make results` keeps them."""
    kept = pd.read_csv(KEPT / "values.csv")
    return kept[kept["claim"].isin(["C12", "C13", "C43", "C44"]) & (kept["arm"] == "as_published")]


def made(claim, place, values):
    """Recorded values of one part: part, population, metric and split, and the values of seeds from 100 on."""
    words = dict(zip(("part", "population", "metric", "split"), place, strict=True))
    rows = {"claim": claim, "arm": "as_published", **words, "series": "", "seed": range(100, 100 + len(values))}
    return pd.DataFrame(rows | {"value": values})[VALUES]


def row(found, claim, part="overall", arm="as_published"):
    chosen = found[(found["claim"] == claim) & (found["part"] == part) & (found["arm"] == arm)]
    return chosen.iloc[0]


def test_the_frozen_plan_can_be_recomputed():
    register, frozen = load(), load(amended=False)
    assert register.frozen == frozen.digest == frozen.frozen == FROZEN
    assert register.digest == AMENDED
    assert not frozen.amendments
    assert not frozen.rules


def test_a_frozen_file_that_was_changed_is_refused(tmp_path):
    copy = tmp_path / "register"
    shutil.copytree(FOLDER, copy)
    file = copy / "tier_b.yaml"
    file.write_text(file.read_text().replace("margin: 0.20, metric: r_1", "margin: 0.30, metric: r_1", 1))
    with pytest.raises(RegisterError, match=r"not say what was frozen.*as an amendment"):
        load(copy)
    (copy / "amendments.yaml").unlink()
    assert load(copy).digest == load(copy).frozen != FROZEN


def test_amendments_are_dated_have_reasons_and_change_what_they_name():
    register, frozen = load(), load(amended=False)
    assert {a.date for a in register.amendments} == {"2026-11-27"}
    assert all(a.was and a.now and a.reason for a in register.amendments)
    assert len({a.id for a in register.amendments}) == len(register.amendments)
    named = {a.claim for a in register.amendments if a.claim}
    changed = {c.id for c, old in zip(register.claims, frozen.claims, strict=True) if c != old}
    assert changed == named == {"C20", "C30", "C40", "C43", "C44", "C50"}
    for claim, old in zip(register.claims, frozen.claims, strict=True):  # what a claim says is never amended
        assert (claim.id, claim.tier, claim.statement, claim.arms) == (old.id, old.tier, old.statement, old.arms)


@pytest.mark.parametrize(
    ("change", "said"),
    [({"rule": "none"}, "A1.*'none'.*medians"), ({"claim": "C01"}, "A1.*of one of them"), ({"rule": ""}, "A1.*of one")],
)
def test_an_amendment_of_nothing_known_is_refused(tmp_path, change, said):
    copy = tmp_path / "register"
    shutil.copytree(FOLDER, copy)
    file = copy / "amendments.yaml"
    entries = yaml.safe_load(file.read_text())
    entries["amendments"][0] |= change
    file.write_text(yaml.safe_dump(entries))
    with pytest.raises(RegisterError, match=said):
        load(copy)


def test_a_claim_that_is_not_run_raises_the_others_corrected_p(few):
    """Tier B is corrected over 32 claims of which 3 are not run, tier C over 5 of which 1 is not."""
    frozen = load(amended=False)
    rule = replace(frozen, amendments=tuple(a for a in load().amendments if a.rule == "not_run"))
    before, now = (families(plan, from_values(plan, few)) for plan in (frozen, rule))
    assert [len(of["as_published", "B"].of) for of in (before, now)] == [29, 32]
    assert [len(of["as_published", "C"].of) for of in (before, now)] == [4, 5]
    assert "C41" in now["as_implemented", "B"].of  # its entry names no arm: every arm's copy has it
    first = PValues(1e-9, 1e-9, 1e-9, 1e-9)
    corrected = [of["as_published", "B"].corrected("C20", first) for of in (before, now)]
    assert [of.p for of in corrected] == pytest.approx([29e-9, 32e-9])
    assert all(getattr(corrected[0], name) < getattr(corrected[1], name) for name in NAMES)
    shown = [row(verdicts(plan, from_values(plan, few)), "C43", "regret, at least") for plan in (frozen, rule)]
    assert [of["p_corrected"] for of in shown] == pytest.approx([29 * 2**-10, 32 * 2**-10])


def test_both_verdicts_stand_side_by_side(few):
    register, frozen = load(), load(amended=False)
    both = side_by_side(register, frozen, once(lambda plan: from_values(plan, few))).set_index(["claim", "arm"])
    now, before = (verdicts(plan, from_values(plan, few)) for plan in (register, frozen))
    assert set(both.index) == {(claim, "as_published") for claim in ("C12", "C13", "C43", "C44")}
    for (claim, _), of in both.iterrows():
        assert (of["frozen"], of["verdict"]) == (row(before, claim)["verdict"], row(now, claim)["verdict"])
        assert bool(of["by"]) == (of["frozen"] != of["verdict"])
    assert both["by"].tolist() == ["A2", "", "A7", "A8"]


def test_one_population_with_a_fault_shows_that_there_can_be_one():
    """C30 says "can be": as it was frozen, one population without a fault kept it open."""
    q = [1.0, 1.2, 9.0]
    impacts = {"mnist_1x100": [0.1, 0.1], "mnist_2x50": [0.1, 0.1], "diamond_2x50": [0.1, 7.9]}
    cells = [
        Cell(name, "brute_force", q, [1, 1, 0.5], hidden=(2,), seed=100 + s, impacts=impact)
        for name, impact in impacts.items()
        for s in range(6)
    ]
    where = source(frames(cells))
    claim = {c.id: c for c in load().claims}["C30"]
    assert claim.one_suffices
    found = {plan: verdicts(plan_, judge(plan_, where)) for plan, plan_ in plans().items()}
    assert row(found["amended"], "C30")["verdict"] == "supported"
    assert row(found["frozen"], "C30")["verdict"] == "not run"  # the random shape has no cells here


def plans():
    return {"amended": load(), "frozen": load(amended=False)}


def test_fishers_z_leaves_room_where_a_correlation_is_nearly_one():
    """.95 to .98 is out of reach of a margin of .10, and .46 in Fisher's z."""
    cells = pd.DataFrame({"seed": [100, 101], "units": 100, "rho": [0.95, 1.0]})
    better = cells.assign(rho=[0.98, 1.0])
    of, minus = operand({"method": "taylor2"}), operand({"method": "taylor1"})
    part = Part("z", "decides", "p", "SUP", 0.1, "rho", of, minus, scale="fisher_z")
    where = Source(cells, cells, cells, {})
    of_method = {"taylor1": cells, "taylor2": better}
    where.__dict__["of"] = {("p", Condition(m)): table.set_index("seed") for m, table in of_method.items()}
    where.__dict__["populations"] = {"p"}
    values = quantity(part, Arm("as_published", ""), where).values
    assert values.tolist() == pytest.approx([0.46578, 0.0], abs=1e-4)  # two of 1 are clipped alike
    plain = quantity(replace(part, scale="plain"), Arm("as_published", ""), where).values
    assert plain.tolist() == pytest.approx([0.03, 0.0])


@pytest.mark.parametrize(
    ("here", "there", "verdict"),
    [(0.6, 0.6, "supported"), (0.3, 0.3, "supported"), (0.3, 0.6, "refuted"), (0.55, 0.6, "inconclusive")],
)
def test_what_is_compared_is_the_interpretation(here, there, verdict):
    """C50: alike where both are decided alike, whatever the numbers; here of C02 alone."""
    register = load()
    claim = {c.id: c for c in register.claims}["C50"]
    assert claim.compared == ("C02", "C05", "C08", "C12")
    alone = replace(claim, parts=tuple(p for p in claim.parts if p.compares == "C02"))
    register = replace(register, claims=tuple(alone if c.id == "C50" else c for c in register.claims))
    noise = np.linspace(-0.04, 0.04, 20)
    splits = (("", "pruning"), (", held out", "held_out"))
    values = [made("C50", (f"C02: R_1{s}", "mnist_full_1x100", "r_1", split), here + noise) for s, split in splits]
    own = [made("C02", (f"R_1{s}", "mnist_1x100", "r_1", split), there + noise) for s, split in splits]
    found = verdicts(register, from_values(register, pd.concat(values + own)))
    assert row(found, "C50")["verdict"] == verdict
    assert row(found, "C50")["reason"].startswith("C02 ")
    absent = verdicts(register, from_values(register, pd.concat(own)))
    assert row(absent, "C50")["verdict"] == "not run"


def test_readings_that_were_amended():
    claims = {c.id: c for c in load().claims}
    assert {p.best_of for p in claims["C20"].parts if p.minus} == {1}  # one training against one
    assert {p.label for p in claims["C44"].deciding} == {"1,000 samples"}
    assert "digits_1x12" not in {p.population for p in claims["C43"].deciding}
    assert {p.scale for p in claims["C40"].deciding} == {"fisher_z"}


def test_kept_values_are_judged_anew_by_one_command(tmp_path, few):
    register = load()
    with pytest.raises(StudyError, match=r"values\.csv is not there.*make results"):
        rejudge(tmp_path)
    few.to_csv(tmp_path / "values.csv", index=False)
    judged = verdicts(register, from_values(register, few))
    judged.assign(reason=judged["reason"].replace("", "as it was")).to_csv(tmp_path / "verdicts.csv", index=False)
    pd.DataFrame({"part": ["claims", "regime"], "register": "older"}).to_csv(tmp_path / "kept.csv", index=False)
    both = rejudge(tmp_path)
    again = pd.read_csv(tmp_path / "verdicts.csv")
    assert again["verdict"].tolist() == judged["verdict"].tolist()
    assert again["reason"].tolist() == judged["reason"].replace("", "as it was").tolist()  # the values do not say it
    assert pd.read_csv(tmp_path / "kept.csv")["register"].tolist() == [register.digest, "older"]
    assert len(pd.read_csv(tmp_path / "amended.csv")) == len(both)
