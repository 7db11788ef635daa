"""The regime map, from a few real cells of it."""

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose

from analysis import regime
from analysis.frames import Frames
from analysis.metrics import table
from analysis.regime.networks import off_diagonal
from analysis.report import trust
from analysis.report.draw import draw_map, draw_mechanism, draw_predictor
from analysis.report.mechanism import in_words as in_numbers
from analysis.report.regime import in_words
from analysis.runs import read_store
from study.population import composer
from study.run import run_cell
from tests.tracking.made import store_in

METHODS = ("brute_force", "taylor2_exact", "taylor1")


@pytest.fixture(scope="module")
def frames(tmp_path_factory, empty_store):
    outputs = tmp_path_factory.mktemp("map")
    store_in(outputs / "mlflow", empty_store)
    small = ["network.hidden=[40]", "run.figures_for=[]", "record.surfaces_every=0", f"paths.outputs={outputs}"]
    with composer():
        for training in ("regime_undertrained", "regime_band"):
            for method in METHODS:
                probe = ["record.hessian=true"] if method == "taylor2_exact" else []
                chosen = [f"training={training}", f"method={method}", "sweep.name=regime", "seed=100", *probe]
                run_cell(compose("config", overrides=[*small, *chosen, "network.activation=tanh"]), alone=False)
        run_cell(compose("config", overrides=[*small, "seed=100", "training=regime_band"]), alone=False)
        # One layer of linear units below linear outputs: half the squared error is quadratic in the gains.
        quadratic = [
            "network.activation=linear",
            "network.output=linear",
            "method=taylor2_exact",
            "sweep.name=mechanism",
        ]
        probe = ["record.hessian=true", "record.truth_every=5", "training=regime_undertrained", "seed=100"]
        run_cell(compose("config", overrides=[*small, *quadratic, *probe]), alone=False)
    return read_store(f"sqlite:///{outputs}/mlflow/mlflow.db", "incredible_shrinking_network")


def test_the_cells_of_the_map_are_apart_from_the_others(frames):
    others, mapped, _ = regime.split(frames)
    assert set(others.cells["sweep"]) == {"manual"}
    assert len(mapped.cells) == 6
    assert set(mapped.events["key"]) == set(mapped.cells["key"])
    kinds = regime.kinds(mapped.cells)
    assert set(kinds["stage"]) == {"80 % right", "97 % right"}
    assert set(kinds["activation"]) == {"tanh"}
    assert set(kinds["depth"]) == {1}


def test_what_a_method_removes_stands_beside_brute_force_and_what_was_known_before(frames):
    _, mapped, _ = regime.split(frames)
    found = regime.networks(mapped, table(mapped))
    assert len(found) == 6
    best = found[found["method"] == "brute_force"]
    assert (best["of_best"] == 1).all()
    for row in found.itertuples():
        one = best[best["network_key"] == row.network_key].iloc[0]
        assert row.of_best == pytest.approx(row.share / one["share"])
        key = mapped.cells.query("network_key == @row.network_key and method == 'taylor2_exact'")["key"].iloc[0]
        start = mapped.impacts.query("key == @key and event == 0")
        slope, bend = start["first_order"].abs().sum(), start["curvature"].abs().sum()
        path = mapped.evaluations.query("key == @key and split == 'pruning'").set_index("event")["error"]
        assert row.first_order == pytest.approx(slope / (slope + bend))
        assert row.curvature == pytest.approx(bend / (path[40] - path[0]))
        hessian = mapped.hessian[mapped.hessian["key"] == key]
        square = torch.zeros(40, 40, dtype=torch.float64)
        for pair in hessian.itertuples():
            square[pair.unit_a, pair.unit_b] = square[pair.unit_b, pair.unit_a] = pair.curvature
        sizes = square.abs()
        assert row.off_diagonal == pytest.approx(float((sizes.sum() - sizes.trace()) / sizes.sum()), rel=1e-12)


def test_the_map_is_drawn_and_told(frames):
    _, mapped, _ = regime.split(frames)
    tiles = regime.tiles(regime.networks(mapped, table(mapped)), mapped.cells)
    assert regime.rows(tiles) == ["tanh, 80 % right", "tanh, 97 % right"]
    assert regime.columns(tiles) == ["squares 1"]
    words = in_words(tiles)
    assert list(words["stage"]) == ["80 % right"] * 3 + ["97 % right"] * 3
    assert (words[words["method"] == "brute force"]["of brute force's"] == "1").all()
    (figure,) = draw_map(tiles)
    assert figure.name == "regime_zero"
    assert "exact second derivative" in figure.svg
    assert len(figure.data) == 6


def test_without_a_map_nothing_is_said():
    assert off_diagonal(Frames().hessian).empty
    _, mapped, _ = regime.split(Frames())
    assert mapped.cells.empty
    assert isinstance(regime.kinds(mapped.cells.assign(variant=[])), pd.DataFrame)


def test_a_quadratic_error_is_foretold_to_the_last_unit(frames):
    *_, walked = regime.split(frames)
    found = regime.foretold(walked)
    assert list(found["removed"]) == [k / 40 for k in range(0, 40, 5)]
    assert (found["quadratic"] - found["change"]).abs().max() < 1e-9
    assert (found["explained"].iloc[1:] - 1).abs().max() < 1e-9
    assert np.isnan(found["explained"].iloc[0])  # nothing has moved yet
    for rho in ("rho_again", "rho_quadratic"):
        assert found[rho].min() == pytest.approx(1)
    assert found["rho_alone"].iloc[0] == pytest.approx(1)
    assert found["rho_alone"].iloc[1:].max() < 1  # units know each other
    assert (found["alone"] - found["change"]).abs().max() > 0.01
    slopes, order = draw_mechanism(found)
    assert (slopes.name, order.name) == ("mechanism_slopes", "mechanism_order")
    words = in_numbers(found)
    assert list(words["removed"]) == ["10%", "20%", "40%"]
    assert list(words["change of first-order terms that is foretold"]) == ["1", "1", "1"]


def made_up(of_best, curvature, method="taylor2_exact", ranking="iterative", cluster=None):
    n = len(of_best)
    return pd.DataFrame(
        {
            "method": method,
            "ranking": ranking,
            "of_best": of_best,
            "curvature": curvature,
            "first_order": np.linspace(0.2, 0.4, n),
            "off_diagonal": 0.5,
            "population": cluster or "p",
            "network_key": [f"k{i}" for i in range(n)],
            "removal": "zero",
            "share": 0.3,
            "cluster": [f"c{i % 7}" for i in range(n)],
        }
    )


def test_a_rule_is_learnt_in_the_right_direction_and_tested_elsewhere():
    draw = np.random.default_rng(0)
    curvature = draw.uniform(0.01, 1, 200)
    known = made_up(np.where(curvature > 0.3, 0.9, 0.5), curvature)
    rules = regime.learn(known, ["taylor2_exact", "magnitude"])
    rule = rules.set_index("predictor").loc["curvature"]
    assert rule["above"]
    assert 0.3 < rule["threshold"] < 0.32
    assert (rule["auc"], rule["balanced"], rule["auc_low"]) == pytest.approx((1, 1, 1))
    assert regime.best(rules)["predictor"].tolist() == ["curvature"]
    backwards = regime.learn(known.assign(curvature=-curvature), ["taylor2_exact"]).set_index("predictor")
    assert not backwards.loc["curvature", "above"]
    assert -0.32 < backwards.loc["curvature", "threshold"] < -0.3
    # Elsewhere the number has nothing to do with it: no better than chance, and the interval says so.
    unseen = made_up(draw.choice([0.5, 0.9], 300), draw.uniform(0.01, 1, 300))
    rates = regime.tested(rules, unseen).set_index("predictor").loc["curvature"]
    assert rates["balanced_low"] < 0.5 < rates["balanced_high"]
    assert rates["trusts"] == pytest.approx((unseen["curvature"] >= rule["threshold"]).mean())
    trusted = unseen[unseen["curvature"] >= rule["threshold"]]
    assert rates["right"] == pytest.approx((trusted["of_best"] >= regime.CLOSE).mean())
    figure = draw_predictor(known, unseen, regime.best(rules))[0]
    assert len(figure.data) == len(known) + len(unseen)
    assert "curvature's share of what is at stake" in figure.svg.replace("&#x27;", "'").replace("&apos;", "'")
    words = trust.in_words(rules, regime.tested(rules, unseen)).set_index("trusted where")
    assert words.index[0].startswith("curvature's share of what is at stake ≥ 0.3")
    assert words["chosen"].iloc[0] == "yes"


def test_a_method_that_is_never_close_has_no_rule_and_a_ranking_that_is_not_its_own_does_not_count():
    never = made_up(np.full(20, 0.1), np.linspace(0, 1, 20))
    assert regime.learn(never, ["taylor2_exact"]).empty
    other = made_up(np.linspace(0, 1, 20), np.linspace(0, 1, 20), ranking="single_overall")
    assert regime.learn(other, ["taylor2_exact"]).empty
    assert len(regime.learn(other.assign(method="quadratic_once"), ["quadratic_once"]))
