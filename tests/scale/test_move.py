"""Stores that are copied: everything arrives, what is there stays, what is harmed is left out."""

import shutil

import pandas as pd
import pytest

from study import move
from study.command import exit_code
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
    runs, found = store.standing().runs, []
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
    tags = target.standing().runs.client.get_experiment(target.experiment_id).tags
    assert tags["study.not_run.mnist_1x100"] == "no MNIST"
    assert "cells: 2, of which 2 are there already" in copy(source, target, capsys)[1]
    assert len(everything(target)) == 3


def test_a_copy_that_was_interrupted_goes_on(stores, capsys, monkeypatch):
    source, target = stores
    real, count = shutil.copytree, []

    def stops(*args, **kwargs):
        count.append(1)
        if len(count) == 3:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    monkeypatch.setattr(move, "AT_ONCE", 1)
    monkeypatch.setattr("study.move.shutil.copytree", stops)
    assert copy(source, target, capsys)[0] == 130
    assert len(target.keys("finished")) == 1
    assert target.standing().running() == set()
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


def test_files_that_do_not_arrive_as_they_were_do_not_count(stores, capsys, monkeypatch):
    source, target = stores
    real = shutil.copytree

    def torn(origin, to, **kwargs):
        real(origin, to, **kwargs)
        next(to.rglob("*.parquet")).write_bytes(b"")

    monkeypatch.setattr("study.move.shutil.copytree", torn)
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
