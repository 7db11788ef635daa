"""A reader's criterion: what may be given, what is refused, and that its scores reach the units that they are of."""

import sys

import numpy as np
import pytest
import torch

from study.benchmark import as_module
from study.benchmark.criterion import UserCriterion, found, per_layer, untouched
from study.common.errors import StudyError
from study.data import load_dataset
from study.impact import Stages
from study.impact.stages import replacement
from study.methods import View, method
from study.networks import ErrorFunction
from study.trajectories.trajectory import prune
from tests import cases
from tests.benchmark.made import DATA

NET = cases.network((5, 4), 3)


def view_of(net, gains=None):
    stages = Stages(net, DATA.pruning, ErrorFunction(net.output), gains)
    return View(stages, cases.units(net, gains), replacement("zero", stages))


def asked(function, net=NET):
    return UserCriterion(function, DATA, "mine").scores(view_of(net))


FLAT = [float(k) for k in range(9)]
TAKEN = {
    "a list of numbers": FLAT,
    "an array": np.array(FLAT, dtype=np.float32),
    "a tensor with a gradient": torch.tensor(FLAT, requires_grad=True),
    "a list of arrays": [np.arange(5), np.arange(5, 9)],
    "a list of tensors": [torch.arange(5), torch.arange(5, 9)],
    "a list of lists": [FLAT[:5], FLAT[5:]],
}


@pytest.mark.parametrize("answer", TAKEN.values(), ids=TAKEN)
def test_every_kind_of_answer_means_the_same(answer):
    scores = asked(lambda *_: answer)
    assert scores.score.tolist() == FLAT
    assert scores.estimate is None
    both = asked(lambda *_: (answer, [-x for x in FLAT]))
    assert both.score.tolist() == FLAT
    assert both.estimate.tolist() == [-x for x in FLAT]


REFUSED = {
    "too few": (FLAT[:8], r"shape \(8,\); needed are 9 numbers \(5 \+ 4 units\)"),
    "too many": ([*FLAT, 1.0], r"shape \(10,\)"),
    "a number": (3.0, r"shape \(\)"),
    "nothing": (None, "numbers are needed, got NoneType"),
    "a matrix": (np.zeros((9, 1)), r"shape \(9, 1\)"),
    "words": (["a"] * 9, "numbers are needed, got str"),
    "a dictionary": ({"scores": FLAT}, "numbers are needed, got dict"),
    "complex numbers": (np.zeros(9, complex), "numbers are needed"),
    "ragged rows": ([[1.0, 2.0], 3.0], "needed are 9 numbers"),
    "layers the wrong way round": ([FLAT[5:], FLAT[:5]], r"\(4,\), \(5,\).*one array a layer"),
    "a layer missing": ([np.zeros(9)], "one array a layer"),
    "NaN": ([*FLAT[:8], float("nan")], "number 8 is nan; every unit needs a finite number"),
    "infinity": ([float("inf"), *FLAT[1:]], "number 0 is inf"),
    "layers in a tuple": ((np.zeros(5), np.zeros(4)), "a tuple means .*one array a layer goes into a list"),
    "three things": ((FLAT, FLAT, FLAT), "tuple of 3"),
    "a wrong estimate": ((FLAT, FLAT[:3]), "estimates have the shape"),
}


@pytest.mark.parametrize(("answer", "told"), REFUSED.values(), ids=REFUSED)
def test_what_does_not_fit_is_refused_by_name(answer, told):
    with pytest.raises(StudyError, match=told) as caught:
        asked(lambda *_: answer)
    assert "mine on the 3-5-4-3 network of made" in str(caught.value)
    assert "filters" not in str(caught.value)


def test_what_a_criterion_raises_is_said_in_its_words():
    with pytest.raises(StudyError, match=r"mine on .* failed: ZeroDivisionError: division by zero.*STUDY_TRACEBACK=1"):
        asked(lambda *_: 1 / 0)
    with pytest.raises(StudyError, match=r"failed: TypeError: .*positional"):
        asked(lambda _: FLAT)


def test_a_criterion_cannot_harm_the_network():
    def vandal(network, data):
        for w in network.weights:
            w.zero_()
        return FLAT

    view = view_of(NET)
    before = view.stages.network.digest()
    UserCriterion(vandal, DATA, "mine").scores(view)
    assert view.stages.network.digest() == before


def test_changed_data_are_noticed():
    data = cases.dataset()
    untouched(data, "mine")
    data.pruning.inputs[0, 0] += 1
    with pytest.raises(StudyError, match="mine has changed the data of made in place"):
        untouched(data, "mine")


def norm(network, data):
    return [w.norm(dim=0) for w in network.weights[1:]]


@pytest.mark.parametrize("ranking", ["iterative", "single_overall"])
def test_a_criterion_prunes_as_the_method_that_it_is_written_after(ranking):
    net = cases.network((6, 5), 3, seed=3)
    mine = prune(net, DATA, UserCriterion(norm, DATA, "norm"), ranking)
    theirs = prune(net, DATA, "magnitude", ranking)
    columns = ["layer", "unit", "score"]
    assert mine.tables["events"][columns].equals(theirs.tables["events"][columns])


def test_scores_reach_their_units_where_rows_have_moved():
    stages = Stages(NET, DATA.pruning, ErrorFunction(NET.output))
    stages.remove(0, 1, cases.instead(0.0))
    gains = [torch.ones(5), torch.ones(4)]
    gains[0][1] = 0
    view = View(stages, cases.units(NET, gains), replacement("zero", stages))
    assert (
        UserCriterion(norm, DATA, "norm").scores(view).score.tolist() == method("magnitude").scores(view).score.tolist()
    )


@pytest.mark.parametrize("gains", [[[1, 1, 0, 1, 1], [1, 1, 1, 1]], [[1] * 5, [0] * 4]])
def test_as_module_computes_what_the_network_computes(gains):
    small = NET.compact([torch.tensor(g, dtype=torch.float64) for g in gains])
    assert torch.allclose(as_module(small)(DATA.pruning.inputs), small(DATA.pruning.inputs), rtol=1e-14, atol=1e-15)


def test_flat_numbers_are_split_by_layer():
    assert [v.tolist() for v in per_layer(range(3), (2, 1), "scores")] == [[0.0, 1.0], [2.0]]
    assert [v.tolist() for v in per_layer([np.zeros(0), np.ones(2)], (0, 2), "scores")] == [[], [1.0, 1.0]]


MODULE = "import math\nlimit = 3\nclass Norm:\n    def __call__(self, network, data):\n        return 0\n"
NOT_FOUND = {
    "mine": "named as module:function, as in my_module:my_criterion; the study's own are brute_force",
    "nowhere_to_be:found": "no module 'nowhere_to_be'.*path/to/my_module.py",
    "nowhere.py:criterion": "no file 'nowhere.py'",
    "mine_there:norm": "mine_there has no 'norm'; it has Norm",
    "mine_there:limit": "is a int: a function",
    "mine_there.py:norm": "has no 'norm'",
    "mine_broken:norm": "'mine_broken' cannot be imported: SyntaxError",
    "mine_broken.py:norm": "mine_broken.py cannot be imported",
    "mine_needy:norm": "'mine_needy' cannot be imported: ModuleNotFoundError: No module named 'no_such_thing'",
    "mine_quitting:norm": "'mine_quitting' cannot be imported: SystemExit",
    ":": "no module|Empty module",
    "mine_there:": "has no ''",
}


@pytest.mark.parametrize(("text", "told"), NOT_FOUND.items())
def test_a_criterion_that_cannot_be_found_says_what_there_is(text, told, tmp_path, monkeypatch):
    files = {
        "mine_there": MODULE,
        "mine_broken": "def f(:",
        "mine_needy": "import no_such_thing",
        "mine_quitting": "raise SystemExit(3)",
    }
    for name, content in files.items():
        (tmp_path / f"{name}.py").write_text(content)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(StudyError, match=told):
        found(text)


def test_a_criterion_is_found_by_module_by_file_and_among_the_methods(tmp_path, monkeypatch):
    (tmp_path / "mine_here.py").write_text("def norm(network, data):\n    return 'called'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert found("mine_here:norm")(None, None) == "called"
    assert found(f"{tmp_path}/mine_here.py:norm")(None, None) == "called"
    assert found("taylor2_exact") == "taylor2_exact"


def test_data_that_are_shared_are_as_they_were():
    untouched(load_dataset("digits"), "nobody")
