"""The regime map, from a few real cells of it."""

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose

from analysis.frames import Frames
from analysis.metrics import table
from analysis.runs import read_store
from analysis.sections import set_apart
from analysis.sections.mechanism.figure import draw as draw_mechanism
from analysis.sections.mechanism.foretold import foretold
from analysis.sections.mechanism.section import in_words as in_numbers
from analysis.sections.regime import map, rule_figure, rules, trust
from analysis.sections.regime.kinds import kinds
from analysis.sections.regime.networks import networks, off_diagonal
from analysis.sections.regime.section import in_words
from analysis.sections.regime.tiles import columns, rows, tiles
from study.cells.run import run_cell
from study.config.population import composer
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
    others, apart = set_apart(frames)
    mapped = apart["regime"]
    assert set(others.cells["sweep"]) == {"manual"}
    assert len(mapped.cells) == 6
    assert set(mapped.events["key"]) == set(mapped.cells["key"])
    of = kinds(mapped.cells)
    assert set(of["stage"]) == {"80 % right", "97 % right"}
    assert set(of["activation"]) == {"tanh"}
    assert set(of["depth"]) == {1}


def test_what_a_method_removes_stands_beside_brute_force_and_what_was_known_before(frames):
    mapped = set_apart(frames)[1]["regime"]
    found = networks(mapped, table(mapped))
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
    mapped = set_apart(frames)[1]["regime"]
    found = tiles(networks(mapped, table(mapped)), mapped.cells)
    assert rows(found) == ["tanh, 80 % right", "tanh, 97 % right"]
    assert columns(found) == ["squares 1"]
    words = in_words(found)
    assert list(words["stage"]) == ["80 % right"] * 3 + ["97 % right"] * 3
    assert (words[words["method"] == "brute force"]["of brute force's"] == "1").all()
    (figure,) = map.draw(found)
    assert figure.name == "regime_zero"
    assert "exact second derivative" in figure.svg
    assert len(figure.data) == 6


def test_without_a_map_nothing_is_said():
    assert off_diagonal(Frames().hessian).empty
    mapped = set_apart(Frames())[1]["regime"]
    assert mapped.cells.empty
    assert isinstance(kinds(mapped.cells.assign(variant=[])), pd.DataFrame)


def test_a_quadratic_error_is_foretold_to_the_last_unit(frames):
    found = foretold(set_apart(frames)[1]["mechanism"])
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
    learnt = rules.learn(known, ["taylor2_exact", "magnitude"])
    rule = learnt.set_index("predictor").loc["curvature"]
    assert rule["above"]
    assert 0.3 < rule["threshold"] < 0.32
    assert (rule["auc"], rule["balanced"], rule["auc_low"]) == pytest.approx((1, 1, 1))
    assert rules.best(learnt)["predictor"].tolist() == ["curvature"]
    backwards = rules.learn(known.assign(curvature=-curvature), ["taylor2_exact"]).set_index("predictor")
    assert not backwards.loc["curvature", "above"]
    assert -0.32 < backwards.loc["curvature", "threshold"] < -0.3
    # Elsewhere the number has nothing to do with it: no better than chance, and the interval says so.
    unseen = made_up(draw.choice([0.5, 0.9], 300), draw.uniform(0.01, 1, 300))
    rates = rules.tested(learnt, unseen).set_index("predictor").loc["curvature"]
    assert rates["balanced_low"] < 0.5 < rates["balanced_high"]
    assert rates["trusts"] == pytest.approx((unseen["curvature"] >= rule["threshold"]).mean())
    trusted = unseen[unseen["curvature"] >= rule["threshold"]]
    assert rates["right"] == pytest.approx((trusted["of_best"] >= rules.CLOSE).mean())
    figure = rule_figure.draw(known, unseen, rules.best(learnt))
    assert len(figure.data) == len(known) + len(unseen)
    assert "curvature's share of what is at stake" in figure.svg.replace("&#x27;", "'").replace("&apos;", "'")
    words = trust.in_words(learnt, rules.tested(learnt, unseen)).set_index("trusted where")
    assert words.index[0].startswith("curvature's share of what is at stake ≥ 0.3")
    assert words["chosen"].iloc[0] == "yes"


def test_a_method_that_is_never_close_has_no_rule_and_a_ranking_that_is_not_its_own_does_not_count():
    never = made_up(np.full(20, 0.1), np.linspace(0, 1, 20))
    assert rules.learn(never, ["taylor2_exact"]).empty
    other = made_up(np.linspace(0, 1, 20), np.linspace(0, 1, 20), ranking="single_overall")
    assert rules.learn(other, ["taylor2_exact"]).empty
    assert len(rules.learn(other.assign(method="quadratic_once"), ["quadratic_once"]))
