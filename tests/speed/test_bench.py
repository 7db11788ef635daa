"""The bench: other libraries give the same impacts, and the command prints and writes what it measured."""

import math
from dataclasses import replace

import pandas as pd
import pytest
import torch

from study.impact import unit_errors
from study.speed import __main__ as command
from study.speed import peers, scale
from study.speed.cases import Case
from study.speed.step import RECIPE, ByAutograd, ByHand, Step
from study.speed.timing import Times, alternate

CASE = Case(3, (5, 4), 2, 40)


def test_peers_give_the_same_impacts():
    stages, parts = CASE.stages(), CASE.units
    parts = parts[torch.tensor([0, 2, 6, 8])]
    errors = unit_errors(stages, parts, CASE.zeros)
    impacts = errors - stages.total()
    assert torch.allclose(peers.vmap_impacts(CASE, stages, parts), errors, rtol=1e-12)
    pytest.importorskip("captum")
    # captum: output with everything minus output without the feature
    assert torch.allclose(-peers.captum_impacts(CASE, stages, parts), impacts, atol=1e-11)
    whole = peers.captum_layer_impacts(CASE, peers.module_of(CASE), parts)
    assert torch.allclose(-whole, impacts, atol=1e-11)


def test_a_step_is_the_same_by_hand_and_by_autograd():
    of = Step((7, 5), features=9, outputs=3, recipe=replace(RECIPE, precision="float64"), samples=180)
    works = ByHand(of), ByAutograd(of)
    start = works[0].vector.clone()
    for _ in range(7):
        for work in works:
            work()
    by_hand, by_autograd = (work.vector.detach() for work in works)
    assert torch.allclose(by_hand, by_autograd, rtol=1e-10, atol=1e-10)
    gone = sum(int((~mask).sum()) for mask in of.masks)
    assert int((by_hand == 0).sum()) == int((by_autograd == 0).sum()) >= gone > 0
    assert not torch.equal(by_hand, start)


def test_paths_are_timed_in_turn():
    order = []
    times = alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, rounds=3)
    assert "".join(order) == "abababab"
    assert len(times["a"].seconds) == 3
    assert Times([2.0, 4.0, 9.0]).ratio(Times([1.0, 1.0, 3.0])) == 3.0


def test_the_exponent_of_a_power_law_is_found():
    points = pd.DataFrame({"grows": "units", "path": "fused", "size": [10, 100, 1000], "seconds": [3.0, 30.0, 300.0]})
    assert math.isclose(scale.exponents(points)["exponent"][0], 1.0)


@pytest.mark.slow
def test_the_command_prints_and_writes_its_tables(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "tracked", lambda _: (None, tmp_path))
    monkeypatch.setattr(command.oracle, "rows", lambda rounds, _: [command.oracle.step(CASE, rounds)])
    monkeypatch.setattr(scale, "SERIES", {"samples": {n: Case(3, (4,), 2, n) for n in (100, 1000)}})
    monkeypatch.setattr(command, "MEMORY", {"small": "3, (4,), 2, 100"})
    monkeypatch.setattr("sys.argv", ["bench", "oracle", "memory", "scale", "--rounds", "1"])
    assert command.main() == 0
    printed = capsys.readouterr().out
    assert "captum" in printed
    assert "exponent over samples" in printed
    table = pd.read_csv(tmp_path / "bench" / "oracle.csv")
    assert {"reference", "eager", "vmap", "captum"} <= set(table["path"])
    assert (table["seconds"] > 0).all()
    assert (tmp_path / "bench" / "scaling.png").stat().st_size > 10_000
    assert pd.read_csv(tmp_path / "bench" / "memory.csv")["peak_mib"].between(0, 100).all()


def test_an_unknown_part_is_refused(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench", "oracles"])
    with pytest.raises(SystemExit):
        command.main()
    assert "unknown part oracles; known: oracle" in capsys.readouterr().err
