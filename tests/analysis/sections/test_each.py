"""Pieces of the report on frames whose every number is known."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims import evaluate
from analysis.metrics import per_network, table
from analysis.report import keep
from analysis.runs import StoreError
from analysis.sections import kept_parts
from analysis.sections.authors.falls import falls
from analysis.sections.authors.scales import scales
from analysis.sections.concentration import shares
from analysis.sections.each.section import sensitivities
from analysis.sections.each.strip import EDGE, WIDTH, margins, span, strip
from analysis.sections.each.told import told
from tests.analysis.synthetic import Cell, frames, study


@pytest.fixture(scope="module")
def judged():
    store = study(populations=("mnist_1x100", "mnist_2x50"))
    return evaluate(store, table(store))


def test_every_claim_has_a_section_and_every_network_a_dot(judged):
    found = {section.claim.id: section for section in told(judged)}
    assert len(found) == 55
    main = next(arm for arm in found["C05"].arms if arm.name == "as_published")
    assert len(main.deciding) == 4
    for shown in main.deciding:
        assert shown.row["n"] == 10
        assert shown.strip.count("M", shown.strip.index('class="dots"')) >= 10
    assert found["C05"].populations == ["mnist_1x100", "mnist_2x50"]
    assert not found["C20"].ran


def test_tiers_come_in_their_order_and_arms_that_ran_first(judged):
    found = told(judged)
    assert [s.claim.tier for s in found] == sorted(s.claim.tier for s in found)
    for section in found:
        ran = [arm.row["verdict"] != "not run" for arm in section.arms]
        assert ran == sorted(ran, reverse=True)


def test_parts_of_one_metric_share_an_axis(judged):
    (section,) = (s for s in told(judged) if s.claim.id == "C08")
    axes = {tuple(re.findall(r"<text[^>]*>([^<]*)</text>", shown.strip)) for shown in section.arms[0].deciding}
    assert len(axes) == 1


def part(**changed):
    row = {"template": "SUP", "margin": "0.02", "estimate": 0.5, "low": 0.25, "high": 0.75, "published": 1.0}
    return pd.Series(row | changed)


def test_a_strip_puts_values_where_they_belong():
    svg = ET.fromstring(strip(part(), [0.0, 1.0], (0.0, 1.0)))
    dots = next(path.get("d") for path in svg.iter("path") if path.get("class") == "dots")
    assert [float(x) for x in re.findall(r"M([\d.]+) ", dots)] == [EDGE, WIDTH - EDGE]
    assert "2 networks from 0 to 1; estimate 0.5, limits 0.25 and 0.75; margin 0.02; published 1." in svg.get(
        "aria-label"
    )


def test_a_strip_without_limits_or_published_value_is_drawn():
    svg = strip(part(low=np.nan, high=np.nan, published=None), [0.5], (0.0, 1.0))
    assert 'class="published"' not in svg
    assert "limits" not in svg


@pytest.mark.parametrize(
    ("template", "margin", "places"),
    [("NI", "0.05", [-0.05]), ("EQ", "0.1", [-0.1, 0.1]), ("QTY", "10.5 -/+ 2.0", [8.5, 12.5]), ("TREND", "", [])],
)
def test_margins_lie_where_the_test_has_them(template, margin, places):
    assert margins(part(template=template, margin=margin)) == places
    low, high = span(pd.DataFrame([part(template=template, margin=margin, published=np.nan)]), [0.5])
    assert low == min([0.25, *places])
    assert high == max([0.75, *places])


def test_sensitivities_stand_beside_the_verdict_of_their_claim(judged):
    found = sensitivities(judged)
    assert set(found["claim"]) >= {"C02", "C12"}
    overall = judged.verdicts.query("role == 'overall' and arm == 'as_published'").set_index("claim")["verdict"]
    assert (found["the claim"] == found["claim"].map(overall)).all()
    assert sensitivities(replace(judged, verdicts=judged.verdicts.iloc[:0])).empty


def test_the_fall_of_the_error_is_shown_for_each_recipe():
    start = [100.0, 80.0, 60.0, *[120.0] * 7, 300.0]
    names = ("one_vs_all_0", "one_vs_all_0_untrained_hidden", "one_vs_all_0_sigmoid_outputs")
    cells = [Cell(name, "brute_force", start, [0.9] * 11, seed=seed) for name in names for seed in (100, 101)]
    found = falls(per_network(table(frames(cells))))
    assert found["hidden layer"].tolist() == ["trained", "trained", "left untrained (V2)"]
    assert found["output"].tolist() == ["softmax kept", "sigmoids (V5)", "softmax kept"]
    assert found["largest fall of E"].tolist() == ["40 %"] * 3
    assert found["after removals"].tolist() == ["2"] * 3
    assert found["networks"].tolist() == [2] * 3


def test_the_scale_of_estimates_is_shown_by_layer():
    cell = Cell("authors_diamond", "taylor2", [1.0] * 10 + [9.0], [0.9] * 11, hidden=(5, 5), seed=0)
    store = frames([cell])
    rows = store.agreement[store.agreement["event"] == 0].iloc[:1]
    layers = pd.concat([rows.assign(layer=layer, scale=scale) for layer, scale in ((0, 0.25), (1, 1.0))])
    found = scales(store.__class__(**{**store.__dict__, "agreement": layers}))
    assert found["hidden layer"].tolist() == ["1", "2"]
    assert found["estimate / impact, median"].tolist() == ["0.25", "1"]


def test_lorenz_curves_of_known_impacts():
    even = shares(pd.DataFrame({"seed": 1, "impact": [2.0] * 4}))
    assert even["impact"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    one = shares(pd.DataFrame({"seed": 1, "impact": [5.0, -1.0, 0.0, 0.0]}))
    assert one["impact"].tolist() == [0, 0, 0, 0, 1]
    assert shares(pd.DataFrame({"seed": 1, "impact": [-1.0, 0.0]})).empty


def test_results_are_kept_and_what_was_there_goes(judged, tmp_path):
    (tmp_path / "report" / "tables").mkdir(parents=True)
    reason = "found neither in /home/me/study/data/authors nor in /home/me/shared/data/authors. Place it there"
    (tmp_path / "report" / "tables" / "verdicts.csv").write_text(reason)
    (tmp_path / "kept" / "tables").mkdir(parents=True)
    (tmp_path / "kept" / "tables" / "old.csv").touch()
    (tmp_path / "kept" / "README.md").write_text("# Results\n\nof an older store")
    cells = pd.DataFrame({"key": ["k", "l", "m"], "network_key": ["a", "a", "b"], "seed": [100, 100, 101]})
    keep(tmp_path / "report", tmp_path / "kept", {"claims": cells}, {"claims": judged.digest})
    there = sorted(p.name for p in (tmp_path / "kept").rglob("*") if p.is_file())
    assert there == ["README.md", "kept.csv", "verdicts.csv"]
    kept = (tmp_path / "kept" / "tables" / "verdicts.csv").read_text()
    assert kept == "found neither in data/authors nor in shared/data/authors. Place it there"
    (origin,) = pd.read_csv(tmp_path / "kept" / "tables" / "kept.csv").to_dict("records")
    assert origin == {"part": "claims", "cells": 3, "networks": 2, "seeds": "100 to 101", "register": judged.digest}


def test_a_part_of_the_results_is_kept_alone(judged, tmp_path):
    """What a store of other profiles gave stays, to the letter; what this part had and has no more goes."""
    cells = pd.DataFrame({"key": ["k", "l"], "network_key": ["a", "b"], "seed": [100, 101]})
    report, kept = tmp_path / "report", tmp_path / "kept"
    (report / "tables").mkdir(parents=True)
    for name in ("verdicts", "regime", "mechanism"):
        (report / "tables" / f"{name}.csv").write_text("old")
    keep(report, kept, dict.fromkeys(kept_parts(), cells), dict.fromkeys(kept_parts(), judged.digest))
    for name in ("verdicts", "regime"):
        (report / "tables" / f"{name}.csv").write_text("new")
    (report / "tables" / "mechanism.csv").unlink()
    keep(report, kept, {"regime": cells.iloc[:1]}, {"regime": "another"})
    assert {p.name: p.read_text() for p in (kept / "tables").iterdir() if p.name != "kept.csv"} == {
        "verdicts.csv": "old",
        "regime.csv": "new",
    }
    origin = pd.read_csv(kept / "tables" / "kept.csv", index_col="part")
    assert origin["cells"].to_dict() == dict.fromkeys(kept_parts(), 2) | {"regime": 1}
    assert origin["register"].to_dict() == dict.fromkeys(kept_parts(), judged.digest) | {"regime": "another"}
    with pytest.raises(StoreError, match=r"no cell of the part filters; the results in .* stay"):
        keep(report, kept, {"claims": cells, "filters": cells.iloc[:0]}, {})
    assert (kept / "tables" / "verdicts.csv").read_text() == "old"
    (kept / "tables" / "kept.csv").write_text("part,what\nmine,1\n")
    with pytest.raises(StoreError, match=r"kept\.csv is none of ours"):
        keep(report, kept, {"regime": cells}, "another")
