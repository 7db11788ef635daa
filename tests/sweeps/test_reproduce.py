"""A profile's cells in a pool: run once, skipped when finished, and a failing one fails alone."""

import io
import re
import shutil
import time

import pytest
from rich.console import Console

from study import stores
from study.data import _sources, mnist20x20
from study.errors import StudyError
from study.stores import store_of
from study.sweeps import board, missing_data, reproduce, status
from study.sweeps import plan as plans
from study.sweeps.grid import Grid, Job
from study.sweeps.profile import experiment, profile
from study.sweeps.workers import Workers
from study.tracking.inspection import NETWORK
from tests.data.test_sources import PACKED, collection, server  # noqa: F401  (a fixture)
from tests.terminal import CONTROL, terminal

pytestmark = pytest.mark.usefixtures("ready_stores")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A profile of three cells, recorded under a folder of its own; one fails when `method.params.draw` is below 0."""
    grid = experiment("smoke").having({"population": "cosine_2x10", "seed": "0", "ranking": "single_overall"})
    sweeps = [
        grid.having({"method": "taylor1,magnitude"}),
        grid.having({"method": "random", "method.params.draw": "0"}),
    ]
    monkeypatch.setattr(reproduce, "profile", lambda _: sweeps)
    sweeps = [s.into(tmp_path) for s in sweeps]
    return plans.tracked(sweeps[0])[0], sweeps


def test_a_profile_runs_and_then_has_nothing_to_do(small, tmp_path, capsys):
    assert reproduce.reproduce("small", 1, tmp_path) == 0
    assert "3 cells in 2 grids, 0 finished, 3 to run" in " ".join(capsys.readouterr().out.split())
    assert len(store_of(small[0]).keys("finished")) == 3
    log = (tmp_path / "logs" / "small.log").read_text()
    assert log.count("units removable") == 3
    assert reproduce.reproduce("small", 1, tmp_path) == 0
    assert "3 finished, 0 to run" in " ".join(capsys.readouterr().out.split())


def again(capsys, folder, check=False) -> str:
    assert reproduce.reproduce("small", 1, folder, check) == 0
    return " ".join(capsys.readouterr().out.split())


def test_what_is_damaged_is_not_finished_and_is_made_again(small, tmp_path, capsys):
    """Lost at a glance; a flipped bit by its digest; a network without computing its cells anew."""
    store = store_of(small[0])
    again(capsys, tmp_path)
    before = store.inspected().whole
    lost, flipped, kept = before
    shutil.rmtree(store.artifacts / before[lost])
    table = store.artifacts / before[flipped] / "artifacts" / "tables" / "events.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 3] ^= 1
    table.write_bytes(content)
    said = again(capsys, tmp_path)
    assert "3 cells in 2 grids, 2 finished, 1 to run" in said
    assert "Damaged since they were finished, and made again: 1" in said
    assert "manifest.json is not there" in said
    assert "3 finished, 0 to run" in again(capsys, tmp_path)
    assert "2 finished, 1 to run Damaged" in again(capsys, tmp_path, check=True)
    after = store.inspected(thorough=True)
    assert not after.damaged
    assert after.whole[kept] == before[kept]
    assert after.whole[lost] != before[lost]
    assert after.whole[flipped] != before[flipped]

    (network,) = store.inspected(NETWORK).whole.values()
    old = store.standing().runs.client.get_run(network).data
    (store.artifacts / network / "artifacts" / "network.safetensors").write_bytes(b"")
    said = again(capsys, tmp_path)
    assert "3 finished, 0 to run" in said
    assert "the network of " in said
    assert "network.safetensors is empty" in said
    (mended,) = store.inspected(NETWORK, thorough=True).whole.values()
    assert mended != network
    new = store.standing().runs.client.get_run(mended).data
    assert new.metrics == old.metrics
    assert new.tags["study.band_text"] == old.tags["study.band_text"]
    assert store.inspected().whole == after.whole
    assert "Damaged" not in again(capsys, tmp_path, check=True)


def test_a_failing_cell_fails_alone_and_is_named(small, tmp_path, capsys):
    _, sweeps = small
    jobs = sweeps[0].jobs()
    broken = Job("smoke", jobs[0].shared, jobs[0].choices, (*jobs[0].values, "seed=-1"))
    with Workers(1) as pool:
        failed = reproduce.run_all([broken, jobs[1]], pool, tmp_path / "logs" / "x.log")
    assert failed == [(broken, "seed=-1: 0 or more")]
    assert "seed=-1" in (tmp_path / "logs" / "x.log").read_text()
    assert len(store_of(small[0]).keys("finished")) == 1


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


@pytest.mark.usefixtures("small")
def test_what_is_left_out_stands_in_one_line_without_a_place_of_this_machine(tmp_path, monkeypatch, capsys):
    absent = {"mnist_1x100": "MNIST is not at hand; `make data` downloads it", "authors_circle": missing_data.AUTHORS}
    absent["mnist_2x50"] = absent["mnist_1x100"]
    monkeypatch.setattr(reproduce, "fetched", lambda *_: absent)
    monkeypatch.setattr(reproduce, "planned", lambda *_: {})
    assert reproduce.reproduce("small", 1, tmp_path) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Left out: ")]
    assert lines[0] == "Left out: mnist_1x100, mnist_2x50: MNIST is not at hand; `make data` downloads it"
    assert len(lines) == 2
    assert "/" not in "".join(lines).replace("make data", "")


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


def test_the_log_is_named_before_anything_is_run(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(reproduce, "run_job", lambda one, **_: (one, None))
    with Workers(1) as pool:
        assert reproduce.run_all(JOBS, pool, tmp_path / "logs" / "made.log") == []
    first, last = "".join(capsys.readouterr().out.splitlines(keepends=True)).splitlines()
    assert first.endswith("made.log")
    assert last.startswith("24 of 24 cells in ")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("command", ["reproduce", "status"])
def test_a_profile_that_records_nothing_is_refused(command, tmp_path, monkeypatch):
    monkeypatch.setattr(stores, "store_of", lambda _: None)  # as where conf/config.yaml was given tracking: none
    show = {"reproduce": lambda: reproduce.reproduce("smoke", 1, tmp_path), "status": lambda: shown(tmp_path)}[command]
    with pytest.raises(StudyError, match="smoke is run with tracking=none, which records nothing"):
        show()


def shown(folder) -> int:
    return status.show("smoke", [sweep.into(folder) for sweep in profile("smoke")], Console(file=io.StringIO()))
