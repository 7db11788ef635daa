"""Verdicts of a store in three lines, and the report of them in a fourth."""

import pytest

import analysis
from analysis import claims, metrics
from analysis.runs import read_store
from tests.recorded import store_of_six


@pytest.fixture(scope="module")
def store(tmp_path_factory, empty_store):
    return store_of_six(tmp_path_factory.mktemp("outputs"), empty_store)


def test_a_store_is_judged_and_reported(store, tmp_path):
    found = analysis.judge(uri=store)
    frames = read_store(store, "incredible_shrinking_network")
    again = claims.evaluate(frames, metrics.table(frames)).verdicts
    assert found.verdicts[["claim", "arm", "part", "verdict"]].equals(again[["claim", "arm", "part", "verdict"]])
    assert len(found.table) == len(found.shown) == 6
    page = found.report(tmp_path / "report", draws=20)
    assert 'id="curves"' in page.read_text()
    assert (page.parent / "tables" / "verdicts.csv").is_file()


def test_the_example_of_the_pipeline_runs(store, monkeypatch):
    code = analysis.pipeline.__doc__.partition("```python")[2].partition("```")[0]
    assert len([line for line in code.splitlines() if line.strip()]) == 3
    monkeypatch.setattr("analysis.loading.usual", lambda: store)
    known = {}
    exec(code, known)
    assert len(known["found"].verdicts.query("part == 'overall'")) > 50
