"""The authors' recorded numbers come back, on the networks whose files are at hand."""

import numpy as np
import pandas as pd
import pytest
import torch

from study.authors import networks, recorded
from study.authors.compare import METHODS, Line, compare, displaced, pruned
from study.authors.results import Results
from study.common.errors import StudyError
from study.common.paths import ROOT
from study.data import _authors_files as files
from study.impact import Stages, unit_errors
from study.impact.stages import replacement
from study.methods import View, method
from study.networks import ErrorFunction, Network
from tests.authors import java
from tests.hostile.commands import in_process

CURVES = {}
"""By network, method and ranking: what was pruned once need not be again."""


def lines(name):
    reason = networks.missing_with_data(name)
    if reason is not None:
        pytest.skip(reason)

    def noted(network, data, of, ranking, surfaces_every, params):
        found = pruned(network, data, of, ranking, surfaces_every, params)
        if not params:
            CURVES[network.digest(), data.digest, of, ranking] = found[0]
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("study.authors.compare.pruned", noted)
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


def made_network() -> Network:
    rng = np.random.default_rng(1)
    weights = [torch.from_numpy(rng.normal(size=shape)) for shape in ((4, 2), (3, 4), (1, 3))]
    return Network(tuple(weights), tuple(w[:, 0] / 2 for w in weights), ("sigmoid", "sigmoid"), "sigmoid")


def lines_of(table) -> str:
    return "".join(",".join(map(repr, map(float, row))) + "\n" for row in table)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A network named circle, its points, and results in the names and the form of an early run of theirs.

    Curves have their earlier names, the ground truth is what a neuron adds to E, and gains are those of mod.circle.
    """
    monkeypatch.setattr(files, "manifest", dict)
    monkeypatch.setattr(networks._sources, "project_root", lambda: tmp_path / "checkout")
    networks._stored.cache_clear()
    place = tmp_path / "data" / "authors"
    for kind in files.KINDS:
        (place / kind).mkdir(parents=True)
    (place / "models" / "circle.network.dnn").write_bytes(java.written(java.graph(made_network())))
    rng = np.random.default_rng(0)
    for part in ("train", "test"):
        rows = [f"{int(x * x + y * y < 0.5)}\t{x}\t{y}" for x, y in rng.uniform(-1, 1, (60, 2)).tolist()]
        (place / "data" / f"circle-{part}.csv").write_text("\n".join(rows))
    network, data = networks.as_pruned("circle", tmp_path / "data")
    curves = {(c, r): pruned(network, data, METHODS[c], r, 10, cap(c, r)) for r in recorded.RANKINGS for c in METHODS}
    for ranking, (_, name) in recorded.RANKINGS.items():
        table = np.stack([curves[c, ranking][0][1:] for c in METHODS], axis=1)
        (place / "results" / f"circle.network.dnn.{name}.csv").write_text(lines_of(table))
    for c in METHODS:
        table = np.stack([np.arange(101) / 10, *curves[c, "iterative"][1].values()], axis=1)
        (place / "results" / f"mod.circle.network.{c}.gain.vals.csv").write_text(lines_of(table))
    stages = Stages(network, data.pruning, ErrorFunction("sigmoid"))
    parts = network.units
    view = View(stages, parts, replacement("zero", stages))
    values = {c: method(METHODS[c]).scores(view).estimate.numpy() for c in ("g1", "g2")}
    values["gt"] = unit_errors(stages, parts, view.replacement).numpy() - stages.total()
    order = {c: np.argsort(values[c] if c == "gt" else -values[c]) for c in METHODS}
    ranks = "".join(",".join(str(order[c][k] + 1) for c in METHODS) + "\n" for k in range(7))
    (place / "results" / "circle.network.dnn.ranking-result.csv").write_text(ranks)
    table = np.stack([values[c][order[c]] for c in METHODS], axis=1)
    (place / "results" / "circle.network.dnn.e0-e1-e2-change-result.csv").write_text(lines_of(table))
    yield tmp_path / "data"
    networks._stored.cache_clear()


def cap(criterion: str, ranking: str) -> dict[str, str]:
    return {"cap": "none"} if ranking == "iterative" and criterion != "gt" else {}


def rewrite(folder, name, change):
    file = folder / "authors" / "results" / name
    table = np.loadtxt(file, delimiter=",")
    change(table)
    file.write_text(lines_of(table))


EARLY = ["start error"] + [f"per-neuron {c}, all units there" for c in ("gt as what it adds to E", "g1", "g2")]
EARLY += [f"curve {c}, single_overall" for c in METHODS]
EARLY += ["curve gt, iterative", "error surfaces gt"]
EARLY += [what.format(c) for c in ("g1", "g2") for what in ("curve {}, iterative (no cap)", "error surfaces {}")]


def test_results_are_read_under_their_earlier_names_and_in_their_earlier_form(folder):
    found = list(compare("circle", folder))
    assert [line.what for line in found] == EARLY
    assert all(line.agrees and line.difference < 1e-12 for line in found), found
    assert Results.of("circle", folder).absent == ()


def test_what_is_not_there_hides_nothing_else_and_is_named(folder):
    results = folder / "authors" / "results"
    (results / "mod.circle.network.g2.gain.vals.csv").unlink()
    assert [line.what for line in compare("circle", folder)] == [what for what in EARLY if what != "error surfaces g2"]
    assert Results.of("circle", folder).absent == ("error surfaces, g2: there is no such file",)
    (results / "circle.network.dnn.greedy-algo-comparison.csv").unlink()
    (results / "circle.network.dnn.ranking-result.csv").unlink()
    found = [line.what for line in compare("circle", folder)]
    assert found[0] == "start error"
    assert {what.split(",")[-1] for what in found if what.startswith("curve")} == {" single_overall"}
    absent = Results.of("circle", folder).absent
    assert len(absent) == 3
    assert "circle.network.dnn.ranking-result.csv" in absent[0]


def test_a_ground_truth_is_read_as_e_or_as_what_is_added_and_a_wrong_one_is_neither(folder):
    name = "circle.network.dnn.e0-e1-e2-change-result.csv"
    network, data = networks.as_pruned("circle", folder)
    start = Stages(network, data.pruning, ErrorFunction("sigmoid")).total()

    def add(table, what=start):
        table[:, 0] += what

    rewrite(folder, name, add)
    found = {line.what: line for line in compare("circle", folder)}
    assert found["per-neuron gt, all units there"].agrees
    rewrite(folder, name, lambda table: add(table, start / 3))
    assert not next(line for line in compare("circle", folder) if line.what.startswith("per-neuron gt")).agrees


def test_results_of_another_network_are_refused(folder):
    file = folder / "authors" / "results" / "circle.network.dnn.ranking-result.csv"
    file.write_text("".join(f"{k},{k},{k}\n" for k in range(11, 18)))
    with pytest.raises(recorded.RecordedFormatError, match="another network's"):
        list(compare("circle", folder))


def test_the_command_fails_where_anything_differs_and_where_nothing_was_compared(folder, capsys, monkeypatch):
    def run(*arguments):
        return in_process(capsys, monkeypatch, "study.authors", *arguments, "--data", folder)

    monkeypatch.setenv("STUDY_OFFLINE", "1")
    monkeypatch.setenv("COLUMNS", "200")
    done = run("circle")
    assert done.code == 0, done
    assert "curve g1, iterative (no cap)" in done.out
    done = run("circle", "diamond")
    assert done.code == 1
    assert "not compared diamond" in done.out
    assert run().code == 0  # of all, those that can be had
    (folder / "authors" / "results" / "mod.circle.network.g1.gain.vals.csv").unlink()
    done = run("circle")
    assert done.code == 0
    assert "not compared error surfaces, g1: there is no such file" in done.out

    def other(table):
        table[3, 1] *= 1.01

    rewrite(folder, "circle.network.dnn.accuracy-dropoff-comparison.csv", other)
    assert run("circle").code == 1
    for file in (folder / "authors" / "results").iterdir():
        file.unlink()
    for arguments in (["circle"], []):
        done = run(*arguments)
        assert done.code == 1
        assert "Nothing was compared" in done.out
        assert "circle.network.dnn.ranking-result.csv" in done.out


def test_every_network_of_theirs_has_a_name_and_the_results_that_they_left():
    there = {name for kind, name in files.manifest() if kind == "results"}
    for name, kind in networks.ARTEFACTS.items():
        assert f"{kind.results[0]}.dnn.ranking-result.csv" in there, name
        assert {f"{model}.dnn" for model in kind.models} & {model for of, model in files.manifest() if of == "models"}
    assert networks.artefact("mnist_2x50").results == ("mnist-deep",)
    assert networks.artefact("xor_2x50").models == ("mod.xor.big.network", "xor.big.network")


def test_other_draws_are_not_held_to_the_same_order():
    assert Line("x", 1, 0.1, 0.25, displaced=3, tied=0, sampled=True).agrees
    assert not Line("x", 1, 0.1, 0.25, displaced=3, tied=0).agrees
    assert not Line("x", 1, 0.3, 0.25, sampled=True).agrees
    assert Line("x", 1, 9.0, None).agrees  # not judged


def test_the_command_says_what_is_missing_and_where_to_put_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("STUDY_OFFLINE", "1")
    monkeypatch.setattr(networks._sources, "project_root", lambda: tmp_path / "checkout")
    done = in_process(capsys, monkeypatch, "study.authors", "xor", "--data", tmp_path)
    assert done.code == 1
    assert "not compared xor" in done.out
    assert "xor.network.dnn" in done.out
    assert str(tmp_path)[:20] in done.out
    done = in_process(capsys, monkeypatch, "study.authors", "cube")
    assert done.code == 2
    assert "unknown stored network 'cube'; known: mnist_1x100" in done.said


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
    for of, printed in points.groupby("method"):
        criterion = METHODS[criteria[of]]
        known = CURVES.get((network.digest(), data.digest, criterion, ranking))
        errors = pruned(network, data, criterion, ranking, 0)[0] if known is None else known
        errors = errors[printed["removed"]]
        last_digit = 10.0 ** (np.floor(np.log10(errors)) - 3)
        assert (np.abs(errors - printed["squared_error"]) <= 0.51 * last_digit).all()
