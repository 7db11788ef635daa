"""The authors' recorded numbers come back, on the networks whose files are at hand."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from study.authors import networks
from study.authors.compare import METHODS, Line, compare, displaced, pruned
from study.errors import StudyError
from study.places import ROOT


def lines(name):
    reason = networks.missing_with_data(name)
    if reason is not None:
        pytest.skip(reason)
    return list(compare(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist_1x100", "mnist_softmax", "diamond", "double_shape"])
def test_recorded_and_recomputed_are_the_same(name):
    found = lines(name)
    assert len(found) == 1 + 3 + 2 * 3 + 3
    for line in found:
        assert line.agrees, line
        assert line.difference < 1e-7
    assert [line.displaced for line in found if line.what.startswith("per-neuron g")][1:] == [0, 0]


@pytest.mark.slow
def test_the_cosine_comes_back_as_nearly_as_its_random_data_let_it():
    found = lines("cosine_2x10")
    assert len(found) == 3 + 2 * 3
    assert all(line.agrees for line in found)
    assert all(line.displaced == 0 for line in found if line.displaced is not None)


def test_a_line_agrees_within_its_limit_and_its_ties():
    assert Line("x", 1, 1e-9, 1e-8).agrees
    assert not Line("x", 1, 1e-7, 1e-8).agrees
    assert Line("x", 1, 0.0, 1e-8, displaced=2, tied=2).agrees
    assert not Line("x", 1, 0.0, 1e-8, displaced=3, tied=2).agrees
    assert displaced(np.array([1, 0, 2]), np.array([0, 1, 2]), np.array([1.0, 2.0, 3.0])) == (2, 0)


def test_the_command_says_what_is_missing_and_where_to_put_it(tmp_path, monkeypatch):
    shared = networks._sources.project_root().parent / "shared"
    if (shared / "data" / "authors" / "models" / "xor.network.dnn").is_file():
        pytest.skip("the file is there")
    command = [sys.executable, "-m", "study.authors", "xor", "--data", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0
    text = " ".join(done.stdout.split())
    assert "not compared xor" in text
    assert "xor.network.dnn" in text
    assert str(tmp_path)[:20] in text
    done = subprocess.run([*command[:3], "cube"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "unknown stored network 'cube'; known: mnist_1x100" in " ".join(done.stdout.split())


def test_an_unknown_network_lists_those_that_there_are():
    with pytest.raises(StudyError, match="unknown stored network 'cube'; known: mnist_1x100"):
        networks.missing("cube")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("figure", "name", "population", "ranking"),
    [
        ("3", "mnist_1x100", "mnist_1x100", "single_overall"),
        ("4", "mnist_1x100", "mnist_1x100", "iterative"),
        ("25a", "diamond", "diamond_2x50", "iterative"),
    ],
)
def test_the_published_figures_come_back_to_their_printed_precision(figure, name, population, ranking):
    reason = networks.missing_with_data(name)
    if reason is not None:
        pytest.skip(reason)
    points = pd.read_csv(ROOT / "analysis" / "published" / "figure_points.csv", dtype={"figure": str})
    points = points[(points["figure"] == figure) & (points["population"] == population)]
    assert set(points["ranking"]) == {ranking}
    network, data = networks.as_pruned(name)
    criteria = {"brute_force": "gt", "first_order": "g1", "second_order": "g2"}
    assert set(points["method"]) == set(criteria)
    for method, printed in points.groupby("method"):
        errors = pruned(network, data, METHODS[criteria[method]], ranking, 0)[0]
        errors = errors[printed["removed"]]
        last_digit = 10.0 ** (np.floor(np.log10(errors)) - 3)
        assert (np.abs(errors - printed["squared_error"]) <= 0.51 * last_digit).all()
