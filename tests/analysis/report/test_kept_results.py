"""The results in the repository: the verdicts follow from the values, the README from the verdicts."""

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.claims import load
from analysis.claims.tested import from_values
from analysis.claims.verdicts import verdicts

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


def test_the_kept_results_are_of_this_very_register():
    assert load().digest in (ROOT / "analysis" / "results" / "README.md").read_text()


def test_the_readme_states_the_kept_verdicts(kept):
    overall = kept[(kept["part"] == "overall") & (kept["arm"] == "as_published") & (kept["tier"] == "A")]
    rows = re.findall(r"^\| (C\d\d) \|(.*)\|$", (ROOT / "README.md").read_text(), flags=re.M)
    stated = {claim: [cell.strip() for cell in cells.split("|")] for claim, cells in rows}
    assert set(stated) == set(overall["claim"])
    for _, row in overall.iterrows():
        assert stated[row["claim"]][1] == row["verdict"], row["claim"]
        assert stated[row["claim"]][2] == str(row["n"]), row["claim"]


def test_the_readme_states_the_kept_shares(kept):
    shares = pd.read_csv(RESULTS / "correlations.csv")
    assert len(shares)
    lines = (ROOT / "README.md").read_text().splitlines()
    stated = {line.split("|")[1].strip(): line for line in lines if line.startswith("| ") and "_" in line.split("|")[1]}
    assert stated
