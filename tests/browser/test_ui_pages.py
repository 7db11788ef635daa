"""The MLflow UI as somebody sees it who has just started it: in a real browser, on a real store, and on a moved one."""

import shutil
import signal
import subprocess
import sys

import pytest
from hydra import compose

from study.config import ROOT
from study.population import composer
from study.run import run_cell
from tests.browser.chromium import Browser, installed

pytestmark = [pytest.mark.slow, pytest.mark.skipif(installed() is None, reason="no Chromium on this machine")]

EXPERIMENT = "incredible_shrinking_network"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Six cells with their figures, and what the analysis says of them."""
    folder = tmp_path_factory.mktemp("browsed")
    with composer():
        for seed in (100, 101):
            for method in ("brute_force", "taylor1", "taylor2"):
                overrides = ["population=digits_1x100", f"seed={seed}", f"method={method}", "record.truth_every=20"]
                overrides += ["record.surfaces_every=40", f"run.figures_for=[{seed}]", f"paths.outputs={folder}"]
                run_cell(compose("config", overrides=overrides), alone=False)
    command = [sys.executable, "-m", "analysis", "--selftest", "20", "--out", folder / "report"]
    command += ["--store", f"sqlite:///{folder}/mlflow/mlflow.db"]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=True)
    return folder / "mlflow"


@pytest.fixture(scope="module", params=["where it was made", "moved"])
def addresses(request, store, tmp_path_factory):
    """What `study.ui` prints: words -> address."""
    if request.param == "moved":
        moved = tmp_path_factory.mktemp("elsewhere") / "store"
        shutil.copytree(store, moved)
        store.rename(store.with_name("gone"))  # nothing may lean on the old place
        store, made = moved, store
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
    if request.param == "moved":
        made.with_name("gone").rename(made)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as found:
        yield found


def pictured(browser, tmp_path, name):
    assert browser.picture(tmp_path / f"{name}.png").stat().st_size > 20_000


def test_it_starts_with_the_summaries_under_model_training(addresses, browser, tmp_path):
    assert next(iter(addresses)) == "start here"
    browser.open(addresses["start here"])
    for name in ("digits_1x100 · brute force", "digits_1x100 · second order", "digits_1x100 · first order"):
        browser.see(name)
    pictured(browser, tmp_path, "start_here")
