"""From a real store to a real page: what a sweep recorded is read, exported, judged and shown."""

import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import partial

import pandas as pd
import pytest

from analysis import __main__ as command
from analysis import claims, metrics, published
from analysis.frames import READ
from analysis.numbers import interval, number
from analysis.runs import StoreError, export, find, read, read_export, read_store
from analysis.sections.correlations import correlations, fisher
from study.common.paths import ROOT
from study.records import TABLES
from study.tracking.stores import store_of
from tests.analysis.reports import Drawn, analysis
from tests.recorded import six_cells
from tests.terminal import FRAMES, terminal
from tests.tracking.made import store_in

EXPERIMENT = "incredible_shrinking_network"
ABSENT = "MNIST is not at hand; make data downloads it"


@pytest.fixture(scope="module")
def outputs(tmp_path_factory, empty_store):
    """Six cells of a population of the study, recorded for real, and one population that could not be run."""
    folder = tmp_path_factory.mktemp("outputs")
    store_in(folder / "mlflow", empty_store)
    cfg = six_cells(folder, figures=False)
    tags = {"key": "0" * 16, "population": "digits_1x100", "method": "random", "ranking": "iterative", "seed": "102"}
    store_of(cfg).record_failure(store_of(cfg).begin_cell(tags), {}, "", "Traceback\nOSError: the disk is full")
    for population in ("mnist_1x100", "mnist_2x50"):
        store_of(cfg).note_not_run(population, ABSENT)
    return folder


@pytest.fixture(scope="module")
def frames(outputs):
    return read_store(f"sqlite:///{outputs}/mlflow/mlflow.db", EXPERIMENT)


@pytest.fixture(scope="module")
def report(outputs, tmp_path_factory):
    """A report by a process of its own, and what it said; to be read, and left as it is."""
    folder = tmp_path_factory.mktemp("reported") / "report"
    place = ["--store", f"sqlite:///{outputs}/mlflow/mlflow.db", "--out", str(folder)]
    command = [sys.executable, "-m", "analysis", "--selftest", "20", *place]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_the_store_is_read_whole(frames):
    assert len(frames.cells) == 6
    assert len(frames.networks) == 2
    assert set(frames.cells["seed"]) == {100, 101}
    assert dict(frames.not_run.to_numpy()) == {"mnist_1x100": ABSENT, "mnist_2x50": ABSENT}
    assert frames.left_out == {ABSENT: "mnist_1x100, mnist_2x50"}
    assert frames.failed[["method", "seed", "reason"]].values.tolist() == [
        ["random", "102", "OSError: the disk is full"]
    ]
    for name in READ:
        assert list(getattr(frames, name).columns) == ["key", *TABLES[name]]
    assert frames.events.groupby("key").size().tolist() == [101] * 6


def test_an_export_holds_all_of_it(frames, tmp_path):
    export(frames, tmp_path)
    again = read_export(tmp_path)
    pd.testing.assert_frame_equal(metrics.table(frames), metrics.table(again), check_exact=True)
    assert again.about == frames.about
    pd.testing.assert_frame_equal(again.failed, frames.failed)
    (tmp_path / "impacts.parquet").unlink()
    with pytest.raises(StoreError, match="impacts missing"):
        read_export(tmp_path)


def test_an_export_of_version_1_is_read_as_of_today(frames, tmp_path):
    later = ["scope", "removed", "round", "phase"]
    export(replace(frames, events=frames.events.drop(columns=later)), tmp_path)
    pd.testing.assert_frame_equal(read_export(tmp_path).events, frames.events)


def test_a_store_that_was_moved_is_still_read(outputs, frames, tmp_path):
    shutil.copytree(outputs / "mlflow", tmp_path / "elsewhere")
    hidden = outputs / "mlflow" / "artifacts"
    hidden.rename(outputs / "mlflow" / "gone")
    try:
        moved = read_store(f"sqlite:///{tmp_path}/elsewhere/mlflow.db", EXPERIMENT)
    finally:
        (outputs / "mlflow" / "gone").rename(hidden)
    pd.testing.assert_frame_equal(moved.events, frames.events, check_exact=True)


def test_few_seeds_decide_nothing_and_absent_populations_are_said(frames):
    judged = claims.evaluate(frames, metrics.table(frames))
    assert judged.confirmatory
    assert not set(judged.verdicts["verdict"]) & {"supported", "refuted"}
    reasons = judged.verdicts.loc[judged.verdicts["claim"] == "C02", "reason"].dropna()
    assert reasons.str.contains("MNIST is not at hand").any()


def test_the_command_writes_a_page_that_needs_nothing_else(outputs, report, drawn, tmp_path):
    folder, said = report
    assert "Claims of tier A" in said
    assert "Not run: mnist_1x100, mnist_2x50." in said
    assert said.count("MNIST is not at hand") == 1
    page = (folder / "index.html").read_text()
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', re.sub(r"xlink:href", "", page))
    for section in ("found", "claims", "each", "curves", "correlations", "populations", "selftest", "how", "C05"):
        assert f'id="{section}"' in page
    assert page.count("MNIST is not at hand") == 1
    assert page.count("for want of data, see the top") > 10
    assert "1 cell begun and never finished" in page
    assert "the disk is full" in page
    for table in ("verdicts", "correlations", "populations", "metrics"):
        assert len(pd.read_csv(folder / "tables" / f"{table}.csv"))
    kept = (folder / "index.html").stat().st_mtime_ns
    again = analysis(drawn, "--store", f"sqlite:///{outputs}/mlflow/mlflow.db", "--out", folder)
    assert again.code == 0, again.err
    assert "Nothing has changed" in again.out
    assert "Claims of tier A" in again.out
    assert (folder / "index.html").stat().st_mtime_ns == kept
    rebuilt = analysis(drawn, "--from", folder.parent / "export", "--out", tmp_path / "again")
    assert rebuilt.code == 0, rebuilt.err
    for csv in (folder / "tables").glob("*.csv"):
        assert csv.read_text() == (tmp_path / "again" / "tables" / csv.name).read_text(), csv.name


class Slowly(Drawn):
    """A self-test that takes long enough to be seen, however quick the rest of the report is."""

    def result(self, told):
        found = super().result(told)
        time.sleep(1)
        return found


def test_a_terminal_is_shown_the_verdicts_once_and_no_line_that_moves_is_kept(outputs, drawn, tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.selftest.Beside", partial(Slowly, drawn))
    place = ["--store", f"sqlite:///{outputs}/mlflow/mlflow.db", "--out", str(tmp_path / "report")]
    monkeypatch.setattr("sys.argv", ["analysis", "--selftest", "20", *place])
    with terminal(monkeypatch) as first:
        assert command.main() == 0
    with terminal(monkeypatch) as second:
        assert command.main() == 0
    said = (tmp_path / "report" / command.SAID).read_text()
    assert set(FRAMES) & set(first.sent), "the terminal has seen a line that moves"
    assert not (set(FRAMES) | {"\x1b", "\r"}) & set(said)
    assert "Self-test of the statistics" in first.sent
    for shown in (said, first.left, second.left):
        assert shown.count("Claims of tier A") == shown.count("Report: ") == 1
        assert not re.search("Reading the store|Self-test|Drawing|Writing", shown)
        assert len(shown.splitlines()) < 120
    assert second.left.endswith("--again builds it anew.")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--store", "sqlite:///nowhere/mlflow.db"], "no tracking store at nowhere/mlflow.db"),
        (["--from", "nowhere"], "is no export of this analysis"),
    ],
)
def test_nothing_to_read_gets_a_message_and_exit_2(arguments, told, drawn):
    done = analysis(drawn, *arguments)
    assert done.code == 2
    assert told in done.err
    assert "Traceback" not in done.said


@pytest.mark.slow
@pytest.mark.parametrize(
    ("width", "box"), [(390, "html"), (1280, "#amended .wide")], ids=["the page on a phone", "words on a screen"]
)
def test_nothing_has_to_be_scrolled_sideways(width, box, report, tmp_path):
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine")
    page = tmp_path / "index.html"
    probe = (
        f"<script>const box = document.querySelector('{box}');"
        "document.title = box.scrollWidth + ' of ' + box.clientWidth</script>"
    )
    page.write_text((report[0] / "index.html").read_text().replace("</body>", f"{probe}</body>"))
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},800", "--virtual-time-budget=4000"]
    done = subprocess.run(
        [*command, "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120, check=True
    )
    found = re.search(r"<title>(\d+) of (\d+)</title>", done.stdout)
    assert found, done.stdout[:300]
    assert 0 < int(found[1]) <= int(found[2])


def test_published_curves_start_where_the_authors_networks_did():
    curves = published.curves()
    start = curves[(curves["population"] == "mnist_1x100") & (curves["removed"] == 0)]
    assert start["error_per_sample"].unique() == pytest.approx([38.0208 / 4500])
    assert set(curves["method"]) == {"brute_force", "taylor1", "taylor2"}
    assert len(curves.drop_duplicates(["figure", "method"])) == 3 * 11


def test_numbers_and_intervals_in_words():
    assert number(float("nan")) == "–"
    assert interval(pd.Series({"estimate": 0.5, "low": 0.25, "high": float("inf")})) == "0.5 [0.25, –]"
    assert fisher(pd.Series([0.5, 0.5, 0.5]), pd.Series([100, 100, 100])) == "0.50 [0.50, 0.50]"
    assert fisher(pd.Series([float("nan")]), pd.Series([100])) == "–"


def test_the_table_of_correlations_has_a_row_a_method(frames):
    table = correlations(metrics.per_network(metrics.table(frames)))
    assert table["method"].tolist() == ["brute force", "second order", "first order"]
    assert table["networks"].tolist() == [2, 2, 2]


def test_every_figure_says_in_words_and_numbers_what_it_shows(report):
    figures = sorted((report[0] / "figures").glob("*.svg"))
    names = {file.stem for file in figures}
    assert {"removable", "cost", "lorenz", "degradation_digits_1x100_iterative"} <= names
    for file in figures:
        svg = ET.fromstring(file.read_text())
        assert svg.get("role") == "img"
        assert len(svg.get("aria-label")) > 60, file.name
        assert len(pd.read_csv(file.with_suffix(".csv"))), file.name


def test_what_was_exported_is_not_read_again(outputs, frames, tmp_path):
    export(frames, tmp_path)
    found = find(f"sqlite:///{outputs}/mlflow/mlflow.db", EXPERIMENT)
    hidden = outputs / "mlflow" / "artifacts"
    hidden.rename(outputs / "mlflow" / "gone")
    try:
        again = read(found, tmp_path)
        with pytest.raises(StoreError, match="cannot be used"):
            read(found)
    finally:
        (outputs / "mlflow" / "gone").rename(hidden)
    for name in READ:
        pd.testing.assert_frame_equal(getattr(again, name), getattr(frames, name), check_exact=True)
