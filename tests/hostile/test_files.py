"""Files that were harmed or forged, places without permission or room, a database that is held: no wrong number."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shlex
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import save

from study.authors import networks as authors
from study.common.errors import StudyError
from study.data import load_dataset
from study.networks import Architecture, Network
from study.tracking import Store, artefacts, database
from study.training.cache import Trained, _write, keep, load_or_train, stored_key
from study.training.recipe import Recipe
from tests import cases
from tests.analysis.reports import analysis
from tests.hostile.commands import in_process, refused
from tests.tracking.made import record, store_in

SMALL = (
    *("network=mlp_10", "training.epochs=1", "training.polish=0", "record.truth_every=5"),
    *("run.figures_for=[]", "run.progress=false"),
)
EXPERIMENT = "incredible_shrinking_network"


# ---------------------------------------------------------------------------------------------------------------------
# Trained networks


class Payload:
    """Pickled, it would leave a mark where it is loaded."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self):
        return os.mkdir, (str(self.mark),)


def tensors(network: Network, prefix: str = "") -> dict[str, torch.Tensor]:
    found = {f"{prefix}weight.{m}": w for m, w in enumerate(network.weights)}
    return found | {f"{prefix}bias.{m}": b for m, b in enumerate(network.biases)}


def notes(network: Network, key: str, **changes: str) -> dict[str, str]:
    history = json.dumps({"epoch": [0.0], "step": [0], "error": [1.0], "accuracy": [0.5], "gradient": [1.0]})
    kinds = {"activations": json.dumps(network.activations), "output": network.output}
    return {"key": key, "digest": network.digest(), "seconds": "1.0", "history": history, **kinds, **changes}


OTHER = cases.network((7,), 10, features=64)
"""Of the right sizes, and trained by nobody."""
WIDER = cases.network((8,), 10, features=64)


def _pickled(key: str, mark: Path) -> bytes:
    return pickle.dumps(Payload(mark))


def _saved(key: str, mark: Path) -> bytes:
    import io

    buffer = io.BytesIO()
    torch.save({"weight.0": Payload(mark)}, buffer)
    return buffer.getvalue()


CACHED = {
    "another network of other sizes, with the right key and digest": lambda key, _: save(
        tensors(WIDER), notes(WIDER, key)
    ),
    "other activations": lambda key, _: save(
        tensors(OTHER),
        notes(Network(OTHER.weights, OTHER.biases, ("relu",), "sigmoid"), key),
    ),
    "other outputs": lambda key, _: save(
        tensors(OTHER), notes(Network(OTHER.weights, OTHER.biases, ("sigmoid",), "softmax"), key)
    ),
    "the digest of other weights": lambda key, _: save(tensors(OTHER), notes(WIDER, key)),
    "the key of another": lambda _key, _: save(tensors(OTHER), notes(OTHER, "0" * 64)),
    "names that are paths": lambda key, _: save(tensors(OTHER, "../../"), notes(OTHER, key)),
    "no notes": lambda _key, _: save(tensors(OTHER)),
    "notes that are no JSON": lambda key, _: save(tensors(OTHER), notes(OTHER, key, activations="[")),
    "activations that are a number": lambda key, _: save(tensors(OTHER), notes(OTHER, key, activations="3")),
    "activations that are lists": lambda key, _: save(tensors(OTHER), notes(OTHER, key, activations="[[1]]")),
    "a history that is a number": lambda key, _: save(tensors(OTHER), notes(OTHER, key, history="3")),
    "seconds that are text": lambda key, _: save(tensors(OTHER), notes(OTHER, key, seconds="soon")),
    "weights that are not numbers": lambda key, _: save(
        tensors(OTHER) | {"weight.0": torch.full((7, 64), float("nan"), dtype=torch.float64)}, notes(OTHER, key)
    ),
    "weights of another shape": lambda key, _: save(
        tensors(OTHER) | {"weight.0": torch.zeros(7, 63, dtype=torch.float64)}, notes(OTHER, key)
    ),
    "a header beyond the file": lambda _key, _: (2**60).to_bytes(8, "little") + b"{}",
    "a pickle that would leave a mark": _pickled,
    "a checkpoint of PyTorch that would leave a mark": _saved,
}


@pytest.mark.parametrize("what", CACHED)
def test_a_forged_network_is_not_used_and_nothing_in_it_is_run(what, tmp_path, caplog):
    data, recipe = load_dataset("digits"), Recipe(epochs=1)

    def trained() -> Trained:
        return load_or_train(Architecture((7,), "sigmoid", "sigmoid"), data, recipe, 0, tmp_path / "networks")

    first = trained()
    first.file.write_bytes(CACHED[what](first.key, tmp_path / "mark"))
    again = trained()
    assert again.network.digest() == first.network.digest()
    assert again.network.hidden == (7,)
    assert "is damaged" in caplog.text
    assert not (tmp_path / "mark").exists()
    assert {p.name for p in tmp_path.iterdir()} == {"networks"}


def _to_folder(file: Path) -> None:
    file.unlink()
    file.mkdir()


@pytest.mark.parametrize("harm", [_to_folder, lambda file: file.write_bytes(b""), lambda file: os.truncate(file, 99)])
def test_a_network_whose_file_is_harmed_is_trained_again(harm, tmp_path, caplog):
    data, recipe = load_dataset("digits"), Recipe(epochs=1)
    first = load_or_train(Architecture((7,), "sigmoid", "sigmoid"), data, recipe, 0, tmp_path)
    harm(first.file)
    again = load_or_train(Architecture((7,), "sigmoid", "sigmoid"), data, recipe, 0, tmp_path)
    assert again.network.digest() == first.network.digest()
    assert again.file.is_file()
    assert "is damaged" in caplog.text


def test_a_network_that_may_not_be_read_is_trained_again(tmp_path, caplog, monkeypatch):
    data, recipe = load_dataset("digits"), Recipe(epochs=1)
    first = load_or_train(Architecture((7,), "sigmoid", "sigmoid"), data, recipe, 0, tmp_path)
    monkeypatch.setattr(os, "access", lambda path, _: Path(path) != first.file)
    again = load_or_train(Architecture((7,), "sigmoid", "sigmoid"), data, recipe, 0, tmp_path)
    assert again.network.digest() == first.network.digest()
    assert "may be read" in caplog.text


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o002, 0o664), (0o077, 0o600)])
def test_a_network_has_the_permissions_that_all_files_have(umask, mode, tmp_path):
    before = os.umask(umask)
    try:
        made = keep(OTHER, tmp_path)
    finally:
        os.umask(before)
    assert made.file.stat().st_mode & 0o777 == mode
    assert [path.name for path in made.file.parent.iterdir()] == [made.file.name]


def test_a_stored_network_in_the_cache_is_the_one_whose_key_it_has(tmp_path, caplog):
    key = stored_key(OTHER)
    _write(Trained(WIDER, key, _place(tmp_path, key), 0.0, pd.DataFrame()))
    found = keep(OTHER, tmp_path)
    assert found.network.digest() == OTHER.digest()
    assert "is damaged" in caplog.text


def _place(folder: Path, key: str) -> Path:
    (folder / key[:2]).mkdir(parents=True, exist_ok=True)
    return folder / key[:2] / f"{key}.safetensors"


# ---------------------------------------------------------------------------------------------------------------------
# The authors' networks and MNIST


@pytest.mark.parametrize("content", [b"", b"\xac\xed\x00\x05", b"not Java", pickle.dumps({"a": 1})], ids=range(4))
def test_a_forged_network_of_the_authors_is_refused_by_the_command(content, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("STUDY_OFFLINE", "1")
    place = tmp_path / "authors" / "models"
    place.mkdir(parents=True)
    names = authors.artefact("cosine_2x10").models
    for name in names:
        (place / f"{name}.dnn").write_bytes(content)
    done = in_process(capsys, monkeypatch, "study.authors", "cosine_2x10", "--data", tmp_path)
    refused(done, r"cosine_2x10.*(SHA-256|corrupt|not a Java)", codes=(1,))


@pytest.mark.usefixtures("ready_stores")
def test_a_cell_on_a_forged_network_of_the_authors_fails_and_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("STUDY_OFFLINE", "1")
    place = tmp_path / "data" / "authors" / "models"
    place.mkdir(parents=True)
    for name in authors.artefact("cosine_2x10").models:
        (place / f"{name}.dnn").write_bytes(b"\xac\xed\x00\x05 forged")
    more = [f"paths.data={tmp_path / 'data'}", f"paths.outputs={tmp_path / 'outputs'}"]
    done = in_process(capsys, monkeypatch, "study", "population=authors_cosine_2x10", *more)
    refused(done, "SHA-256|corrupt", codes=(2,))
    assert Store(f"sqlite:///{tmp_path}/outputs/mlflow/mlflow.db").keys("finished") == set()


@pytest.mark.parametrize(
    "content", [b"", b"\x1f\x8b", b"<html>", os.urandom(2000)], ids=["empty", "magic", "page", "noise"]
)
def test_forged_mnist_is_refused_by_the_command_and_never_used(content, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("STUDY_OFFLINE", "1")
    place = tmp_path / "mnist" / "raw"
    place.mkdir(parents=True)
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (place / f"{stem}-ubyte.gz").write_bytes(content)
    done = in_process(capsys, monkeypatch, "study.data", "--folder", tmp_path)
    refused(done, "mnist: .* is truncated, corrupt or another file: SHA-256 expected", codes=(1,))


# ---------------------------------------------------------------------------------------------------------------------
# What a store holds


@pytest.fixture
def store(empty_store, tmp_path):
    return store_in(tmp_path / "mlflow", empty_store)


def files_of(store: Store, run: str) -> Path:
    return store.artifacts / run / "artifacts"


def manifest(**changes):
    def change(folder: Path) -> None:
        file = folder / artefacts.MANIFEST
        file.write_text(json.dumps(json.loads(file.read_text()) | changes))

    return change


def listed(absolute: bool):
    """A manifest that lists one more file, of the right checksum, outside of the run's folder."""

    def change(folder: Path) -> None:
        above = (folder / "../../above").resolve()
        above.write_bytes(b"elsewhere")
        file = folder / artefacts.MANIFEST
        content = json.loads(file.read_text())
        content["files"][str(above) if absolute else "../../above"] = hashlib.sha256(b"elsewhere").hexdigest()
        file.write_text(json.dumps(content))

    return change


def linked(folder: Path) -> None:
    """A table that is a link to the same content outside."""
    table = folder / "tables" / "impacts.parquet"
    shutil.move(table, folder.parents[1] / "moved.parquet")
    table.symlink_to(folder.parents[1] / "moved.parquet")


HARMS = {
    "a manifest that names a file above": listed(absolute=False),
    "a manifest that names an absolute path": listed(absolute=True),
    "a table that is a link to the outside": linked,
    "a manifest of other tables": manifest(digest="0" * 64),
    "a manifest without files": manifest(files={}),
    "a manifest whose files are a list": manifest(files=["tables/events.parquet"]),
    "a manifest whose files are numbers": manifest(files={"tables/events.parquet": 3}),
    "a manifest that is a list": lambda folder: (folder / artefacts.MANIFEST).write_text("[]"),
    "a manifest that is no JSON": lambda folder: (folder / artefacts.MANIFEST).write_bytes(b"\x00\xff"),
    "a table of another cell": lambda folder: (folder / "tables/impacts.parquet").write_bytes(
        (folder / "tables/events.parquet").read_bytes()
    ),
}


@pytest.mark.parametrize("what", HARMS)
def test_what_is_not_as_it_was_written_is_not_finished(what, store):
    run = store.record_cell(record("a1"))
    assert store.finished("a1") == run
    HARMS[what](files_of(store, run))
    assert store.finished("a1") is None


def test_another_programs_database_is_refused_and_left_alone(tmp_path, capsys, monkeypatch):
    file = tmp_path / "bookmarks.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
        connection.commit()
    before = file.read_bytes()
    with pytest.raises(StudyError, match="another program's database, with the tables bookmarks"):
        Store(f"sqlite:///{file}").create()
    done = in_process(capsys, monkeypatch, "analysis", "--store", f"sqlite:///{file}", "--out", tmp_path / "report")
    refused(done, "is no tracking store of MLflow", codes=(2,))
    assert file.read_bytes() == before
    assert {p.name for p in tmp_path.iterdir()} == {"bookmarks.db", "locks"}


@pytest.mark.parametrize("where", [0.02, 0.3, 0.9])
def test_a_database_that_is_damaged_is_said(where, store, drawn, tmp_path, capsys, monkeypatch):
    store.record_cell(record("a1"))
    file = tmp_path / "mlflow" / "mlflow.db"
    for log in file.parent.glob("mlflow.db-*"):
        log.unlink()
    content = bytearray(file.read_bytes())
    at = int(where * len(content))
    content[at : at + 40_000] = bytes(len(content[at : at + 40_000]))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "mlflow.db").write_bytes(bytes(content))
    uri = f"sqlite:///{tmp_path}/damaged/mlflow.db"
    done = analysis(drawn, "--store", uri, "--out", tmp_path / "report")
    assert "Traceback" not in done.said
    done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={tmp_path}", f"tracking.uri={uri}")
    assert "Traceback" not in done.said


@contextmanager
def held(file: Path, seconds: float):
    """Another process holds the write lock of a database for some seconds, or until the block ends."""
    code = (
        "import sqlite3, sys, time\n"
        f"c = sqlite3.connect({str(file)!r}, isolation_level=None)\n"
        "c.execute('BEGIN IMMEDIATE')\n"
        f"print('held', flush=True)\ntime.sleep({seconds})\nc.execute('ROLLBACK')\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "held"
        try:
            yield process
        finally:
            process.kill()


def test_a_database_that_is_held_for_a_moment_is_waited_for(store, tmp_path):
    store.create()
    started = time.monotonic()
    with held(tmp_path / "mlflow/mlflow.db", 2.0):
        run = store.record_cell(record("a1"))
    assert time.monotonic() - started > 1.5
    assert store.finished("a1") == run


class Impatient:
    """MLflow's `sql`, which waits a moment for a lock where MLflow waits 20 s."""

    def __init__(self, sql) -> None:
        self.sql = sql

    def __getattr__(self, name):
        return getattr(self.sql, name)

    def text(self, words: str):
        return self.sql.text(words.replace("busy_timeout = 20000", "busy_timeout = 200"))


def test_a_database_that_is_held_for_too_long_fails_the_cell_and_the_next_one_is_fine(
    store, tmp_path, capsys, monkeypatch, caplog
):
    import mlflow.store.db.utils as of_mlflow

    store.create()
    monkeypatch.setattr(of_mlflow, "sql", Impatient(of_mlflow.sql))
    monkeypatch.setattr(database, "PATIENCE", 2)
    with held(tmp_path / "mlflow/mlflow.db", 600):
        done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={tmp_path}")
    refused(done, r"database was locked by another process for \d+ s; close what holds it", codes=(2,))
    assert store.keys("finished") == set()
    done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={tmp_path}")
    assert done.code == 0, done.said
    assert len(store.keys("finished")) == 1
    (run,) = store.inspected().whole.values()  # by what was typed for it a cell of no sweep is made again
    typed = store.statuses().runs.client.get_run(run).data.tags["study.command"]
    assert typed == shlex.join(["python", "-m", "study", *SMALL, f"paths.outputs={tmp_path}"])


def test_in_a_sweep_only_the_cells_that_met_the_lock_fail(store, tmp_path, capsys, monkeypatch):
    import mlflow.store.db.utils as of_mlflow

    store.create()
    monkeypatch.setattr(of_mlflow, "sql", Impatient(of_mlflow.sql))
    monkeypatch.setattr(database, "PATIENCE", 2)
    real, begun = Store.record_network, []

    def record_network(self, *arguments):
        begun.append(1)
        if len(begun) > 1:
            return real(self, *arguments)
        with held(tmp_path / "mlflow/mlflow.db", 600):
            return real(self, *arguments)

    monkeypatch.setattr(Store, "record_network", record_network)
    here = [f"paths.outputs={tmp_path}", "hydra.launcher.jobs=1"]  # in this process, whose store is the impatient one
    done = in_process(capsys, monkeypatch, "study", "-m", *SMALL, *here, "seed=0,1,2")
    refused(done, r"1 cell failed.* python -m study -m", codes=(1,))
    assert len(store.keys("finished")) == 2
    assert [reason for _, reason in store.statuses().failed_since(0) if "locked by another process" in reason]


# ---------------------------------------------------------------------------------------------------------------------
# Places


def can_mount() -> bool:
    return os.geteuid() == 0 and shutil.which("mount") is not None


@contextmanager
def mounted(folder: Path, size: str):
    """A file system of its own at a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


needs_mount = pytest.mark.skipif(not can_mount(), reason="only the superuser may mount a small or read-only disk")


@needs_mount
def test_a_store_on_a_full_disk_is_not_made(tmp_path, capsys, monkeypatch):
    with mounted(tmp_path / "outputs", "128k") as outputs:
        done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={outputs}")
        refused(done, "cannot be created or opened.*full|No space left", codes=(2,))


@needs_mount
@pytest.mark.parametrize("left", [0, 40_000, 130_000])
def test_a_cell_on_a_full_disk_fails_and_is_done_when_there_is_room(left, store, tmp_path, capsys, monkeypatch):
    outputs = tmp_path / "outputs"
    with mounted(outputs, "16m"):
        (outputs / "mlflow").mkdir()
        shutil.copy(tmp_path / "mlflow/mlflow.db", outputs / "mlflow")
        with closing(sqlite3.connect(outputs / "mlflow/mlflow.db")) as connection:
            connection.execute("PRAGMA journal_mode=WAL").fetchone()
        room = shutil.disk_usage(outputs).free - left
        (outputs / "filler").write_bytes(b"x" * room)
        there = Store(f"sqlite:///{outputs}/mlflow/mlflow.db")
        done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={outputs}")
        refused(done, "(?i)no space left|disk is full|disk I/O")
        (outputs / "filler").unlink()
        assert there.keys("finished") == set()
        done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={outputs}")
        assert done.code == 0, done.said
        (key,) = there.keys("finished")
        assert there.finished(key)


@needs_mount
def test_a_read_only_disk_is_said(tmp_path, capsys, monkeypatch):
    with mounted(tmp_path / "outputs", "4m") as outputs:
        subprocess.run(["mount", "-o", "remount,ro", outputs], check=True)
        done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={outputs}")
        refused(done, "Read-only file system", codes=(1,))
        done = in_process(capsys, monkeypatch, "study.reproduce", "smoke", "--outputs", outputs)
        refused(done, "Read-only file system", codes=(1, 2))
        done = in_process(capsys, monkeypatch, "study", "-m", *SMALL, f"paths.outputs={outputs}", "seed=0,1")
        refused(done, "Read-only file system", codes=(2,))  # before any cell


@pytest.mark.usefixtures("ready_stores")
@pytest.mark.slow
@needs_mount
def test_a_finished_store_on_a_read_only_disk_is_read(store, drawn, tmp_path, capsys, monkeypatch):
    done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={tmp_path / 'made'}")
    assert done.code == 0
    with mounted(tmp_path / "disk", "16m") as disk:
        shutil.copytree(tmp_path / "made", disk / "made")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        arguments = ["--store", f"sqlite:///{disk}/made/mlflow/mlflow.db"]
        done = analysis(drawn, *arguments, "--out", tmp_path / "report" / "here")
        assert done.code == 0, done.said
        done = analysis(drawn, *arguments, "--out", disk / "report")
        refused(done, "Read-only file system", codes=(1,))


def test_outputs_that_are_a_file_are_said(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("mine")
    for command in (
        ["study", *SMALL, f"paths.outputs={tmp_path / 'file'}"],
        ["study", "-m", *SMALL, f"paths.outputs={tmp_path / 'file'}", "seed=0,1"],
        ["study.reproduce", "smoke", "--outputs", tmp_path / "file"],
    ):
        refused(in_process(capsys, monkeypatch, *command), f"(Not a directory|File exists|cannot be).*{tmp_path}")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_cache_of_networks_that_cannot_be_written_to_is_said(store, tmp_path, capsys, monkeypatch):
    (tmp_path / "networks").write_text("a file")
    done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={tmp_path}")
    refused(done, "the cache of trained networks .* cannot be used", codes=(2,))
    (tmp_path / "networks").unlink()


def test_a_run_whose_artefacts_cannot_be_written_is_failed_and_says_why(store, tmp_path, capsys, monkeypatch):
    (tmp_path / "mlflow" / "artifacts").write_text("a file")
    done = in_process(capsys, monkeypatch, "study", *SMALL, f"paths.outputs={tmp_path}")
    refused(done, "Not a directory|File exists", codes=(1,))
    assert store.keys("finished") == set()
    assert len(store.keys("failed")) == 1


def test_nothing_of_a_lock_is_left_when_a_thread_waits(store):
    """Two threads of one process record the same cell: one run is finished, the other given up."""
    store.create()
    runs: list[str] = []
    threads = [threading.Thread(target=lambda: runs.append(store.record_cell(record("a1")))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(runs)) == 1
