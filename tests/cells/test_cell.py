"""Cells: what makes a key, that finished ones are skipped, that the numbers are the same whoever computes them."""

import re
import warnings
from dataclasses import fields
from pathlib import Path

import pandas as pd
import pytest
import torch
from hydra import compose
from mlflow.tracking import MlflowClient

from study import impact, load_dataset, prune, records, train
from study.authors import networks
from study.cells.cell import compute, prepare
from study.cells.keys import cell_key, of_settings
from study.cells.run import run_cell, title
from study.cells.tags import cell_tags, params, tags
from study.common.errors import PoorTrainingWarning, StudyError
from study.config.plan import plan
from study.config.population import composer
from study.networks import mlp
from study.protocols.retrain import Retrain
from study.pruning.settings import Selection, Settings
from study.tracking import tables_digest
from study.tracking.stores import store_of
from study.training.cache import stored_key
from study.training.recipe import Recipe
from study.trajectories.trajectory import collect

SMALL = ("dataset=digits", "network=mlp_10", "training.epochs=3", "training.polish=0", "record.truth_every=5")


def composed(*overrides):
    with composer():
        return compose("config", overrides=list(overrides))


def key(*overrides):
    return prepare(plan(composed(*SMALL, *overrides))).key


def test_only_scientific_settings_make_the_key():
    same = ["run.threads=1", "run.progress=false", "tracking=none", "paths.outputs=/elsewhere", "sweep.name=other"]
    assert {key(o) for o in same} == {key()}
    other = [
        "seed=1",
        "method=taylor1",
        "ranking=single_overall",
        "removal=mean",
        "selection=held_out",
        "training.epochs=4",
        "network=mlp_25",
        "record.truth_every=6",
        "dataset.seed=1",
        "record.search=beam",
        "record.search=exhaustive",
        "run.threads=2",
    ]
    assert len({key(o) for o in other} | {key()}) == len(other) + 1


def test_parameters_count_only_where_they_differ_from_their_defaults():
    assert key("method=taylor2") == key("method=taylor2", "method.params.threshold=none")
    assert key("method=taylor2") != key("method=taylor2", "method.params.threshold=mean")


def test_how_often_is_scored_anew_makes_the_key_and_the_ranking_that_is_recorded():
    assert key("ranking.every=1") == key()
    assert len({key("ranking.every=5"), key("ranking.every=10"), key("ranking=single_overall"), key()}) == 4
    for every, ranking in ((1, "iterative"), (5, "iterative[every=5]")):
        planned = plan(composed(*SMALL, f"ranking.every={every}"))
        assert tags(planned, "manual")["ranking"] == params(planned)["ranking"] == ranking
        assert f", {ranking}, " in title(planned)


def test_a_cell_without_a_search_does_not_depend_on_it(monkeypatch):
    before, searched = key(), key("record.search=beam")
    monkeypatch.setattr("study.cells.keys.SEARCH_VERSION", 99)
    assert key() == before
    assert key("record.search=beam") != searched


def test_raising_a_numerics_version_makes_cells_run_again(monkeypatch):
    planned = plan(composed(*SMALL))
    before = cell_key(planned, "network")
    monkeypatch.setattr(type(planned.method), "version", planned.method.version + 1)
    raised = cell_key(planned, "network")
    monkeypatch.undo()
    monkeypatch.setattr("study.cells.keys.ORACLE_VERSION", impact.ORACLE_VERSION + 1)
    assert len({before, raised, cell_key(planned, "network")}) == 3


PINNED = {
    (): "596aa4ba966dc33b",
    ("method=taylor2", "method.params.threshold=median", "seed=3"): "2f2b1d5b8b6b3acb",
    ("method=random", "method.params.draw=2", "ranking=single_overall", "removal=mean"): "0f18e73cff9b177e",
    ("scope=weight", "method=magnitude"): "d2a1f4e9882f5f1e",
    ("protocol=lottery_ticket", "method=magnitude"): "475dc97ecf575bf4",
    (
        "protocol=lottery_ticket",
        "protocol.rounds=7",
        "protocol.control=degree",
        "protocol.rewind=1",
        "method=magnitude",
    ): "4f7217c026330293",
    ("protocol=prune_retrain", "protocol.rounds=4", "protocol.rate=1.0", "method=magnitude"): "2eb11f8f10e099f4",
    ("protocol=gradual", "protocol.begin=5", "method=magnitude"): "705f517a7252e007",
    ("protocol=early", "protocol.moment=2", "method=taylor1_abs"): "257faedbf9578547",
    ("protocol=transfer", "protocol.rounds=5", "protocol.source=digits+half:a", "method=magnitude"): "b441b6cbf8d27950",
}


@pytest.mark.parametrize("overrides", PINNED)
def test_keys_stay_what_they_are(overrides):
    # A changed key disowns every recorded result: change a pin only together with a numerics or training version.
    assert cell_key(plan(composed(*SMALL, *overrides)), "network")[:16] == PINNED[overrides]


def test_numbers_of_single_weights_have_a_version_of_their_own(monkeypatch):
    units, weights = (plan(composed(*SMALL, f"scope={scope}", "method=magnitude")) for scope in ("unit", "weight"))
    before = [cell_key(of, "network") for of in (units, weights)]
    monkeypatch.setattr("study.cells.keys.WEIGHTS_VERSION", 2)
    after = [cell_key(of, "network") for of in (units, weights)]
    assert before[0] == after[0]
    assert before[1] != after[1]


CHANGED = {
    "ranking": "single_overall",
    "scope": "filter",
    "removal": "mean",
    "error": "cross_entropy",
    "selection": Selection("held_out"),
    "protocol": Retrain(),
    "surface_gain": 9.0,
    "surface_step": 0.2,
    "pairs": True,
    "reinsertion": True,
    "hessian": True,
    "search": "exhaustive",
    "measures": {"pairs": {}},
}


@pytest.mark.parametrize("field", [f.name for f in fields(Settings)])
def test_every_setting_makes_another_key_and_an_unusual_one_alone(field):
    """A new setting has to be told to `study.cells.keys`."""
    assert of_settings(Settings()) == {}
    search = {"search": "beam"} if field == "search_width" else {}
    changed = Settings(**{field: CHANGED.get(field, 7)}, **search)
    assert set(of_settings(changed)) == {field, *search}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("outputs")
    for method in ("taylor2", "brute_force"):
        run_cell(composed(*SMALL, f"method={method}", f"paths.outputs={folder}", "run.figures_for=[]"), alone=False)
    return folder


def test_a_finished_cell_is_skipped_and_recorded_once(outputs):
    cfg = composed(*SMALL, "method=taylor2", f"paths.outputs={outputs}", "run.figures_for=[]")
    store = store_of(cfg)
    before = store.keys("finished")
    run = run_cell(cfg, alone=False)
    assert store.finished(prepare(plan(cfg)).key) == run
    assert store.keys("finished") == before


def test_a_torn_table_makes_the_cell_run_again(outputs):
    cfg = composed(*SMALL, "seed=7", f"paths.outputs={outputs}", "run.figures_for=[]")
    first = run_cell(cfg, alone=False)
    artifacts = MlflowClient(store_of(cfg).uri).get_run(first).info.artifact_uri.removeprefix("file://")
    (torn,) = Path(artifacts).rglob("impacts.parquet")
    torn.write_bytes(torn.read_bytes()[:-20])
    assert store_of(cfg).finished(prepare(plan(cfg)).key) is None
    again = run_cell(cfg, alone=False)
    assert again != first
    assert store_of(cfg).finished(prepare(plan(cfg)).key) == again


def test_the_digest_leaves_out_timing(outputs):
    cfg = composed(*SMALL, "method=taylor2", f"paths.outputs={outputs}")
    run = store_of(cfg).finished(prepare(plan(cfg)).key)
    found = MlflowClient(store_of(cfg).uri).get_run(run)
    folder = Path(found.info.artifact_uri.removeprefix("file://"))
    recorded = {
        name: pd.read_parquet(folder / "tables" / f"{name}.parquet")
        for name in records.TABLES
        if name not in records.ON_DEMAND
    }
    assert tables_digest(recorded) == found.data.tags["study.tables_digest"]
    recorded["events"]["seconds"] += 1.0
    assert tables_digest(recorded) == found.data.tags["study.tables_digest"]
    recorded["events"]["parameters_left"] += 1
    assert tables_digest(recorded) != found.data.tags["study.tables_digest"]


def test_a_network_trained_here_comes_with_its_history_and_early_stop(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr("study.cells.cell.collect", lambda *args: seen.append(args[3].own) or collect(*args))
    more = ["+dataset.params.validation=100", "training.evaluate_every=5"]
    done = compute(prepare(plan(composed(*SMALL, *more))), tmp_path)
    assert seen[0] is not None
    assert seen[0].history.equals(done.trained.history)
    assert seen[0].stopped.digest() == done.trained.stopped.digest()


def test_a_stored_network_is_pruned_as_it_is_and_with_other_outputs(tmp_path):
    reason = networks.missing("cosine_2x10")
    if reason is not None:
        pytest.skip(reason)
    names = ["population=authors_cosine_2x10", "record.truth_every=5", f"paths.outputs={tmp_path}"]
    cell = prepare(plan(composed(*names)))
    done = compute(cell, tmp_path / "networks")
    assert done.trained.key == cell.network_key == stored_key(networks.stored("cosine_2x10").network)
    assert done.trained.network.hidden == (10, 10)
    assert done.trained.history.empty
    assert len(done.result.trajectory) == 21
    assert compute(cell, tmp_path / "networks").trained.file == done.trained.file
    with pytest.raises(StudyError, match=r"cosine_2x10 is 1-10-10-1 with sigmoid units; network.hidden=\[5\]"):
        prepare(plan(composed("network=authors_cosine_2x10", "dataset=cosine", "network.hidden=[5]")))


def test_other_outputs_on_the_same_weights_are_another_cell():
    softmax = (*SMALL, "network.output=softmax")
    plain = prepare(plan(composed(*softmax)))
    sigmoid = prepare(plan(composed(*softmax, "network.pruned_output=sigmoid")))
    assert plain.network_key == sigmoid.network_key
    assert plain.key != sigmoid.key
    assert cell_tags(sigmoid)["output"] == "sigmoid"


def noting(counts):
    return lambda *_: counts.append(torch.get_num_threads())


def test_the_number_of_threads_that_a_process_has_does_not_decide_the_numbers():
    """Training and oracle state their own count: a notebook, a worker and an exported variable give the same bits."""
    data, found, seen = load_dataset("digits"), [], []
    before = torch.get_num_threads()
    try:
        for count in (1, 2):
            torch.set_num_threads(count)
            network = train("mlp_60", data, recipe=Recipe(epochs=2, polish=2))
            told = prune(network, data, "taylor1", truth_every=60, progress=noting(seen))
            found.append((network.digest(), tables_digest(told.tables)))
            assert torch.get_num_threads() == count
    finally:
        torch.set_num_threads(before)
    assert set(seen) == {1}
    assert found[0] == found[1]


def test_another_number_of_threads_is_used_and_has_a_key_of_its_own():
    one, two = (prepare(plan(composed(*SMALL, f"run.threads={n}"))) for n in (1, 2))
    assert (one.plan.recipe.threads, two.plan.recipe.threads, two.plan.settings.threads) == (1, 2, 2)
    assert one.network_key != two.network_key
    assert cell_tags(two)["variant"] == "epochs=3 polish=0 threads=2"
    assert params(two.plan)["threads"] == 2
    counts = []
    train("mlp_3", two.data, recipe=Recipe(epochs=1, threads=2), progress=noting(counts))
    prune(mlp(64, [2], 10), two.data, threads=2, progress=noting(counts))
    assert set(counts) == {2}


@pytest.mark.parametrize("kind", [Recipe, Settings])
@pytest.mark.parametrize("count", [0, -1, 1.5, True, "2"])
def test_a_number_of_threads_is_whole_and_positive(kind, count):
    with pytest.raises(StudyError, match="threads"):
        kind(threads=count)


def test_a_free_combination_that_trains_badly_is_told(caplog, tmp_path):
    """`dataset=digits training=mnist` leaves an error a hundred times that of the data set's own recipe."""
    free = (
        "network=mlp_10",
        "method=random",
        "ranking=single_overall",
        "record.truth_every=9",
        f"paths.outputs={tmp_path}",
    )
    short = ("training.epochs=1", "training.polish=0", "tracking=none", "record.surfaces_every=0")
    run_cell(composed(*free, *short, "training=mnist"), alone=False)
    (told,) = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert re.search(r"poorly trained: E = \d+ on the training rows of 'digits', \d+% of .*training=digits", told)
    caplog.clear()
    run_cell(composed(*free, *short, "training.target_accuracy=0.1"), alone=False)  # asked for
    run_cell(composed("network=mlp_50", *free[1:], *short[1:], "training.epochs=60"), alone=False)
    assert not [r for r in caplog.records if r.levelname == "WARNING"]


def test_a_notebook_is_told_of_bad_training():
    data = load_dataset("digits")
    with pytest.warns(PoorTrainingWarning, match="poorly trained.*digits"):
        train("mlp_5", data, recipe=Recipe(epochs=1))
    with warnings.catch_warnings():
        warnings.simplefilter("error", PoorTrainingWarning)
        train("mlp_20", data)
