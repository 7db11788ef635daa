import numpy as np
import pandas as pd
import pytest

from analysis.frames import Frames
from analysis.metrics import HELD_OUT, curves, main_condition, of_split, per_network, table
from tests.analysis.synthetic import Cell, frames


@pytest.fixture(scope="module")
def two_layers():
    k = 10
    q = np.arange(k + 1) / k
    common = {"error": 10 + 90 * q, "accuracy": 1 - 0.1 * q, "hidden": (5, 5)}
    return frames(
        [
            Cell("diamond_2x50", "brute_force", layers=[1] * 5 + [0] * 5, spearman=1.0, **common),
            Cell("diamond_2x50", "random", draw=0, spearman=0.2, **common),
            Cell("diamond_2x50", "random", draw=1, spearman=0.4, **common),
        ]
    )


def test_metrics_of_a_straight_line(two_layers):
    row = table(two_layers).set_index("method").loc["brute_force"]
    assert row["units"] == 10
    assert row["E0"] == 10
    assert row["E_all"] == 100
    assert row["auc_e"] == pytest.approx(0.5)
    assert row["m1b"] == pytest.approx(4.5)
    assert (row["r_1"], row["r_2"], row["r_5"]) == (0.1, 0.2, 0.5)
    assert row["r_1pct"] == 0.0
    assert row["m2e"] == pytest.approx(0.1)
    assert (row["m7_10"], row["m7_20"], row["m7_40"], row["m7_chance"]) == (1, 1, 1, 0.5)
    assert row["rho_0"] == row["rho_mid"] == 1.0
    assert row["kendall_0"] == pytest.approx(0.8)
    assert row["regret_mean"] == 0.0
    assert row["mae_0"] == pytest.approx(0.5)
    assert row["m5_gini"] == pytest.approx(0.3)  # 1..10: (n - 1) / (3 n)
    assert row["forward_passes"] == 100
    assert row["r_1_held_out"] == 0.1


def test_regret_is_in_shares_of_the_range(two_layers):
    rows = table(two_layers).set_index("draw")
    assert rows[rows["method"] == "random"].loc[0, "regret_mean"] == pytest.approx(0.8 / 90)


def test_the_main_condition_has_the_papers_rankings_and_no_other():
    rankings = ["iterative", "single_overall", "iterative[every=5]"]
    fall = np.linspace(0, 1, 11)
    seen = [
        Cell("mnist_1x100", "quadratic_once", error=10 + fall, accuracy=1 - fall / 2, hidden=(10,), ranking=ranking)
        for ranking in rankings
    ]
    found = table(frames(seen))
    assert sorted(found["ranking"]) == sorted(rankings)
    assert sorted(main_condition(found)["ranking"]) == rankings[:2]


def test_draws_are_averaged_and_counted(two_layers):
    rows = per_network(table(two_layers)).set_index("method")
    assert rows.loc["random", "draws"] == 2
    assert rows.loc["random", "rho_0"] == pytest.approx(0.3)
    assert rows.loc["brute_force", "draws"] == 1


def test_curves_on_common_scales(two_layers):
    path = curves(two_layers)
    last = path[(path["method"] == "brute_force") & (path["removed"] == 10)].iloc[0]
    assert last["q"] == 1.0
    assert last["error_ratio"] == pytest.approx(10)
    assert last["error_per_sample"] == pytest.approx(0.1)
    assert last["accuracy"] == pytest.approx(0.9)
    assert len(path) == 33


def test_accuracy_of_a_regression_is_one_less_the_error_per_sample():
    made = frames([Cell("cosine_2x10", "taylor1", error=[1.0, 5.0, 100.0], hidden=(1, 1))])
    assert curves(made)["accuracy"].tolist() == pytest.approx([0.999, 0.995, 0.9])


def test_a_trajectory_that_stops_early_has_no_metrics():
    made = frames([Cell("diamond_2x50", "taylor1", error=[1.0, 2.0, 3.0], accuracy=[1, 0.9, 0.5], hidden=(2,))])
    made.events["units_left"] += 1
    assert table(made)["auc_e"].isna().all()


def test_held_out_is_the_split_with_most_rows(two_layers):
    more = two_layers.evaluations[two_layers.evaluations["split"] == "held_out"].assign(split="test", samples=9999)
    both = pd.concat([two_layers.evaluations, more])
    assert set(of_split(both, HELD_OUT)["split"]) == {"test"}


def test_one_hidden_layer_has_no_layer_preference():
    made = frames([Cell("mnist_1x100", "taylor1", error=np.arange(1.0, 12), accuracy=np.linspace(1, 0, 11))])
    row = table(made).iloc[0]
    assert np.isnan(row["m7_20"])
    assert np.isnan(row["rho_first_layer_0"])


def test_an_empty_store_gives_empty_tables():
    assert table(Frames()).empty
    assert curves(Frames()).empty
