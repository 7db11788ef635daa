"""Somebody's own method, data set and network, from a file outside the project, by `_target_`."""

import textwrap

import pytest
from hydra import compose

from study import load_dataset
from study.cells.cell import compute, origin, prepare
from study.cells.tags import cell_tags
from study.common.errors import StudyError
from study.config.plan import plan
from study.config.population import composer
from tests.hostile.commands import in_process, process, refused

MINE = """
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import nn

from study.data import Dataset, Split, one_hot
from study.methods import Method, Scores
from study.protocols.base import Evaluate, Protocol, Remove, Score


@dataclass(frozen=True)
class Largest(Method):
    version: ClassVar[int] = 1
    power: float = 2.0

    def scores(self, view):
        incoming = [w.abs().pow(self.power).sum(1) for w in view.stages.network.weights[:-1]]
        return Scores(-view.of_units(incoming))


class Bare(Method):
    def __init__(self, power=2.0):
        pass

    def scores(self, view):
        return None


def stripes(seed=0, width: int = 3, rows: int = 60):
    drawn = torch.rand(rows, 2, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    labels = (drawn[:, 0] * width).long() % 2
    split = Split(drawn, one_hot(labels, 2), labels)
    return Dataset("stripes", "classification", 2, "softmax", {n: split for n in ("training", "pruning", "held_out")})


def build(features, outputs, seed, width: int = 5):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(features, width), nn.Tanh(), nn.Linear(width, outputs), nn.Softmax(1))


def forgetful(features, outputs):
    return nn.Sequential(nn.Linear(features, 3), nn.Tanh(), nn.Linear(3, outputs), nn.Softmax(1))


@dataclass(frozen=True)
class Halves(Protocol):
    trains: ClassVar[bool] = False

    def events(self, state, ranking):
        yield Score()
        yield Evaluate(round=0)
        while state.left:
            yield Remove(-(-state.left // 2))
            yield Evaluate(round=state.removed)


def broken(seed):
    raise ValueError("no disk")


answer = 42
"""
SHORT = ("training.epochs=2", "training.polish=0", "record.truth_every=3", "run.figures_for=[]")
OWN = ("method._target_=mine_own.Largest", "dataset._target_=mine_own.stripes", "network._target_=mine_own.build")


@pytest.fixture(autouse=True)
def mine(tmp_path, monkeypatch):
    """A file in the working folder, found by its name."""
    (tmp_path / "mine_own.py").write_text(textwrap.dedent(MINE))
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def planned(*overrides):
    with composer():
        return plan(compose("config", overrides=[*SHORT, *overrides]))


def test_a_cell_of_ones_own_method_data_and_network_runs_from_the_command_line(mine, capsys, monkeypatch):
    typed = (*OWN, *SHORT, "paths.outputs=out", "+method.params.power=1", "+network.params.width=4")
    done = in_process(capsys, monkeypatch, "study", *typed)
    assert done.code == 0, done.said
    assert "2-4-2" in done.out
    again = in_process(capsys, monkeypatch, "study", *typed)
    assert "finished before" in again.err, again.said


def test_a_folder_of_ones_own_configurations_is_a_choice(mine, capsys, monkeypatch):
    for group, text in {
        "method": "_target_: mine_own.Largest\nparams: {power: 3}",
        "dataset": "_target_: mine_own.stripes\nparams: {width: 2}",
        "network": "_target_: mine_own.build",
        "training": "epochs: 2",
    }.items():
        (mine / "conf" / group).mkdir(parents=True)
        (mine / "conf" / group / "mine.yaml").write_text(text)
    typed = ("--config-dir", "conf", "method=mine", "dataset=mine", "network=mine", "tracking=none")
    done = in_process(capsys, monkeypatch, "study", *typed, "training.epochs=1")
    assert done.code == 0, done.said
    assert "mine_own.stripes" in done.out
    refused(in_process(capsys, monkeypatch, "study", *typed, "method.params.powr=1"), r"did you mean power\?", (2,))
    refused(in_process(capsys, monkeypatch, "study", "--config-dir", "conf", "method=mone"), "did you mean mine", (2,))
    assert "mine, obs" in in_process(capsys, monkeypatch, "study", "--config-dir", "conf", "--help").out


def test_an_experiment_of_ones_own_changes_no_named_population(mine, capsys, monkeypatch):
    (mine / "conf" / "experiment").mkdir(parents=True)
    (mine / "conf" / "experiment" / "odd.yaml").write_text("# @package _global_\nnetwork: {hidden: [7]}")
    typed = ("--config-dir", "conf", "population=digits_1x100", "experiment=odd", "tracking=none")
    done = in_process(capsys, monkeypatch, "study", *typed)
    refused(done, r"population=digits_1x100 fixes its network; changed: network\.hidden=\[7\]", (2,))


def test_its_key_holds_its_name_parameters_and_version(monkeypatch):
    def key(*overrides):
        return prepare(planned("dataset=digits", "network=mlp_5", *overrides)).key

    import mine_own

    first = key(OWN[0])
    assert planned(OWN[0]).method_label == "mine_own.Largest"
    assert planned(OWN[0], "+method.params.power=3").method_label == "mine_own.Largest[power=3.0]"
    assert first == key(OWN[0], "+method.params.power=2") != key(OWN[0], "+method.params.power=3")
    assert first != key("method=magnitude")
    monkeypatch.setattr(mine_own.Largest, "version", 2)
    assert key(OWN[0]) != first


def test_a_network_of_ones_own_is_trained_or_taken_as_it_is(tmp_path):
    trained, taken = (prepare(planned(*OWN, *more)) for more in ((), ("network.trained=true",)))
    assert trained.network_key != taken.network_key
    assert trained.plan.hidden == (5,)
    assert trained.plan.activation == "tanh"
    assert trained.plan.output == "softmax"
    assert cell_tags(trained)["network"] == "2-5-2"
    assert cell_tags(trained)["variant"].startswith("network=mine_own.build")
    assert prepare(planned(*OWN, "seed=1")).network_key != trained.network_key
    assert prepare(planned(*OWN, "+network.params.width=6")).plan.hidden == (6,)
    assert prepare(planned(*OWN, "training.epochs=3")).network_key != trained.network_key
    start = trained.start
    done = compute(trained, tmp_path)
    assert done.trained.key == trained.network_key
    assert done.trained.network.digest() != start.digest()
    assert compute(taken, tmp_path).trained.network.digest() == start.digest()


def test_rewinding_begins_with_the_network_that_was_built():
    cell = prepare(planned(*OWN, "protocol=rounds", "protocol.rewind=1"))
    assert origin(cell).start.digest() == cell.start.digest()
    assert origin(prepare(planned(*OWN, "protocol=rounds", "network.trained=true"))) is None


def test_a_protocol_of_ones_own_has_a_name_of_its_own():
    cell = prepare(planned("dataset=digits", "network=mlp_5", "protocol._target_=mine_own.Halves"))
    assert cell.plan.condition.protocol == "mine_own.Halves"
    assert cell.key != prepare(planned("dataset=digits", "network=mlp_5")).key


@pytest.mark.slow
def test_a_launcher_s_workers_find_it(mine, monkeypatch):
    typed = (*OWN, *SHORT, "seed=0,1", "paths.outputs=out", "hydra/launcher=joblib", "hydra.launcher.n_jobs=2")
    done = process("study", "-m", *typed, folder=mine)
    assert done.code == 0, done.said
    assert "mine_own.Largest" in done.said


def test_data_of_ones_own_are_loaded_by_name():
    assert load_dataset("mine_own.stripes", seed=3, width=4).name == "stripes"
    assert load_dataset("mine_own.stripes", seed=3).digest != load_dataset("mine_own.stripes", seed=4).digest


@pytest.mark.filterwarnings("ignore:the module ends in a softmax")
@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["method._target_=mine_own.Larges"], r"no class or function of mine_own; did you mean Largest"),
        (["method._target_=mine_owm.Largest"], r"no module 'mine_owm', neither installed nor in .*: go to its folder"),
        (["method._target_=Largest"], "is named with its module"),
        (["method._target_=mine_own.answer"], "no class or function"),
        (["method._target_=mine_own.build"], "a subclass of study.methods.Method is needed"),
        (["method._target_=mine_own.Bare"], r"power would be missing in its key; .*@dataclass"),
        (
            [OWN[0], "+method.params.powr=2"],
            r"method.params.powr: mine_own.Largest has no parameter powr; did you mean",
        ),
        ([OWN[0], "+method.params.power=much"], r"method.params.*much"),
        (["dataset._target_=mine_own.build"], "dataset.params.features is not set: mine_own.build needs it"),
        (["dataset._target_=mine_own.broken"], "mine_own.broken failed: .*no disk"),
        (["network._target_=mine_own.forgetful"], r"other weights each time: begin it with torch\.manual_seed"),
        (["network._target_=mine_own.Largest"], "returned a Largest: a network or torch module"),
        (["network._target_=mine_own.build", "+network.params.wide=3"], "has no parameter wide; .*width"),
        (["+network.params.width=3"], "go with network._target_"),
        (["network.hidden=[]"], r"network.hidden is empty: write the sizes"),
        (["network=authors_circle", "network._target_=mine_own.build"], "goes without network.stored=circle"),
    ],
)
def test_what_cannot_be_is_refused_in_words(overrides, told):
    with pytest.raises(StudyError, match=told):
        prepare(planned(*overrides))
