"""The page of the ten tests: every test of the register has an entry, and what the page says of the code is so."""

import re
from inspect import getsourcefile, unwrap
from pathlib import Path

import pytest

from analysis.claims import load
from analysis.statistics import TEMPLATES, evaluate
from study.common.paths import ROOT

PAGE = (ROOT / "docs" / "statistics.md").read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^## ([A-Z_]+)\n(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE))
FILES = dict(re.findall(r"^\| \[`([A-Z_]+)`\]\(#\w+\) \|.*\| `(\w+\.py)` \|$", PAGE, re.MULTILINE))


def test_every_test_has_an_entry_and_every_entry_a_test():
    assert list(ENTRIES) == list(FILES) == list(TEMPLATES)
    assert len(TEMPLATES) == 10
    assert {part.test for claim in load().claims for part in claim.parts} <= set(ENTRIES)


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_entry_says_all_that_a_statistician_asks(name):
    for word in ("Question", "Statistic", "Null", "Refuted", "Reference"):
        assert f"* **{word}**: " in ENTRIES[name], word
    assert re.search(r"\*\*Reference\*\*: [^.]*\b(1[789]|20)\d\d", ENTRIES[name])


@pytest.mark.parametrize("name", TEMPLATES)
def test_the_page_names_the_file_of_each_test(name):
    assert Path(str(getsourcefile(unwrap(TEMPLATES[name])))).name == FILES[name]


def test_the_example_is_right():
    call, said = re.search(r'evaluate\("SUP", (\[.*\]), 0\.02\)\.p  # (\S+)', PAGE).groups()
    assert evaluate("SUP", [float(x) for x in call.strip("[]").split(", ")], 0.02).p == float(said)
