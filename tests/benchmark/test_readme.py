"""The table of the front page is that of the kept rows."""

import re

import pytest

from study.benchmark.builtin import kept
from study.benchmark.frozen import NEWEST, frozen_set
from study.benchmark.table import summed_up
from study.common.paths import ROOT

ROW = re.compile(
    r"\| `(\w+)` \| ([\d.]+) \(([\d.]+)–([\d.]+)\) \| ([\d.]+) \| ([\d.]+) \| (\S+) \| ([\d.]+) \| ([\d.]+) \|"
)


def test_the_readme_has_every_method_with_its_numbers():
    shown = {name: numbers for name, *numbers in ROW.findall((ROOT / "README.md").read_text(encoding="utf-8"))}
    table = summed_up(kept(frozen_set(NEWEST).folder))
    assert list(shown) == list(table.index)
    for name, numbers in shown.items():
        row = table.loc[name]
        percent = [100 * row[c] for c in ("regret", "regret_low", "regret_high", "regret_early")]
        shares = [row[c] for c in ("overlap_25", "spearman", "removable_again", "removable_once")]
        for value, text in zip([*percent, *shares], numbers, strict=True):
            if text == "–":
                assert value != value
            else:
                digits = len(text.partition(".")[2])
                assert float(text) == pytest.approx(value, abs=0.51 * 10**-digits), (name, text)
