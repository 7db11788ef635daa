"""Stores that are copied: everything arrives, what is there stays, what is harmed is left out."""

import hashlib
import json
import os
import shutil

import pandas as pd
import pytest

from study.common.command import exit_code
from study.servers import move
from study.tracking import Store
from tests.tracking.made import record, store_in


@pytest.fixture
def stores(empty_store, tmp_path):
    """Two stores; the first has two cells, a network, a failed cell and a note."""
    made = [store_in(tmp_path / name, empty_store) for name in ("a", "b")]
    fill(made[0])
    return made


def fill(store):
    for seed in (0, 1):
        store.record_cell(record(f"k{seed}", seed))
    history = pd.DataFrame({"epoch": [0, 1], "error": [2.0, 1.0]})
    store.record_network(record("k0").tags, b"weights", {"accuracy": 0.97}, history)
    store.record_failure(store.begin_cell(record("bad").tags), {}, "seed: 0\n", "ValueError: NaN")
    store.note_not_run("mnist_1x100", "no MNIST")


def everything(store):
    """What a store knows of its finished runs, but for their ids and places."""
    runs, found = store.statuses().runs, []
    for run in runs.client.search_runs([runs.experiment], "tags.`study.status` = 'finished'"):
        history = [runs.client.get_metric_history(run.info.run_id, name) for name in sorted(run.data.metrics)]
        points = [(m.key, m.value, m.step, m.timestamp) for metric in history for m in metric]
        inputs = [(i.dataset.name, i.dataset.digest, i.dataset.source) for i in run.inputs.dataset_inputs]
        about = (run.info.run_name, run.info.status, run.info.start_time, run.info.end_time)
        with runs.reading(run.info.run_id) as folder:
            files = sorted(move.contents(folder))
        found.append((about, sorted(run.data.tags.items()), sorted(run.data.params.items()), points, inputs, files))
    return sorted(found)


def copy(source, target, capsys):
    code = exit_code(lambda: move.main(["--from", source.uri, "--to", target.uri]))
    return code, " ".join(capsys.readouterr().err.split())


def test_everything_that_is_finished_arrives_once(stores, capsys):
    source, target = stores
    code, said = copy(source, target, capsys)
    assert code == 0
    assert "networks: 1, of which 0 are there already" in said
    assert "cells: 2, of which 0 are there already" in said
    assert len(everything(source)) == 3
    assert everything(target) == everything(source)
    assert target.keys("finished") == {"k0", "k1"}
    assert target.keys("failed") == set()
    assert all(target.finished(key) for key in ("k0", "k1"))
    tags = target.statuses().runs.client.get_experiment(target.experiment_id).tags
    assert tags["study.not_run.mnist_1x100"] == "no MNIST"
    assert "cells: 2, of which 2 are there already" in copy(source, target, capsys)[1]
    assert len(everything(target)) == 3


def test_a_copy_that_was_interrupted_goes_on(stores, capsys, monkeypatch):
    source, target = stores
    real, count = move.write, []

    def stops(*args):
        count.append(1)
        if len(count) == 3:
            raise KeyboardInterrupt
        return real(*args)

    monkeypatch.setattr(move, "AT_ONCE", 1)
    monkeypatch.setattr(move, "write", stops)
    assert copy(source, target, capsys)[0] == 130
    assert len(target.keys("finished")) == 1
    assert target.statuses().running() == set()
    monkeypatch.undo()
    code, said = copy(source, target, capsys)
    assert code == 0
    assert "cells: 2, of which 1 are there already" in said
    assert everything(target) == everything(source)


def test_what_is_harmed_is_left_out_and_said(stores, capsys):
    source, target = stores
    run = source.finished("k0")
    table = source.artifacts / run / "artifacts" / "tables" / "impacts.parquet"
    table.write_bytes(table.read_bytes()[:-20])
    code, said = copy(source, target, capsys)
    assert code == 1
    assert "1 were not copied" in said
    assert target.keys("finished") == {"k1"}


SECRET = "the key to the house"


def _manifested(name):
    """A manifest that lists one more file, whose checksum is right."""

    def change(folder, secret):
        file = folder / "manifest.json"
        content = json.loads(file.read_text())
        content["files"][name(folder, secret)] = hashlib.sha256(secret.read_bytes()).hexdigest()
        content["beside"][name(folder, secret)] = hashlib.sha256(secret.read_bytes()).hexdigest()
        file.write_text(json.dumps(content))

    return change


def _link(name, directory=False):
    """A file, or a folder, of the run replaced by a link to what is private."""

    def change(folder, secret):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        path.symlink_to(secret.parent if directory else secret)

    return change


def _whole_run(folder, secret):
    shutil.move(folder, secret.parent / "artifacts")
    folder.symlink_to(secret.parent / "artifacts")


def _its_parent(folder, secret):
    shutil.move(folder.parent, secret.parent / "run")
    folder.parent.symlink_to(secret.parent / "run")


def _linked_table(folder, secret):
    shutil.move(folder / "tables" / "events.parquet", secret.parent)
    (folder / "tables" / "events.parquet").symlink_to(secret.parent / "events.parquet")


def _pipe(folder, _):
    (folder / "config.yaml").unlink()
    os.mkfifo(folder / "config.yaml")


def _forged(folder, _):
    """Better numbers, and a checksum of them."""
    table = folder / "tables" / "evaluations.parquet"
    pd.read_parquet(table).assign(error=0.0).to_parquet(table, compression="zstd", index=False)
    content = json.loads((folder / "manifest.json").read_text())
    content["files"]["tables/evaluations.parquet"] = hashlib.sha256(table.read_bytes()).hexdigest()
    content["sizes"]["tables/evaluations.parquet"] = table.stat().st_size
    (folder / "manifest.json").write_text(json.dumps(content))


HANDED_OVER = {
    "a configuration that is a link": _link("config.yaml"),
    "an environment that is a link": _link("environment.json"),
    "figures that are a link": _link("figures", directory=True),
    "one more file that is a link": _link("notes.txt"),
    "one more folder that is a link": _link("notes", directory=True),
    "a link below a folder": lambda folder, secret: _link("tables/more.parquet")(folder, secret),
    "a table that is a link": _linked_table,
    "a manifest that is a link": _link("manifest.json"),
    "a run's files that are a link": _whole_run,
    "a run's folder that is a link": _its_parent,
    "an absolute path in the manifest": _manifested(lambda _, secret: str(secret)),
    "a path upwards in the manifest": _manifested(lambda folder, secret: os.path.relpath(secret, folder)),
    "a path upwards behind a folder": _manifested(lambda folder, s: f"tables/../{os.path.relpath(s, folder)}"),
    "a pipe in place of a file": _pipe,
    "a forged table with a renewed checksum": _forged,
    "a manifest that is no JSON": lambda folder, _: (folder / "manifest.json").write_text("{"),
    "a folder that is lost": lambda folder, _: shutil.rmtree(folder),
}


@pytest.mark.parametrize("what", HANDED_OVER)
def test_nothing_is_copied_but_what_a_run_recorded_and_the_others_arrive(what, stores, tmp_path, capsys):
    source, target = stores
    (tmp_path / "private").mkdir()
    secret = tmp_path / "private" / "secret"
    secret.write_text(SECRET)
    run = source.finished("k0")
    HANDED_OVER[what](source.artifacts / run / "artifacts", secret)
    code, said = copy(source, target, capsys)
    assert code == 1, said
    assert "1 were not copied" in said
    assert run in said
    assert target.keys("finished") == {"k1"}
    arrived = list(target.artifacts.rglob("*"))
    assert not [path for path in arrived if path.is_symlink()]
    assert not [path for path in arrived if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_a_file_that_no_manifest_names_stays_behind(stores, capsys):
    source, target = stores
    (source.artifacts / source.finished("k0") / "artifacts" / "diary.txt").write_text(SECRET)
    assert copy(source, target, capsys)[0] == 0
    assert target.keys("finished") == {"k0", "k1"}
    assert not list(target.artifacts.rglob("diary.txt"))
    assert len(list(target.artifacts.rglob("config.yaml"))) == 2


def test_a_run_of_an_older_manifest_is_copied_with_what_it_has_beside(stores, capsys):
    source, target = stores
    folder = source.artifacts / source.finished("k0") / "artifacts"
    content = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({name: content[name] for name in ("digest", "files")}))
    assert copy(source, target, capsys)[0] == 0
    arrived = target.artifacts / target.finished("k0") / "artifacts"
    assert move.contents(arrived) == move.contents(folder)


def test_files_behind_a_link_are_copied_where_their_folder_is_named(stores, tmp_path, capsys):
    source, target = stores
    source.artifacts.rename(tmp_path / "disk")
    source.artifacts.symlink_to(tmp_path / "disk")
    code, said = copy(source, target, capsys)
    assert code == 2
    assert "--artifacts FOLDER" in said
    arguments = ["--from", source.uri, "--to", target.uri, "--artifacts", str(tmp_path / "disk")]
    assert exit_code(lambda: move.main(arguments)) == 0
    assert target.keys("finished") == {"k0", "k1"}


def test_what_is_damaged_in_the_target_is_copied_again(stores, capsys):
    source, target = stores
    assert copy(source, target, capsys)[0] == 0
    shutil.rmtree(target.artifacts / target.finished("k0") / "artifacts")
    assert "cells: 2, of which 1 are there already" in copy(source, target, capsys)[1]
    assert target.finished("k0")


def test_files_that_do_not_arrive_as_they_were_do_not_count(stores, capsys, monkeypatch):
    source, target = stores
    real = move.write

    def torn(to, files):
        real(to, files)
        next(to / path for path in files if path.endswith(".parquet")).write_bytes(b"")

    monkeypatch.setattr(move, "write", torn)
    code, said = copy(source, target, capsys)
    assert code == 2
    assert "did not arrive" in said
    assert everything(target) == []


def test_two_stores_are_brought_together(stores, tmp_path, capsys):
    source, target = stores
    target.record_cell(record("k1", 1))
    target.record_cell(record("k2", 2))
    assert copy(source, target, capsys)[0] == 0
    assert target.keys("finished") == {"k0", "k1", "k2"}


def test_a_store_that_is_not_there_is_named_and_not_made(stores, tmp_path, capsys):
    absent = Store(f"sqlite:///{tmp_path}/none/mlflow.db")
    code, said = copy(absent, stores[1], capsys)
    assert code == 2
    assert "none/mlflow.db" in said
    assert not (tmp_path / "none").exists()
    code, said = copy(stores[0], stores[0], capsys)
    assert code == 2
    assert "one and the same store" in said
