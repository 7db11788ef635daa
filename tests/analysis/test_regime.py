"""The regime map, from a few real cells of it."""

import pandas as pd
import pytest
import torch
from hydra import compose

from analysis import regime
from analysis.frames import Frames
from analysis.regime.networks import off_diagonal
from analysis.report.draw import draw_map
from analysis.report.regime import in_words
from analysis.runs import read_store
from study.impact import Quadratic
from study.population import composer
from study.run import run_cell

METHODS = ("brute_force", "taylor2_exact", "taylor1")


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    outputs = tmp_path_factory.mktemp("map")
    small = ["network.hidden=[40]", "run.figures_for=[]", "record.surfaces_every=0", f"paths.outputs={outputs}"]
    with composer():
        for training in ("regime_undertrained", "regime_band"):
            for method in METHODS:
                probe = ["record.hessian=true"] if method == "taylor2_exact" else []
                chosen = [f"training={training}", f"method={method}", "sweep.name=regime", "seed=100", *probe]
                run_cell(compose("config", overrides=[*small, *chosen, "network.activation=tanh"]), alone=False)
        run_cell(compose("config", overrides=[*small, "seed=100", "training=regime_band"]), alone=False)
    return read_store(f"sqlite:///{outputs}/mlflow/mlflow.db", "incredible_shrinking_network")


def test_the_cells_of_the_map_are_apart_from_the_others(frames):
    others, mapped = regime.split(frames)
    assert set(others.cells["sweep"]) == {"manual"}
    assert len(mapped.cells) == 6
    assert set(mapped.events["key"]) == set(mapped.cells["key"])
    kinds = regime.kinds(mapped.cells)
    assert set(kinds["stage"]) == {"80 % right", "97 % right"}
    assert set(kinds["activation"]) == {"tanh"}
    assert set(kinds["depth"]) == {1}


def test_what_a_method_removes_stands_beside_brute_force_and_what_was_known_before(frames):
    _, mapped = regime.split(frames)
    found = regime.networks(mapped)
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
        units = torch.zeros(40, dtype=torch.int64), torch.arange(40)
        assert row.off_diagonal == pytest.approx(Quadratic(*units, square[0], square).off_diagonal_share, rel=1e-12)


def test_the_map_is_drawn_and_told(frames):
    _, mapped = regime.split(frames)
    tiles = regime.tiles(regime.networks(mapped), mapped.cells)
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
    _, mapped = regime.split(Frames())
    assert mapped.cells.empty
    assert isinstance(regime.kinds(mapped.cells.assign(variant=[])), pd.DataFrame)
