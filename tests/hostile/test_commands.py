"""The other commands with what they cannot use: a message, exit code 1 or 2, no traceback, nothing harmed."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pandas as pd
import pytest

from analysis.runs import StoreError, export, find, read, read_export, read_store
from study.cells.run import run_cell
from study.config.population import composer
from study.tracking import Store, artefacts
from tests.analysis.reports import analysis
from tests.hostile.commands import in_process, process, refused
from tests.tracking.made import record, store_in

pytestmark = pytest.mark.usefixtures("ready_stores")

EXPERIMENT = "incredible_shrinking_network"

REFUSED = {
    "analysis --store sqlite:///nowhere/mlflow.db": "no tracking store at nowhere/mlflow.db; run `make reproduce`",
    "analysis --store sqlite:///{tmp}": "no tracking store at",
    "analysis --store sqlite:///{tmp}/text": "is no tracking store of MLflow",
    "analysis --store sqlite:///{tmp}/empty": "is no tracking store of MLflow",
    "analysis --store nonsense://x": "cannot be read",
    "analysis --store {store} --experiment other": "has no experiment 'other'; it has: .*incredible_shrinking_network",
    "analysis --store {bare}": "has no finished cell",
    "analysis --store {store} --sweep none": "no finished cell belongs to sweep 'none'; there are: .*manual",
    "analysis --store {store} --out {tmp}/text/report": "Not a directory|File exists",
    "analysis --store {store} --keep {tmp}": r"holds other things than results \(.*\), which would be replaced",
    "analysis --store {store} --keep {tmp}/text": "is not a folder; name another with --keep",
    "analysis --store {store} --selftest 0": "--selftest 0: at least 20",
    "analysis --store {store} --selftest many": "invalid int",
    "analysis --from nowhere": "nowhere is no export of this analysis",
    "analysis --from {tmp}/text": "is no export of this analysis",
    "analysis --from": "expected one argument",
    "analysis --nosuch": "unrecognized arguments",
    "analysis.claims decree": "invalid choice: 'decree'",
    "analysis.claims judge --tables {tmp}/nowhere": "values.csv is not there",
    "analysis.notebooks 9": "no notebook begins with 9; there are 01_one_network_by_hand",
    "analysis.notebooks ../01": r"no notebook begins with \.\./01",
    "analysis.notebooks 01 --out {tmp}/text": "File exists|Not a directory",
    "analysis.selftest --repetitions 0": "--repetitions 0: at least 20",
    "analysis.selftest --stores -1": "--stores -1: at least 1",
    "analysis.selftest --seed -1": "--seed -1: at least 0",
    "analysis.selftest --out {tmp}/text/rates.csv": "Not a directory",
    "study.data --folder": "expected one argument",
    "study.acceptance nothing": "unknown population nothing; known: .*digits_1x100",
    "study.acceptance ../free": "unknown population",
    "study.acceptance digits_1x100 --seeds a": "--seeds a: whole numbers",
    "study.acceptance digits_1x100 --seeds -1": "--seeds|expected one argument",
    "study.acceptance digits_1x100 --seeds 1,,2": "--seeds 1,,2: whole numbers",
    "study.authors cube": "unknown stored network 'cube'; known: mnist_1x100",
    "study.authors ../diamond": "unknown stored network",
    "study.speed nothing": "unknown part nothing; known: oracle",
    "study.speed --rounds 0": "--rounds 0: at least 1",
    "study.speed profile --profile nothing": "unknown profile 'nothing'; known: authors, companions-smoke, filters",
    "study.status nothing": r"unknown (profile|sweep) 'nothing'",
    "study.status a=b,c": "unknown (profile|sweep)",
    "study.ui --uri sqlite:///{tmp}/nowhere.db": "there is no tracking store",
    "study.ui --uri http://127.0.0.1:9": "is no SQLite file",
    "study.ui --uri sqlite:///{tmp}/text": "cannot be created or opened",
    "study.ui --port many --uri {store}": "invalid int",
    "study.ui --port 70000 --uri {store}": "no free port from 70000 on",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Two finished cells."""
    from hydra import compose

    folder = tmp_path_factory.mktemp("outputs")
    with composer():
        for seed in (0, 1):
            small = ["network=mlp_10", "training.epochs=1", "training.polish=0", "record.truth_every=5"]
            cfg = compose("config", overrides=[*small, f"seed={seed}", f"paths.outputs={folder}", "run.figures_for=[]"])
            run_cell(cfg, alone=False)
    return folder


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A store in which nothing is finished."""
    folder = tmp_path_factory.mktemp("bare")
    Store(f"sqlite:///{folder}/mlflow.db").create()
    return folder


@pytest.mark.parametrize("typed", REFUSED)
def test_it_is_refused_with_a_message(typed, outputs, bare, tmp_path, capsys, monkeypatch):
    (tmp_path / "text").write_text("not what is looked for, but mine" * 100)
    (tmp_path / "empty").write_bytes(b"")
    store = f"sqlite:///{outputs}/mlflow/mlflow.db"
    places = {"tmp": tmp_path, "store": store, "bare": f"sqlite:///{bare}/mlflow.db"}
    module, *arguments = (part.format(**places) for part in typed.split())
    if module == "analysis" and "--out" not in arguments:
        arguments += ["--out", str(tmp_path / "report")] if arguments[-1] not in ("--from", "--nosuch") else []
    monkeypatch.chdir(tmp_path)
    refused(in_process(capsys, monkeypatch, module, *arguments), REFUSED[typed])
    assert (tmp_path / "text").read_text().startswith("not what is looked for")
    assert (tmp_path / "empty").read_bytes() == b""
    assert not (tmp_path / "nowhere").exists()


@pytest.fixture
def harmed(outputs, tmp_path):
    """A copy of the outputs to do harm to; the original, which it was written as, is there and whole."""
    shutil.copytree(outputs, tmp_path / "outputs")
    return tmp_path / "outputs"


def table(outputs: Path, number: int = 0, name: str = "evaluations") -> Path:
    return sorted((outputs / "mlflow" / "artifacts").rglob(f"tables/{name}.parquet"))[number]


def _cut(outputs: Path) -> None:
    table(outputs).write_bytes(table(outputs).read_bytes()[:-40])


def _flip(outputs: Path) -> None:
    content = bytearray(table(outputs).read_bytes())
    content[len(content) // 3] ^= 1
    table(outputs).write_bytes(bytes(content))


def _swap(outputs: Path) -> None:
    table(outputs).write_bytes(table(outputs, 1).read_bytes())


def _improve(outputs: Path) -> None:
    frame = pd.read_parquet(table(outputs))
    frame["error"] *= 0.9
    frame.to_parquet(table(outputs), compression="zstd", index=False)


def _lose(outputs: Path) -> None:
    table(outputs).unlink()


def _unmanifest(outputs: Path) -> None:
    (table(outputs).parents[1] / "manifest.json").unlink()


def _other_manifest(outputs: Path) -> None:
    shutil.copy(table(outputs, 1).parents[1] / "manifest.json", table(outputs).parents[1] / "manifest.json")


def _forge(outputs: Path) -> None:
    """Better numbers, and a manifest that says so."""
    _improve(outputs)
    folder = table(outputs).parents[1]
    written = json.loads((folder / "manifest.json").read_text())
    artefacts.write_manifest(folder, list(written["files"]), written["digest"])


def _add_a_column(outputs: Path) -> None:
    frame = pd.read_parquet(table(outputs)).assign(more=1)
    frame.to_parquet(table(outputs), compression="zstd", index=False)
    folder = table(outputs).parents[1]
    written = json.loads((folder / "manifest.json").read_text())
    artefacts.write_manifest(folder, list(written["files"]), written["digest"])


def _lose_the_folder(outputs: Path) -> None:
    shutil.rmtree(table(outputs).parents[2])


def _link(outputs: Path) -> None:
    shutil.move(table(outputs), outputs / "moved.parquet")
    (table(outputs, 0, "events").parent / "evaluations.parquet").symlink_to(outputs / "moved.parquet")


HARMS = (_cut, _flip, _swap, _improve, _lose, _unmanifest, _other_manifest, _forge, _add_a_column, _lose_the_folder, _link)  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("harm", HARMS)
def test_a_table_that_is_not_as_it_was_written_is_left_out_and_counted(harm, harmed):
    first = table(harmed).parents[2].name
    harm(harmed)
    store = f"sqlite:///{harmed}/mlflow/mlflow.db"
    with pytest.warns(UserWarning, match=r"1 cell damaged .*; made again by: the command that asked"):
        frames = read_store(store, EXPERIMENT)
    assert len(frames.cells) == 1
    assert set(frames.events["key"]) == set(frames.evaluations["key"]) == set(frames.cells["key"])
    assert frames.damaged[["kind", "run_id"]].to_numpy().tolist() == [["cell", first]]
    assert re.search(r"evaluations\.parquet|manifest\.json|digest|no column", frames.damaged["reason"].iloc[0])
    for file in harmed.rglob("tables/events.parquet"):
        file.unlink()
    with pytest.raises(StoreError, match=r"none of the 2 finished cells .* cannot be used .* make them again"):
        read_store(store, EXPERIMENT)


def test_the_report_counts_what_is_damaged_and_its_command_mends_it(harmed, drawn, tmp_path):
    _flip(harmed)
    store = f"sqlite:///{harmed}/mlflow/mlflow.db"
    done = analysis(drawn, "--store", store, "--out", tmp_path / "report")
    assert done.code == 0, done.said
    assert "Damaged: 1 cell." in done.out
    assert "tables/evaluations.parquet is not as it was written" in done.out
    page = (tmp_path / "report" / "index.html").read_text()
    assert "Damaged since they were recorded: 1 cell." in page
    assert 'id="damaged"' in page
    assert len(pd.read_csv(tmp_path / "report" / "tables" / "damaged.csv")) == 1


def test_a_copied_store_reads_its_own_files_and_not_the_originals(outputs, harmed):
    for name in ("evaluations", "events"):
        for number in (1, 0):
            table(harmed, number, name).unlink()
    with pytest.raises(StoreError, match="name it with --artifacts"):
        read_store(f"sqlite:///{harmed}/mlflow/mlflow.db", EXPERIMENT)
    artifacts = outputs / "mlflow" / "artifacts"
    assert len(read_store(f"sqlite:///{harmed}/mlflow/mlflow.db", EXPERIMENT, artifacts=artifacts).cells) == 2


def test_where_a_store_says_that_files_lie_is_not_followed(outputs, tmp_path):
    """A store of somebody else, whose runs point at files of ours."""
    shutil.copytree(outputs / "mlflow", tmp_path / "theirs")
    (private := tmp_path / "private").mkdir()
    shutil.move(next((tmp_path / "theirs" / "artifacts").glob("*")), private)
    with closing(sqlite3.connect(tmp_path / "theirs" / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE runs SET artifact_uri = ? || '/' || run_uuid || '/artifacts'", (str(private),))
    frames = read(find(f"sqlite:///{tmp_path}/theirs/mlflow.db", EXPERIMENT))
    assert len(frames.damaged) == 1


@pytest.mark.parametrize("name", ["cells", "events", "evaluations", "about"])
@pytest.mark.parametrize("harm", ["cut", "flip", "empty", "text"])
def test_a_damaged_export_is_refused_and_made_again_from_the_store(name, harm, outputs, tmp_path):
    found = find(f"sqlite:///{outputs}/mlflow/mlflow.db", EXPERIMENT)
    frames = read(found)
    export(frames, tmp_path)
    file = tmp_path / ("about.json" if name == "about" else f"{name}.parquet")
    content = bytearray(file.read_bytes())
    if harm == "flip":
        content[len(content) // 4] ^= 0x10 if name != "about" else 0x80
    file.write_bytes({"cut": bytes(content[:-30]), "flip": bytes(content), "empty": b"", "text": b"{ text"}[harm])
    with pytest.raises(StoreError, match="is damaged"):
        read_export(tmp_path)
    again = read(found, tmp_path)
    pd.testing.assert_frame_equal(again.evaluations, frames.evaluations, check_exact=True)
    pd.testing.assert_frame_equal(again.events, frames.events, check_exact=True)


def test_the_run_that_was_finished_last_is_the_newest_whatever_its_clock_says(empty_store, tmp_path, monkeypatch):
    store = store_in(tmp_path, empty_store)
    older = store.record_cell(record("a1"), store.begin_cell(record("a1").tags, started=2e9))  # a clock of 2033
    with monkeypatch.context() as patched:
        patched.setattr(Store, "finished", lambda *_: None)
        newer = store.record_cell(record("a1"), store.begin_cell(record("a1").tags, started=1e9))
    last = store.record_cell(record("a2"), store.begin_cell(record("a2").tags, started=5e8))
    assert read_store(store.uri, EXPERIMENT).cells["run_id"].tolist() == [newer, last]
    shutil.rmtree(store.artifacts / newer)
    assert read_store(store.uri, EXPERIMENT).cells["run_id"].tolist() == [older, last]


def test_results_replace_results_and_nothing_else(outputs, drawn, tmp_path):
    arguments = ["--store", f"sqlite:///{outputs}/mlflow/mlflow.db", "--out", tmp_path / "report"]
    for _ in range(2):
        done = analysis(drawn, *arguments, "--keep", tmp_path / "results")
        assert done.code == 0, done.said
    assert (tmp_path / "results" / "tables" / "verdicts.csv").is_file()
    (tmp_path / "results" / "thesis.tex").write_text("years of work")
    done = analysis(drawn, *arguments, "--keep", tmp_path / "results")
    refused(done, r"holds other things than results \(thesis\.tex\)")
    assert (tmp_path / "results" / "thesis.tex").read_text() == "years of work"
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "mine.csv").write_text("1")
    done = analysis(drawn, *arguments, "--keep", tmp_path)
    refused(done, "holds other things than results")
    assert (tmp_path / "tables" / "mine.csv").is_file()


def test_an_attempt_that_failed_before_its_key_was_known_is_forgotten_once_its_cell_is_finished(harmed):
    store = Store(f"sqlite:///{harmed}/mlflow/mlflow.db")
    with closing(sqlite3.connect(harmed / "mlflow" / "mlflow.db")) as connection:
        query = "SELECT key, value FROM tags WHERE key LIKE 'study.%' AND run_uuid = (SELECT run_uuid FROM tags WHERE key = 'study.kind' AND value = 'cell' LIMIT 1)"  # fmt: skip  # noqa: E501
        tags = {key.removeprefix("study."): value for key, value in connection.execute(query)}
    known = ("population", "method", "ranking", "removal", "selection", "protocol", "error", "seed", "draw", "sweep")
    for seed in (tags["seed"], "77"):
        run = store.begin_cell({name: tags[name] for name in known} | {"seed": seed})
        store.record_failure(run, {}, "", "MNIST was not there")
    failed = find(store.uri, EXPERIMENT).failed
    assert failed[["seed", "reason"]].to_numpy().tolist() == [["77", "MNIST was not there"]]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("typed", "told", "code"),
    [
        (["study", "sead=3"], "did you mean seed=3", 2),
        (["study", "seed=-1", "tracking=none"], "seed=-1: 0 or more", 2),
        (["study", "-m", "seed=-1,-2", "tracking=none"], r"failed .*seed=-1: .*failed .*seed=-2: ", 1),
        (["study.reproduce", "papr"], "unknown profile", 2),
        (["study.acceptance", "nothing"], "unknown population", 2),
        (["analysis", "--store", "sqlite:///nowhere.db"], "no tracking store at nowhere.db", 2),
        (["analysis.notebooks", "9"], "no notebook begins with 9", 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_processes_of_their_own_end_as_these_do(typed, told, code, tmp_path):
    done = process(*typed, folder=tmp_path)
    refused(done, told, codes=(code,))
    assert list(tmp_path.iterdir()) == []
