"""The MLflow UI as somebody sees it who has just started it: in a real browser, on a real store that was moved."""

import shutil
import signal
import subprocess
import sys

import pytest

from study.common.paths import ROOT
from tests.analysis.reports import analysis
from tests.browser.chromium import Browser, installed
from tests.recorded import six_cells

pytestmark = [pytest.mark.slow, pytest.mark.skipif(installed() is None, reason="no Chromium on this machine")]

EXPERIMENT = "incredible_shrinking_network"


@pytest.fixture(scope="module")
def store(drawn, tmp_path_factory):
    """Six cells with their figures, and what the analysis says of them; moved: nothing may lean on the old place."""
    folder, moved = (tmp_path_factory.mktemp(name) for name in ("browsed", "elsewhere"))
    six_cells(folder, figures=True)
    place = ["--store", f"sqlite:///{folder}/mlflow/mlflow.db", "--out", folder / "report"]
    assert analysis(drawn, *place).code == 0
    assert "Nothing has changed" in analysis(drawn, *place).out
    shutil.copytree(folder / "mlflow", moved / "store")
    (folder / "mlflow").rename(folder / "gone")
    return moved / "store"


@pytest.fixture(scope="module")
def addresses(store):
    """What `study.ui` prints: words -> address."""
    command = [sys.executable, "-m", "study.ui", "--uri", f"sqlite:///{store}/mlflow.db", "--port", "5230"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        lines = []
        for line in iter(process.stdout.readline, ""):
            lines.append(line)
            if line.startswith("stop it"):
                break
        yield dict(map(str.strip, line.split(": ", 1)) for line in lines if ":  http://" in line)
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def pictured(browser, tmp_path, name):
    assert browser.picture(tmp_path / f"{name}.png").stat().st_size > 20_000


def first_run(browser, address, words):
    """Return the address of the page of the first run in a list whose name holds some words."""
    browser.open(address)
    link = f"[...document.querySelectorAll('a[href*=\"/runs/\"]')].find(a => a.textContent.includes({words!r}))"
    return browser.find(f"({link} || {{}}).href")


def test_it_starts_with_the_summaries_under_model_training(addresses, browser, tmp_path):
    assert next(iter(addresses)) == "start here"
    root = addresses["start here"].split("#")[0]
    browser.open(root)  # the short address leads to the same place
    for name in ("brute force", "second order", "first order"):
        browser.see(f"{name} · digits_1x100 · re-ranked")
    for column in ("study.population", "study.method", "removable_share"):
        browser.see(column)
    assert browser.find("location.href").startswith(addresses["start here"])
    assert browser.find("document.body.innerText.includes('Model registry')")  # a page of model training alone
    assert not browser.text().count("Judges")  # one of generative AI
    pictured(browser, tmp_path, "start_here")


def test_all_cells_are_listed_in_columns_that_tell_them_apart(addresses, browser, tmp_path):
    browser.open(addresses["all cells"])
    browser.see("digits_1x100 · second order · iterative")
    for column in ("study.population", "study.method", "study.seed", "removable", "spearman_start"):
        browser.see(column)
    browser.see("6 matching runs")  # the networks are filtered out
    pictured(browser, tmp_path, "cells")


def test_methods_are_compared_in_charts_over_units_removed(addresses, browser, tmp_path):
    compare = addresses["start here"].replace("ShareKey=study", "ShareKey=compare_digits_1x100")
    browser.open(f"{compare}&compareRunsMode=CHART")
    browser.see("digits_1x100, medians over networks")
    browser.see("accuracy/pruning")
    axis = "[...document.querySelectorAll('.xtitle')].some(t => t.textContent === 'units removed')"
    browser.find(axis)
    for method in ("brute force", "second order", "first order"):
        legend = f"{method} · digits_1x100 · re-ranked (accuracy/pruning)"
        browser.see(legend)
    browser.find("document.querySelectorAll('.js-plotly-plot .scatterlayer path.js-line').length >= 9")
    pictured(browser, tmp_path, "compare")


def test_a_run_says_what_it_is_and_shows_a_figure(addresses, browser, tmp_path):
    run = first_run(browser, addresses["start here"], "brute force")
    browser.open(run)
    browser.see("2 networks (seeds 100 to 101) of 100 hidden units, summed up")
    loaded = "[...document.images].some(i => i.src.includes('1_degradation') && i.complete && i.naturalWidth > 300)"
    browser.find(loaded)
    assert not browser.text().count("Judges")  # still under model training
    pictured(browser, tmp_path, "run")


def test_a_cell_has_its_figures_in_reading_order(addresses, browser, tmp_path):
    browser.open(f"{first_run(browser, addresses['all cells'], 'brute force')}/artifacts/figures/1_degradation.png")
    names = ["1_degradation.png", "2_estimate_against_impact.png", "3_agreement_along_the_way.png"]
    for name in names:
        browser.see(name)
    text = browser.text()
    assert [text.index(name) for name in names] == sorted(text.index(name) for name in names)
    browser.find("[...document.images].some(i => i.src.startsWith('blob:') && i.complete && i.naturalWidth > 300)")
    pictured(browser, tmp_path, "figure")
