"""One more measure on a trajectory: the recorded run gets the table, and no other cell is computed."""

import json

import pandas as pd
import pytest

import analysis
from study.cells import run as runs_of_cells
from study.cells.run import run_cell
from study.measures import lacking, measure
from study.tracking.stores import store_of
from tests.cells.test_cell import SMALL, composed

COMMON = [*SMALL, "method=taylor2", "run.figures_for=[]", "run.progress=false"]


def run(tmp_path, *given):
    return run_cell(composed(*COMMON, *given, f"paths.outputs={tmp_path}"), alone=False)


def loaded(tmp_path):
    return analysis.load(uri=f"sqlite:///{tmp_path}/mlflow/mlflow.db").frames


def test_one_more_table_is_added_to_the_recorded_run(ready_stores, tmp_path, monkeypatch):
    first = run(tmp_path, "record.truth_every=4")
    asked = ["record.truth_every=6", "record.pairs=true", "record.surfaces_every=0"]
    assert run(tmp_path, *asked) == first
    frames = loaded(tmp_path)
    assert len(frames.cells) == 1
    assert set(frames.impacts["event"]) == set(range(0, int(frames.events["event"].max()), 2))  # 4 and 6 are among them
    whole = run(tmp_path / "other", "record.truth_every=2", "record.pairs=true")
    assert whole != first
    alone = loaded(tmp_path / "other")
    for name in ("impacts", "agreement", "pairs", "surfaces", "evaluations"):
        here, there = (getattr(of, name).drop(columns="key") for of in (frames, alone))
        pd.testing.assert_frame_equal(here, there, check_exact=True)
    measured = json.loads(frames.cells["measures"].iloc[0])
    assert measured.keys() == {"impacts", "agreement", "surfaces", "pairs"}
    assert (measured["impacts"]["every"], measured["pairs"]) == (2, {})
    # It is finished for whoever asks, and nothing is computed for what it has.
    monkeypatch.setattr(runs_of_cells, "_compute", lambda *_, **__: pytest.fail("computed"))
    for given in (asked, ["record.truth_every=4"], ["record.truth_every=10", "record.surfaces_every=20"]):
        assert run(tmp_path, *given) == first
    store = store_of(composed(*COMMON, f"paths.outputs={tmp_path}"))
    assert len(store.keys("finished")) == 3
    assert set(store.inspected(keys=store.keys("finished"), thorough=True).whole.values()) == {first}


def test_what_cannot_stand_beside_is_a_cell_of_its_own(ready_stores, tmp_path):
    first = run(tmp_path, "record.search=beam", "record.search_width=2")
    assert run(tmp_path, "record.search=beam", "record.search_width=3") != first
    assert run(tmp_path, "removal=mean") != first
    assert len(loaded(tmp_path).cells) == 3


BREAKS = {
    "before the manifest": "study.tracking.artefacts.write_manifest",
    "before the tag": "study.tracking.runs.Runs.set_tags",
    "before the manifest counts for all": "pathlib.Path.replace",
    "before the key is noted": "study.tracking.trajectories.Trajectories.answer",
}


@pytest.mark.parametrize("where", BREAKS)
def test_an_addition_that_broke_off_loses_nothing(where, ready_stores, tmp_path, monkeypatch):
    first = run(tmp_path)
    asked = ("record.truth_every=7", "record.hessian=true")  # larger tables of impacts, and one more

    def broken(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(BREAKS[where], broken)
        with pytest.raises(KeyboardInterrupt):
            run(tmp_path, *asked)
    assert loaded(tmp_path).damaged.empty
    assert run(tmp_path) == first
    assert run(tmp_path, *asked) == first
    frames = loaded(tmp_path)
    assert (len(frames.cells), len(frames.hessian), frames.damaged.empty) == (1, 10 * 11 / 2, True)
    assert len(frames.impacts["event"].unique()) == 10


def test_a_trajectory_with_other_numbers_is_left_alone(ready_stores, tmp_path, monkeypatch):
    first = run(tmp_path)
    monkeypatch.setattr(runs_of_cells, "same_path", lambda *_: False)
    assert run(tmp_path, "record.pairs=true") != first


def test_measures_know_what_they_cover():
    there = {"impacts": {"every": 4}, "surfaces": {"every": 10, "gain": 10.0, "step": 0.1}}
    assert lacking([measure("impacts", every=8), measure("surfaces", every=20)], there) == []
    assert lacking([measure("impacts", every=6)], there) == [measure("impacts", every=2)]
    assert lacking([measure("surfaces", every=10, step=0.5)], there) is None
    assert lacking([measure("hessian")], there) == [measure("hessian")]
