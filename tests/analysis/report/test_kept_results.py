"""The results in the repository: the verdicts follow from the values, the README from the verdicts."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims import RELATED, load
from analysis.claims.amended import once, side_by_side
from analysis.claims.amendments import read
from analysis.claims.register import FOLDER
from analysis.claims.rejudge import RELATED_PART, RELATED_VALUES, RELATED_VERDICTS
from analysis.claims.tested import from_values
from analysis.claims.verdicts import verdicts
from analysis.numbers import number
from analysis.sections import kept_parts
from study.records.words import label

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "analysis" / "results" / "tables"


@pytest.fixture(scope="module")
def kept():
    return pd.read_csv(RESULTS / "verdicts.csv")


def test_the_kept_verdicts_follow_from_the_kept_values(kept):
    register = load()
    again = verdicts(register, from_values(register, pd.read_csv(RESULTS / "values.csv")))
    text = again.select_dtypes(["object", "str"]).columns
    plain = again.assign(**{name: again[name].replace("", None) for name in text})
    same = [name for name in kept.columns if name != "reason"]  # what is missing is not in the values
    pd.testing.assert_frame_equal(kept[same], plain[same], check_dtype=False, rtol=1e-12)


def test_the_kept_verdicts_of_related_systems_follow_from_their_kept_values():
    if not (RESULTS / f"{RELATED_VERDICTS}.csv").is_file():
        pytest.skip("no results of related systems are kept yet")
    kept, register = pd.read_csv(RESULTS / f"{RELATED_VERDICTS}.csv"), load(RELATED)
    again = verdicts(register, from_values(register, pd.read_csv(RESULTS / f"{RELATED_VALUES}.csv")))
    both = [rows.set_index(["claim", "arm", "part", "population"])["verdict"] for rows in (kept.fillna(""), again)]
    pd.testing.assert_series_equal(*both, check_dtype=False)


def test_the_kept_verdicts_of_the_frozen_plan_follow_from_the_kept_values(kept):
    register, frozen = load(), load(amended=False)
    values = pd.read_csv(RESULTS / "values.csv")
    amended = pd.read_csv(RESULTS / "amended.csv").fillna({"by": ""}).set_index(["claim", "arm"])
    again = side_by_side(register, frozen, once(lambda plan: from_values(plan, values))).set_index(["claim", "arm"])
    pd.testing.assert_frame_equal(amended, again, check_dtype=False, rtol=1e-12)
    now = kept[kept["part"] == "overall"].set_index(["claim", "arm"])["verdict"]
    assert (amended["verdict"] == now.reindex(amended.index)).all()


def test_the_kept_results_are_of_this_very_register():
    """The map and the filters rest on no claim: a plan that was amended since leaves them as they are."""
    kept = pd.read_csv(RESULTS / "kept.csv").set_index("part")["register"]
    assert set(kept_parts()) - {RELATED_PART} <= set(kept.index) <= set(kept_parts())
    assert kept["claims"] == load().digest
    assert kept.get(RELATED_PART, load(RELATED).digest) == load(RELATED).digest
    assert set(kept.drop(RELATED_PART, errors="ignore")) <= {load().digest, load().frozen, read(FOLDER).frozen_files}


def test_the_readme_states_the_kept_verdicts(kept):
    overall = kept[kept["part"] == "overall"].set_index(["claim", "arm"])
    stated = {row[0]: row for row in rows() if re.fullmatch(r"C\d\d", row[0])}
    ran = kept.loc[(kept["part"] == "overall") & (kept["verdict"] != "not run"), "claim"]
    assert set(stated) == set(ran)
    for claim, (_, statement, verdict, n, p, refute, *others) in stated.items():
        row = overall.loc[claim, "as_published"]
        assert statement == row["statement"].rstrip(".")
        words = [number(row[name], 2) for name in ("p_corrected", "p_refute_corrected")]
        assert (verdict, n, [p, refute]) == (row["verdict"], str(row["n"]), words), claim
        for other in others:
            has = (claim, "as_implemented") in overall.index
            verdict = overall.loc[claim, "as_implemented"]["verdict"] if has else "not run"
            assert other == ("–" if verdict == "not run" else verdict), claim


def test_the_readme_states_what_the_amendments_changed():
    """Every verdict that is another now, and every claim that was amended itself, before and after."""
    kept = pd.read_csv(RESULTS / "amended.csv").fillna({"by": ""})
    named = {a.claim for a in load().amendments}
    kept = kept[(kept["by"] != "") | kept["claim"].isin(named)]
    stated = [list(row.values()) for row in table("amended")]
    assert stated == [
        [f"{r.claim}, {r.arm.replace('_', ' ')}", r.statement.rstrip("."), r.frozen, r.verdict, r.by or "–"]
        for r in kept.itertuples()
    ]
    text = (ROOT / "README.md").read_text()
    assert load().frozen[:12] in text
    main = pd.read_csv(RESULTS / "verdicts.csv").query("part == 'overall' and tier == 'A' and arm == 'as_published'")
    counts = main["verdict"].value_counts()
    assert ", ".join(f"{counts[v]} {v}" for v in ("supported", "refuted", "inconclusive")) in " ".join(text.split())


def test_the_readme_states_the_kept_shares():
    kept = pd.read_csv(RESULTS / "correlations.csv", dtype=str)
    kept = kept[kept["ranking"] == "re-ranked"].pivot(index="population", columns="method", values="removable (R_1)")
    stated = table("population")
    assert len(stated) > 10
    for row in stated:
        population = row.pop("population")
        assert row == kept.loc[population, list(row)].fillna("–").to_dict(), population


def table(first: str) -> list[dict[str, str]]:
    """The README's table whose first column has that head, a dictionary a row."""
    lines = (ROOT / "README.md").read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"| {first} "))
    end = next(n for n in range(start, len(lines)) if not lines[n].startswith("|"))
    head, _, *found = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines[start:end])
    return [dict(zip(head, row, strict=True)) for row in found]


def test_the_readme_states_the_kept_map():
    kept = pd.read_csv(RESULTS / "regime.csv", dtype=str)
    kept = kept[kept["removal"] == "zero"].set_index(["method", "stage"])
    stated = table("stage of training")
    assert len(stated) == 8
    for row in stated:
        method, _, what = row.pop("stage of training").partition(": ")
        column = "units removed, share" if what == "units that go" else "kinds within 20 % of it"
        assert row == {stage: kept.loc[(method, stage), column] for stage in row}, method


def test_the_readme_states_the_kept_costs():
    kept = pd.read_csv(RESULTS / "quality.csv").set_index("method")
    kept.index = kept.index.map(label)
    stated = [list(row.values()) for row in table("method | removed, re-ranked")]
    assert len(stated) == len(kept)
    for method, *numbers in stated:
        for ranking, (removed, passes) in zip(("re-ranked", "ranked once"), (numbers[:2], numbers[2:]), strict=True):
            value, spent = (kept.loc[method, f"{what}, {ranking}"] for what in ("removed", "forward passes"))
            assert removed == "–" or float(removed) == float(value), method
            assert passes == "–" or passes == f"{float(spent):,.0f}", method
            assert (removed == "–") == (value == "–"), method


def test_the_readme_states_the_kept_regret():
    kept = pd.read_csv(RESULTS / "greedy.csv", dtype=str).set_index("population", drop=False)
    stated = table("searched")
    assert {row["population"] for row in stated} == set(kept.index)
    for row in stated:
        assert row == kept.loc[row["population"], list(row)].to_dict()


def test_the_readme_states_the_kept_rules():
    kept = pd.read_csv(RESULTS / "trust.csv", dtype=str)
    kept = kept[kept["chosen"] == "yes"].set_index("method", drop=False)
    stated = table("rule for")
    assert len(stated) == len(kept)
    for row in stated:
        row["method"] = row.pop("rule for")
        assert row == kept.loc[row["method"], list(row)].to_dict()


def test_the_readme_states_the_kept_filters():
    kept = pd.read_csv(RESULTS / "filters.csv", dtype=str).set_index(["population", "method"], drop=False)
    stated = table("network with filters")
    assert len(stated) == len(kept)
    for row in stated:
        row["population"] = row.pop("network with filters")
        assert row == kept.loc[(row["population"], row["method"]), list(row)].to_dict()


def rows():
    """The rows of the README's tables, as lists of their cells."""
    lines = (ROOT / "README.md").read_text().splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
