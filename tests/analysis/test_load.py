"""Runs as a data frame in three lines."""

import pandas as pd
import pytest
from hydra import compose

import analysis
from analysis.metrics import table
from analysis.runs import StoreError, read_store
from study.cells.run import run_cell
from study.common.errors import StudyError
from study.config.population import composer
from tests.recorded import METHODS, SEEDS, store_of_six
from tests.tracking.made import store_in


@pytest.fixture(scope="module")
def store(tmp_path_factory, empty_store):
    return store_of_six(tmp_path_factory.mktemp("outputs"), empty_store)


def test_a_row_a_cell_with_its_settings_and_results(store, monkeypatch, tmp_path):
    cells = analysis.load(sweep="manual", uri=store)
    assert len(cells) == 6
    assert set(zip(cells["method"], cells["seed"], strict=True)) == {(m, s) for m in METHODS for s in SEEDS}
    assert set(cells["population"]) == {"digits_1x100"}
    frames = read_store(store, "incredible_shrinking_network")
    assert cells.set_index("key")["r_1"].to_dict() == table(frames).set_index("key")["r_1"].to_dict()
    assert cells[["rho_0", "regret_mean", "auc_e", "E0"]].notna().all(axis=None)
    assert list(cells.columns) == list(dict.fromkeys(cells.columns))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "outputs").symlink_to(store.removeprefix("sqlite:///").rpartition("/mlflow/")[0])
    pd.testing.assert_frame_equal(analysis.load(), cells)


def test_curves_are_a_row_a_removal_of_what_is_selected(store):
    cells = analysis.load(uri=store)
    one = cells[(cells["method"] == "taylor2") & (cells["seed"] == SEEDS[0])]
    curves = one.curves()
    assert curves["removed"].tolist() == list(range(101))
    assert curves["units_left"].tolist() == list(range(100, -1, -1))
    assert curves["error"].iloc[0] == one["E0"].item()
    assert curves["layer"].tolist() == [-1] + [0] * 100
    assert sorted(curves["unit"].iloc[1:]) == list(range(100))
    held_out = one.curves("held_out")
    assert held_out["accuracy"].iloc[0] == one["accuracy_0_held_out"].item()
    assert len(cells.query("seed == @SEEDS[1]").sort_values("r_1").curves()) == 3 * 101
    with pytest.raises(StudyError, match="has lost its cells"):
        cells.groupby("method")[["r_1"]].median().curves()


def test_sampled_weights_are_read_where_they_are_asked_for(tmp_path, empty_store):
    """They are most of what a sweep of single weights records, and no metric looks at them."""
    store_in(tmp_path / "mlflow", empty_store)
    given = ["dataset=digits", "network.hidden=[3]", "training.epochs=1", "training.polish=0", "run.figures_for=[]"]
    given += ["protocol=lottery_ticket", "protocol.rounds=2", "+measures.bridge.each=2", f"paths.outputs={tmp_path}"]
    with composer():
        for method in ("magnitude", "taylor1"):
            run_cell(compose("config", overrides=[*given, f"method={method}"]), alone=False)
    uri = f"sqlite:///{tmp_path}/mlflow/mlflow.db"
    cells = analysis.load(uri=uri)
    assert not hasattr(cells.frames, "sampled")
    one = cells[cells["method"] == "taylor1"]
    found = one.sampled()
    assert set(found["key"]) == set(one["key"])
    assert len(cells.sampled()) > len(found)
    assert found.groupby("event").size().gt(30).all()
    bridge = cells.frames.bridge
    drawn = bridge[(bridge["key"] == one["key"].item()) & (bridge["layer"] == -1) & (bridge["criterion"] == "method")]
    live = found[found["stratum"] >= 0].groupby("event").size()
    assert live.loc[[0, 2]].tolist() == drawn["weights"].tolist()
    with pytest.raises(StudyError, match="has lost its cells: call sampled"):
        cells.groupby("method")[["weights_left"]].median().sampled()


def test_a_sweep_that_is_not_there_is_told_with_those_that_are(store):
    with pytest.raises(StoreError, match=r"sweep 'mine'; there are: .*manual"):
        analysis.load(sweep="mine", uri=store)
