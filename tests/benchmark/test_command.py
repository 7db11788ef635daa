"""`python -m study.benchmark` as a reader of its page uses it, and with what it cannot use."""

import json
import re

import pandas as pd
import pytest
import torch

from study.benchmark import as_module
from study.benchmark.freeze import POPULATIONS
from study.benchmark.frozen import NEWEST, PUBLISHED, frozen_set
from study.common.paths import ROOT
from study.methods import names
from tests.hostile.commands import in_process, process, refused

PAGE = ROOT / "docs" / "benchmark.md"


SCORED = set(names()) - {"taylor1_as_implemented", "taylor2_as_implemented"}
"""What is in the table: the others know nothing of filters."""
BAD = """
def short(network, data):
    return [1.0]

def rows(network, data):
    from study.benchmark import as_module
    as_module(network)(data.pruning.inputs)

def outgoing(network, data):
    return [w.norm(dim=0) for w in network.weights[1:]]

number = 3
"""


def example():
    """The criterion of the page."""
    found = re.search(r"```python\n(def my_criterion.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return found.group(1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    (tmp_path / "my_module.py").write_text(example())
    (tmp_path / "bad_module.py").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_example_of_the_page_gets_its_place(folder):
    populations = ("--population", "digits_2x50", "--population", "cosine_2x10", "--population", "digits_lenet5")
    done = process(
        "study.benchmark", "my_module:my_criterion", *populations, "--out", "found", folder=folder, COLUMNS="140"
    )
    assert done.code == 0, done.said
    assert "my_criterion, population by population" in done.out
    table = pd.read_csv(folder / "found" / "table.csv", index_col="criterion")
    assert set(table.index) == {"my_criterion", *SCORED}
    own = table.loc["my_criterion"]
    assert own["networks"] == 6
    assert 0 < own["removable_again"] < 1
    # It knows outputs and weights: better than chance, no oracle.
    assert 0 == table.loc["brute_force", "regret"] < own["regret"] < table.loc["random", "regret"]
    written = json.loads((folder / "found" / "table.json").read_text())
    assert (written["version"], written["criterion"]) == (NEWEST, "my_criterion")
    assert [row["criterion"] for row in written["table"]] == list(table.index)
    rows = pd.read_csv(folder / "found" / "rows.csv")
    assert len(rows[rows["criterion"] == "my_criterion"]) == 6 * 5


def test_the_page_counts_its_lines():
    body = example().split("def my_criterion")[1]
    assert len(body.strip().splitlines()) <= 10


def test_the_example_sums_over_the_maps_of_a_filter():
    """Beside torch's own layers, which take images as the page says, in a network that has lost filters."""
    made, data = frozen_set(NEWEST).networks("digits_lenet5")[0], frozen_set(NEWEST).data("digits_lenet5")
    small, inputs = made.network(made.stages[2]), data.pruning.inputs
    assert small.hidden[:2] < made.trained.hidden[:2]
    scope = {}
    exec(example(), scope)
    seen, x = [], inputs.reshape(-1, *small.image)
    for layer in as_module(small):
        seen += [x] if hasattr(layer, "weight") else []
        x = layer(x)
    torch.testing.assert_close(x, small(inputs), rtol=1e-12, atol=1e-14)
    found = scope["my_criterion"](small, data)
    for score, units, h, w in zip(found, small.hidden, seen[1:], small.weights[1:], strict=True):
        energy, outgoing = ((a**2).reshape(len(a), units, -1).sum((0, 2)) for a in (h, w))
        torch.testing.assert_close(score, energy * outgoing, rtol=1e-10, atol=0)


def test_without_a_criterion_the_methods_are_shown(capsys, monkeypatch):
    done = in_process(capsys, monkeypatch, "study.benchmark")
    assert done.code == 0, done.said
    assert all(name in done.out for name in names())  # those of the authors' code in the line on what refuses filters
    assert "not in the table taylor1_as_implemented, taylor2_as_implemented: no filters" in done.out
    assert done.out.index("brute_force") < done.out.index("random") < done.out.index("worst_first")


def test_list_and_help_say_what_there_is(capsys, monkeypatch):
    listed = in_process(capsys, monkeypatch, "study.benchmark", "--list")
    assert all(name in listed.out for name in (*frozen_set(NEWEST).populations, *names(), "100, 101"))
    told = in_process(capsys, monkeypatch, "study.benchmark", "--help")
    assert all(word in told.out for word in ("my_module:my_criterion", "docs/benchmark.md", "--quick", "freeze"))
    assert (listed.code, told.code) == (0, 0)


def test_a_quick_run_of_a_method_gives_its_kept_numbers(capsys, monkeypatch, tmp_path):
    words = ("taylor2", "--quick", "--population", "cosine_2x10", "--out", tmp_path)
    done = in_process(capsys, monkeypatch, "study.benchmark", *words)
    assert done.code == 0, done.said
    table = pd.read_csv(tmp_path / "table.csv", index_col="criterion")
    for column in ("regret", "spearman", "scale", "forward_passes"):
        assert table.loc["taylor2 (anew)", column] == pytest.approx(table.loc["taylor2", column], rel=1e-6)


REFUSED = {
    "mine": "'mine': a criterion is named as module:function",
    "nowhere_at_all:mine": "no module 'nowhere_at_all'",
    "bad_module:long": "bad_module has no 'long'; it has short, rows, outgoing",
    "bad_module:number": "is a int",
    "bad_module:short --quick --population cosine_2x10": r"short on the 1-10-10-1 network of cosine: .*20 numbers",
    "--population digits": "v2 has no population digits; it has digits_1x100",
    "--version v0": "no benchmark 'v0'; there are v1, v2",
    "bad_module:rows --population digits_lenet5": r"rows on the .*-6c3p2-.* failed: .*has filters.*--version v1",
    "bad_module:outgoing --population digits_lenet5": r"outgoing on the .*-6c3p2-.*shapes.*has filters.*--version v1",
    "taylor1_as_implemented --quick --population digits_lenet5": "cannot rank the filters",
    "builtin taylor1_as_implemented": "cannot rank the filters",
    "my_module:my_criterion --limit 0": "limit=0",
    "--limit soon": "invalid float",
    "--quick --out my_module.py": "--out my_module.py cannot be written to",
    "--nosuch": "unrecognized arguments",
    "builtin taylor3": "unknown method taylor3; known: brute_force",
    "builtin --version v0": "no benchmark 'v0'",
    "freeze": "required: --version",
    "freeze --version v1 --into .": "never changes",
    "freeze --version v1 --population nothing": "nothing",
}


def test_a_published_set_is_compared_over_its_own_populations(capsys, monkeypatch):
    asked = []
    monkeypatch.setattr("study.benchmark.freeze.freeze", lambda *words, **_: asked.append(words[2]) or [])
    monkeypatch.setattr("study.benchmark.freeze.differences", lambda *_: [])
    done = in_process(capsys, monkeypatch, "study.benchmark", "freeze", "--version", "v1")
    assert done.code == 0, done.said
    assert asked == [tuple(frozen_set("v1").populations)]
    assert set(asked[0]) < set(POPULATIONS)


@pytest.mark.parametrize(("words", "told"), REFUSED.items())
def test_what_it_cannot_use_is_said(words, told, folder, capsys, monkeypatch):
    refused(in_process(capsys, monkeypatch, "study.benchmark", *words.split()), told)


def test_the_package_ships_every_set():
    text = (ROOT / "pyproject.toml").read_text()
    (patterns,) = re.findall(r"^study = \[(.*)\]$", text, re.MULTILINE)
    files = {p for pattern in re.findall(r'"([^"]+)"', patterns) for p in (ROOT / "study").glob(pattern)}
    for version in PUBLISHED:
        there = {p for p in (ROOT / "study" / "benchmark" / version).rglob("*") if p.is_file()}
        assert there
        assert there <= files
