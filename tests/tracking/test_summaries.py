"""Summaries are written once, replaced where they change, taken away where they are gone, and move with the store."""

import pytest

from study.common.errors import StudyError
from study.records import TAG
from study.tracking import Store
from study.tracking.record import MOST_STEPS
from study.tracking.summaries import Summaries, Summary, name_of
from study.tracking.views import Chart, View
from tests.tracking.made import record

VIEWS = {"study": View("All", "", ("population",), "order", True, charts=(Chart("accuracy", "Accuracy"),))}


@pytest.fixture
def place(tmp_path):
    store = Store(f"sqlite:///{tmp_path}/old/mlflow.db")
    store.record_cell(record("a1"))
    return Summaries(store.uri, store.experiment)


def summary(method: str, tmp_path, removable: float = 0.5) -> Summary:
    figure = tmp_path / "degradation.svg"
    figure.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    return Summary(
        f"mnist_2x50 · {method}",
        {"population": "mnist_2x50", "method": method, "ranking": "iterative"},
        {"removable_share": removable},
        {"accuracy/pruning": [(k, 1 - k / 100) for k in range(101)]},
        "![curves](get-artifact?path=figures/1_degradation.svg&run_uuid={run})",
        {"figures/1_degradation.svg": figure},
        "#0072B2",
    )


def runs(place: Summaries):
    return place.client.search_runs([place.experiment], order_by=[f"tags.`{TAG}order` ASC"])


def test_summaries_are_runs_with_curves_figures_and_a_description(place, tmp_path):
    assert place.experiment is None
    assert place.built_from is None
    methods = [summary(method, tmp_path) for method in ("taylor2", "brute_force")]
    assert place.write(methods, "**Start here.**", VIEWS, "a") == 2
    first, second = runs(place)
    assert [run.data.tags[f"{TAG}method"] for run in (first, second)] == ["taylor2", "brute_force"]
    assert first.info.status == "FINISHED"
    assert first.data.metrics["removable_share"] == 0.5
    curve = place.client.get_metric_history(first.info.run_id, "accuracy/pruning")
    assert len(curve) == MOST_STEPS
    assert (curve[0].step, curve[-1].step) == (0, 100)
    assert f"run_uuid={first.info.run_id})" in first.data.tags["mlflow.note.content"]
    assert [entry.path for entry in place.client.list_artifacts(first.info.run_id, "figures")] == [
        "figures/1_degradation.svg"
    ]
    tags = place.client.get_experiment(place.experiment).tags
    assert tags["mlflow.experimentKind"] == "custom_model_development"
    assert tags["mlflow.note.content"] == "**Start here.**"
    assert place.built_from == "a"


def test_what_is_there_is_left_alone_and_what_changed_is_replaced(place, tmp_path):
    both = [summary("taylor2", tmp_path), summary("random", tmp_path)]
    place.write(both, "", VIEWS, "a")
    before = {run.data.tags[f"{TAG}method"]: run.info.run_id for run in runs(place)}
    assert place.write(both, "", VIEWS, "a") == 0
    assert {run.info.run_id for run in runs(place)} == set(before.values())

    assert place.write([summary("random", tmp_path, 0.1), both[0]], "", VIEWS, "b") == 1
    random, taylor2 = runs(place)
    assert taylor2.info.run_id == before["taylor2"]
    assert random.data.metrics["removable_share"] == 0.1
    assert not (tmp_path / "old" / "artifacts" / before["random"]).exists()

    assert place.write(both[:1], "", VIEWS, "c") == 0
    assert [run.info.run_id for run in runs(place)] == [before["taylor2"]]


def test_the_cells_are_as_they_were(place, tmp_path):
    place.write([summary("taylor2", tmp_path)], "", VIEWS, "a")
    assert Store(place.uri).keys("finished") == {"a1"}


def test_a_moved_store_finds_its_figures(place, tmp_path):
    place.write([summary("taylor2", tmp_path)], "", VIEWS, "a")
    (tmp_path / "old").rename(tmp_path / "moved")
    moved = Summaries(f"sqlite:///{tmp_path}/moved/mlflow.db", place.cells)
    moved.relocate()
    [run] = runs(moved)
    assert run.info.artifact_uri == f"{tmp_path}/moved/artifacts/{run.info.run_id}/artifacts"
    assert moved.client.list_artifacts(run.info.run_id, "figures")


def test_an_experiment_that_somebody_deleted_stays_deleted(place, tmp_path):
    place.write([summary("taylor2", tmp_path)], "", VIEWS, "a")
    place.client.delete_experiment(place.experiment)
    assert place.experiment is None
    with pytest.raises(StudyError, match=name_of(place.cells)):
        place.write([summary("taylor2", tmp_path)], "", VIEWS, "a")
