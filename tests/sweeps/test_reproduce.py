"""A profile's cells in a pool: run once, skipped when finished, and a failing one fails alone."""

import io
import re
import shutil
import sys
import time

import pytest
from hydra import compose
from rich.console import Console

from study.common.errors import StudyError
from study.config.population import composer
from study.data import _sources, mnist20x20
from study.sweeps import board, missing_data, reproduce, status
from study.sweeps.grid import Grid, Job
from study.sweeps.profile import profile
from study.tracking import stores
from study.tracking.inspection import NETWORK
from study.tracking.stores import store_of
from tests.data.test_sources import PACKED, collection, server  # noqa: F401  (a fixture)
from tests.hostile.commands import in_process, refused
from tests.terminal import CONTROL, terminal

pytestmark = pytest.mark.usefixtures("ready_stores")


SMALL = """# @package hydra.sweeper
about: Three cells in two grids.
grids:
  - name: two
    record: {truth_every: 10, surfaces_every: 20}
    run: {figures_for: []}
    sweep: {population: cosine_2x10, ranking: single_overall, method: [taylor1, magnitude], seed: 0}
  - name: one
    record: {truth_every: 10, surfaces_every: 20}
    run: {figures_for: []}
    sweep: {population: cosine_2x10, ranking: single_overall, method: random, method.params.draw: 0, seed: 0}
"""


@pytest.fixture
def small(tmp_path, monkeypatch, capsys):
    """A profile of three cells, in a folder of one's own; run in this process, recorded under `tmp_path`."""
    folder = tmp_path / "conf" / "profile"
    folder.mkdir(parents=True)
    (folder / "small.yaml").write_text(SMALL)
    words = ["--config-dir", tmp_path / "conf", "-m", "+profile=small", "hydra.launcher.jobs=1"]

    def run(*more):
        return in_process(capsys, monkeypatch, "study", *words, f"paths.outputs={tmp_path}", *more)

    return run


def store_in(folder):
    with composer():
        return store_of(compose("config", overrides=[f"paths.outputs={folder}"]))


def test_a_profile_runs_and_then_has_nothing_to_do(small, tmp_path):
    done = small()
    assert done.code == 0, done
    assert "3 cells in 2 grids, 0 finished, 3 to run" in done.out
    assert len(store_in(tmp_path).keys("finished")) == 3
    log = (tmp_path / "logs" / "small.log").read_text()
    assert log.count("units removable") == 3
    assert "units removable" not in done.said, "the cells' lines are in the log"
    assert f"Judge the claims by what is recorded: python -m analysis --store sqlite:///{tmp_path}" in done.out
    assert "3 finished, 0 to run" in small().out


def test_what_is_typed_narrows_a_profile(small, tmp_path):
    done = small("method=magnitude")
    assert "1 cell in 1 grid, 0 finished, 1 to run" in done.out
    refused(small("seed=3"), "no cell of the profile small has seed=3; its values of seed are 0: choose", codes=(2,))
    refused(small("method=magnitude,obs"), "has method=obs; its values of method are taylor1, magnitude, random", (2,))
    assert "3 cells in 2 grids, 1 finished, 2 to run" in small("seed=range(0,9)").out


def test_what_is_damaged_is_not_finished_and_is_made_again(small, tmp_path):
    """Lost at a glance; a flipped bit by its digest; a network without computing its cells anew."""
    small()
    store = store_in(tmp_path)
    before = store.inspected().whole
    lost, flipped, kept = before
    shutil.rmtree(store.artifacts / before[lost])
    table = store.artifacts / before[flipped] / "artifacts" / "tables" / "events.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 3] ^= 1
    table.write_bytes(content)
    said = small().out
    assert "3 cells in 2 grids, 2 finished, 1 to run" in said
    assert "Damaged since they were finished, and made again: 1" in said
    assert "manifest.json is not there" in said
    assert "3 finished, 0 to run" in small().out
    assert "2 finished, 1 to run Damaged" in small("hydra.sweeper.check=true").out
    after = store.inspected(thorough=True)
    assert not after.damaged
    assert after.whole[kept] == before[kept]
    assert after.whole[lost] != before[lost]
    assert after.whole[flipped] != before[flipped]

    (network,) = store.inspected(NETWORK).whole.values()
    old = store.statuses().runs.client.get_run(network).data
    (store.artifacts / network / "artifacts" / "network.safetensors").write_bytes(b"")
    said = small().out
    assert "3 finished, 0 to run" in said
    assert "the network of " in said
    assert "network.safetensors is empty" in said
    (mended,) = store.inspected(NETWORK, thorough=True).whole.values()
    assert mended != network
    new = store.statuses().runs.client.get_run(mended).data
    assert new.metrics == old.metrics
    assert new.tags["study.band_text"] == old.tags["study.band_text"]
    assert store.inspected().whole == after.whole
    assert "Damaged" not in small("hydra.sweeper.check=true").out


def test_a_failing_cell_fails_alone_and_is_named(small, tmp_path):
    broken = SMALL.replace("method: [taylor1, magnitude], seed: 0", "method: magnitude, seed: [-1, 0]")
    (tmp_path / "conf" / "profile" / "small.yaml").write_text(broken)
    done = small("method=magnitude")
    assert done.code == 1
    assert re.search(r"failed population=cosine_2x10 .*seed=-1: seed=-1: 0 or more", done.err)
    assert "The same command runs just those again" in done.err
    assert "+profile=small" in done.err
    assert "seed=-1" in (tmp_path / "logs" / "small.log").read_text()
    assert len(store_in(tmp_path).keys("finished")) == 1


CHECKED = ("hydra.sweeper.check=true", "hydra.sweeper.offline=true")


def test_a_profile_and_its_sweep_are_one_command(monkeypatch, capsys, tmp_path):
    """`make reproduce` types what a person would."""
    typed = []
    monkeypatch.setattr("study.sweeps.command.command", lambda again: typed.append([*sys.argv[1:], again]) or 0)
    monkeypatch.setattr(sys, "argv", ["study.reproduce"])
    assert reproduce.run("smoke", 2, tmp_path / "a b", check=True, offline=True) == 0
    assert typed[0][:3] == ["-m", "+profile=smoke", "hydra.launcher.jobs=2"]
    assert typed[0][3:-1] == [
        f'paths.outputs="{tmp_path}/a b"',
        "hydra.sweeper.check=true",
        "hydra.sweeper.offline=true",
    ]
    assert typed[0][-1] == f"python -m study.reproduce smoke --outputs '{tmp_path}/a b'"


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """A machine without MNIST: what prepares a profile there, given where MNIST can be downloaded."""
    monkeypatch.delenv("STUDY_OFFLINE", raising=False)
    monkeypatch.setenv("STUDY_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(_sources, "project_root", lambda: tmp_path / "checkout")
    sweeps = profile("smoke")

    def prepared(*mirrors, **how):
        monkeypatch.setattr(mnist20x20, "FILES", collection(*mirrors))
        console = Console(file=io.StringIO(), width=500)
        absent = missing_data.fetched(sweeps, console, **how)
        return absent, console.file.getvalue()

    return prepared


def test_what_a_profile_lacks_is_downloaded_first(bare, server, tmp_path):  # noqa: F811
    url, asked, _ = server
    absent, told = bare(url)
    assert absent == {}
    assert "downloaded and verified" in told
    assert (tmp_path / "data" / "made" / "raw" / "made.gz").read_bytes() == PACKED
    assert bare(url) == ({}, "")
    assert len(asked) == 1


def test_offline_nothing_is_asked_for(bare, server, monkeypatch):  # noqa: F811
    url, asked, _ = server
    left = {"mnist_1x100": "Made is not at hand; `make data` downloads it"}
    assert bare(url, offline=True) == (left, "")
    monkeypatch.setenv("STUDY_OFFLINE", "1")
    assert bare(url) == (left, "")
    assert not asked


def test_a_download_that_fails_is_said_in_a_line_and_the_rest_goes_on(bare, server):  # noqa: F811
    url, _, served = server
    (served / "made.gz").write_bytes(PACKED[:-1])
    for mirror, why in ((url, "another file"), ("http://127.0.0.1:9/", "no connection")):
        absent, told = bare(mirror)
        assert list(absent) == ["mnist_1x100"]
        assert why in told.splitlines()[-1]
        assert len(told.splitlines()) == 2


def test_what_is_left_out_stands_in_one_line_without_a_place_of_this_machine(small, monkeypatch):
    monkeypatch.setattr(missing_data, "unavailable", lambda _: {"cosine_2x10": "it is not at hand; `make data`"})
    done = small()
    assert "Left out: cosine_2x10: it is not at hand; `make data`" in done.out
    assert "0 cells in 0 grids" in done.out


def test_what_is_at_hand_is_asked_of_the_data_folder_of_now(tmp_path, monkeypatch):
    """The first folder that was asked for counted for the life of the process."""
    folders, asked = [tmp_path / "first", tmp_path / "second"], []
    monkeypatch.setattr(missing_data, "missing", lambda *_, folder, **__: asked.append(folder))
    for folder in folders:
        monkeypatch.setenv("STUDY_DATA", str(folder))
        missing_data.unavailable([Grid("made", "made", (), {"population": "mnist_1x100"})])
    assert asked == folders


def test_the_cause_is_short_whatever_is_lacking(tmp_path, monkeypatch):
    monkeypatch.setenv("STUDY_DATA", str(tmp_path))
    monkeypatch.setattr(_sources, "project_root", lambda: tmp_path / "checkout")
    named = ["mnist_1x100", "one_vs_all_0", "authors_mnist_1x100", "authors_diamond"]
    absent = missing_data.unavailable([Grid("made", "made", (), {"population": ",".join([*named, "digits_1x100"])})])
    assert list(absent) == named
    assert len(set(absent.values())) == 2
    assert not [cause for cause in absent.values() if str(tmp_path) in cause or len(cause) > 110]


def job(population, method, seed):
    return Job("made", (), (f"population={population}", f"method={method}"), ("ranking=iterative", f"seed={seed}"))


COSTS = {"small": 1.0, "large": 40.0}
TIMES = {"taylor1": 1.0, "brute_force": 6.0, "random": 0.5}
JOBS = [job(p, m, seed) for p in COSTS for seed in range(4) for m in TIMES]


def cost(one):
    population, method = one.choices[0].partition("=")[2], one.choices[1].partition("=")[2]
    return COSTS[population] * TIMES[method]


def at_work(monkeypatch, console, **how):
    """A board whose clock is set by hand."""
    clock = [0.0]
    monkeypatch.setattr(board.time, "monotonic", lambda: clock[0])
    return board.Board(JOBS, 2, console, **how), clock


def test_what_is_left_is_foretold_by_kind_and_not_by_counting_cells(monkeypatch):
    shown, clock = at_work(monkeypatch, Console(file=io.StringIO()))
    assert "not known yet" in shown.line()
    small = [one for one in JOBS if one.population == "small"]
    large = [one for one in JOBS if one.population == "large"]
    for one in [*small, *large[:4]]:  # by their number 18 of 24 cells would leave a fifth of the time
        shown.begun(one)
        clock[0] += cost(one)
        shown.ended(one)
    true = sum(map(cost, large[4:])) / 2
    assert shown.left() == pytest.approx(true, rel=0.3)
    shown.begun(large[4])
    before = shown.left()
    clock[0] += 20.0
    assert shown.left() < before - 5, "what is at work gets less, too"
    shown.begun(large[5])
    shown.ended(large[5], failed=True)
    assert shown.counts == "17 of 24 cells, 1 failed"


def test_a_terminal_shows_a_line_a_worker_and_in_the_end_what_it_took(monkeypatch):
    with terminal(monkeypatch) as seen:
        console = Console()
        with board.Board(JOBS, 2, console) as shown:
            shown.begun(JOBS[0])
            shown.begun(JOBS[-1])
            shown.ended(JOBS[0])
            time.sleep(1.2)
    assert "1 of 24 cells" in seen.sent
    assert re.search(r"made +large +random, iterative, seed 3 +0:00:0\d", seen.sent)
    assert re.fullmatch(r"1 of 24 cells in 0:00:0\d", seen.left)


def test_elsewhere_there_is_a_plain_line_now_and_then(tmp_path):
    console = Console(file=io.StringIO(), width=80)
    with board.Board(JOBS, 2, console, every=0.05) as shown:
        for one in JOBS:
            shown.begun(one)
            shown.ended(one)
        time.sleep(0.4)
    *now_and_then, last = console.file.getvalue().splitlines()
    assert 2 <= len(now_and_then) <= 12
    assert all(line.startswith("24 of 24 cells, 0:00:00, about ") for line in now_and_then[-1:])
    assert last.startswith("24 of 24 cells in 0:00:0")
    assert not CONTROL.search(console.file.getvalue())


@pytest.mark.parametrize("command", ["reproduce", "status"])
def test_a_profile_that_records_nothing_is_refused(command, tmp_path, monkeypatch, small):
    told = "is run with tracking=none, which records nothing"
    if command == "reproduce":
        assert f"small {told}" in small("tracking=none").err
        return
    monkeypatch.setattr(stores, "store_of", lambda _: None)  # as where conf/config.yaml was given tracking: none
    with pytest.raises(StudyError, match=f"smoke {told}"):
        status.show("smoke", [grid.into(tmp_path) for grid in profile("smoke")], Console(file=io.StringIO()))
