"""Slips: what is typed or written almost right is answered in one sentence with what was meant, never in bare words."""

from __future__ import annotations

import re
import shlex
import shutil

import numpy as np
import pytest
import torch

from study import load_dataset, prune, train
from study.common import paths as places
from study.common.errors import StudyError, said
from study.config import derived, known, mistakes, overrides
from study.data import Dataset, one_hot
from study.methods.base import method_class
from study.protocols.retrain import Retrain
from study.pruning.settings import Selection, Settings
from study.training.recipe import Recipe
from study.training.recipes import read_recipe
from tests import cases
from tests.hostile.commands import in_process, refused

BARE = re.compile(
    r"Traceback|\b[A-Z]\w*(Error|Exception)\b|object_type|full_key|STUDY_TRACEBACK|omegaconf|<class|NoneType|DictConfig|"
    r"mismatched input|no viable|<EOF>|MISSING|Could not override|To append|Error executing job"
)
"""Words of Python's, Hydra's and OmegaConf's, which say nothing to who typed."""
GROUPS = ("dataset", "network", "training", "population", "method", "ranking", "removal", "selection", "protocol")

TYPED = {
    # what was meant
    "sead=3": r"sead=3: unknown key sead; did you mean seed=3\? there are",
    "+sead=3": r"did you mean seed=3\?",
    "++sead=3": r"did you mean seed=3\?",
    "epochs=3": r"did you mean (protocol|training)\.epochs=3 or (protocol|training)\.epochs=3\?",
    "optimizer=adam": r"did you mean training\.optimizer=adam\?",
    "metod=taylor2": r"did you mean method=taylor2\?",
    "record.truth_evry=2": r"did you mean record\.truth_every=2\?",
    "network=mlp_10o": r"did you mean mlp_10",
    "population=mnist_1x10": r"did you mean mnist_1x100 .*\d+ more, which `python -m study --help` lists$",
    "-m experiment=smokk": r"experiment=smokk: there is none of that name; did you mean smoke",
    "-m +sweep=smokk": r"named sweeps are experiments; write experiment=NAME \(did you mean smoke\?",
    "-m +sweep=smoke": r"named sweeps are experiments; write experiment=smoke",
    "method=taylor3": r"did you mean taylor",
    "+seed=3": r"seed is there already; write seed=3, without the plus",
    "sweep=smoke": r"write experiment=smoke",
    "+experiment=smoke": r"write experiment=smoke",
    "+method=taylor2": r"write method=taylor2",
    # parameters of what is chosen, or is chosen by default
    "method=taylor2 method.params.treshold=mean": r"method=taylor2 has no parameter treshold; did you mean threshold\?",
    "method.params.threshold=mean": r"method=brute_force has no parameter threshold; it has none",
    "method=ladder/taylor1_v1 method.params.past=1": r"has no parameter past; .*known: passed_back",
    "-m method=taylor1,taylor2 method.params.treshold=1": r"method=taylor1 has no parameter treshold",
    "-m method=taylor2,taylor1 method.params.treshold=1": r"method=taylor2 has no parameter treshold; did you mean thr",
    "population=digits_1x100 method.params.draw=1": r"it has none, and is the default: choose another",
    "protocol.evry=1": r"protocol=no_retrain has no parameter evry; it has none, and is the default",
    "protocol=retrain protocol.evry=1": r"protocol=retrain has no parameter evry; did you mean every\?",
    "method._target_=tests.cases.Mine method.params.alpha=3": r"write \+method\.params\.alpha=3, with a plus",
    "method._target_=nowhere.Mine": "no module .nowhere., neither installed nor in",
    "population=mnist_1x100 dataset.params.digit=3": r"is no parameter of the dataset that is chosen",
    "dataset.params={a:1}": r"set by dataset\.params\.NAME=VALUE",
    # no cell
    "-m seed=range(0,0)": r"seed=range\(0,0\): .* holds no value",
    "-m seed=range(3,1)": r"holds no value",
    # no choices
    **{f"{group}=schema": "there is none of that name" for group in GROUPS},
    "profile=smoke": r"write -m \+profile=smoke, or make reproduce PROFILE=smoke",
    "+profile=smoke": r"add -m",
    "-m +profile=smoke,paper": "one profile goes at a time",
    "-m +profile=smoke +profile=paper": "one profile goes at a time",
    "-m +profile=smoke seed=5": r"no cell of the profile smoke has seed=5; its values of seed are 0, 1, 2: choose",
    "-m +profile=smoke method=nothing": "method=nothing: there is none of that name",
    "-m +profile=smoke method=taylor1,nothing": "no cell of the profile smoke has method=nothing; its values of method",
    "-m +profile=smoke population=mnist_1x100 run.force=true method=random": (
        "no cell of the profile smoke has all of population=mnist_1x100 method=random: leave one of them out"
    ),
    # sweeper and launcher
    **{
        f"-m seed=0,1 hydra.launcher.jobs={jobs}": f"jobs={jobs}: write the number of processes, 1 or more, or -1"
        for jobs in ("0", "-3", "few", "1.5")
    },
    "-m seed=0,1 hydra.launcher.n_jobs=2": r"n_jobs is a setting of hydra/launcher=joblib: type that beside it",
    "-m seed=0,1 hydra/launcher=joblib hydra.launcher.jobs=2": "jobs is a setting of hydra/launcher=pool",
    "-m seed=0,1 hydra.launcher.workers=2": "no hydra/launcher has such a setting; there are .*pool: jobs, log",
    "-m seed=0,1 hydra.sweeper.max_batch_size=0": "max_batch_size=0: 1 or more",
    "-m seed=0,1 hydra.sweeper.max_batch_size=all": "max_batch_size='all': a whole number is needed",
    "-m seed=0,1 hydra.sweeper.check=3": r"hydra\.sweeper\.check=3: write true or false",
    "-m seed=0,1 hydra.sweeper.offline=maybe": r"hydra\.sweeper\.offline=maybe: write true or false",
    "-m seed=0,1 hydra.nothing.x=2": r"unknown key hydra\.nothing\.x: leave it out",
    "-m seed=0,1 hydra.launcher.log=/proc/nowhere/x": r"/proc/nowhere/x cannot be written .*hydra\.launcher\.log=FILE",
    "-m +profile=smokk": r"profile=smokk: there is none of that name; did you mean smoke",
    "population=../experiment/smoke": r"a choice is a file in conf/population/",
    "-m population=free,../sweep/smoke": r"a choice is a file in conf/population/",
    "method=/etc/passwd": r"a choice is a file in conf/method/",
    **{f"{group}=null": "a choice is named" for group in GROUPS},
    "method=[]": "a choice is named",
    "method={}": "a choice is named",
    "method=": "a choice is named",
    "hydra/launcher=null": "a name is needed",
    # populations are files
    "+population.band.low=1": "conf/population/",
    "population.band={}": "conf/population/",
    "population.name=mine": "conf/population/",
    # values of another type
    "seed=abc": "seed=abc: a whole number is needed",
    "seed=1e3": "a whole number is needed",
    "seed={a:1}": "a whole number is needed",
    "seed=[]": "a whole number is needed",
    "seed=''": "a whole number is needed",
    "seed=null": "a whole number is needed",
    "seed.x=3": "unknown key seed.x",
    "run=null": "a mapping of device",
    "record=3": "a mapping of truth_every",
    "network.hidden=3": "a list of whole numbers is needed",
    "network.hidden=[1.5]": "a list of whole numbers is needed",
    "network.hidden=[1,null]": "a list of whole numbers is needed",
    "network.hidden=[[1]]": "a list of whole numbers is needed",
    "network.hidden=${seed}": "a list of whole numbers is needed",
    "network.hidden=[10000000000000]": "not enough memory",
    "record.pairs=perhaps": "true or false is needed",
    "training.learning_rate=null": "a number is needed",
    "training.epochs=1e2": "a whole number is needed",
    "method=taylor2 method.params=3": "a mapping of names to values",
    "dataset.params=[]": "a mapping of names to values",
    # references
    "seed=${x}": "seed refers to x, which is not there",
    "seed=${oc.env:NO_SUCH_VARIABLE}": "refers to",
    "seed=${study_root:}": "seed",
    # the grammar
    "=3": "cannot be read: write key=value",
    "seed": "cannot be read: write key=value",
    "seed=[": "cannot be read",
    "seed='range(0,x)'": r"seed='range\(0,5\)'",
    "seed=tag(a,3)": "cannot be read",
    "seed=${x": "cannot be read",
    "seed=1,2": "add -m",
    "seed='range(0,3)'": "add -m",
    "~seed": "nothing can be taken out",
    "~method": "nothing can be taken out",
    "~record.truth_every": "nothing can be taken out",
    "network@other=mlp_10": "without the @",
    "--config-name nowhere": "--config-name",
    # places
    "paths.outputs=''": "paths.outputs is empty",
    "paths.outputs=null": "a text is needed",
    "'paths.data=\"~nobody_of_that_name/data\"'": "that home is not known here",
    "tracking=local tracking.uri=''": "tracking.uri is empty",
}


@pytest.mark.parametrize("typed", TYPED)
def test_a_slip_is_answered_with_what_was_meant(typed, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = in_process(capsys, monkeypatch, "study", *shlex.split(typed), "tracking=none")
    refused(done, TYPED[typed], codes=(1,) if "memory" in TYPED[typed] else (2,))
    assert not BARE.search(done.said), done.said
    assert len(done.err) < 600, "a list scrolls the message away"


def test_the_help_offers_what_can_be_chosen_and_nothing_else(capsys, monkeypatch):
    done = in_process(capsys, monkeypatch, "study", "--help")
    assert done.code == 0
    offered = done.out.partition("== Settings")[0]
    assert "schema" not in offered
    assert "profile:" not in offered
    assert "ranking: iterative, single_overall" in offered
    assert "make reproduce PROFILE=" in done.out
    assert re.search(r"Profiles: authors, companions-smoke, filters, full, .*, smoke, weights, weights_full ", done.out)


WRITTEN = {
    "epochs: few": r"mine\.yaml, line 2: epochs has to be a whole number",
    "epochs: [": r"mine\.yaml, line 3, column 1: this is no YAML",
    "epochs: 3\n\ttabs: 1": r"mine\.yaml, line 3.*this is no YAML",
    "optimiser: adam": r"mine\.yaml, line 2: unknown key training\.optimiser; did you mean training\.optimizer",
    "epochs: null": r"mine\.yaml, line 2: epochs has to be a whole number",
}


@pytest.mark.parametrize("written", WRITTEN)
def test_a_slip_in_a_file_is_told_with_its_line(written, tmp_path, capsys, monkeypatch):
    conf = with_file(tmp_path, monkeypatch, f"# Mine.\n{written}\n")
    done = in_process(capsys, monkeypatch, "study", "tracking=none", "training=mine")
    refused(done, WRITTEN[written], codes=(2,))
    assert not BARE.search(done.said), done.said
    with pytest.raises(StudyError, match=r"mine\.yaml.*line \d|mine\.yaml: .*line \d"):
        read_recipe("mine", conf)


@pytest.mark.parametrize("content", [b"- 3\n", b"text\n", b"\xff\xfe\x00"])
def test_a_file_that_is_no_mapping_is_named(content, tmp_path, capsys, monkeypatch):
    with_file(tmp_path, monkeypatch, content)
    done = in_process(capsys, monkeypatch, "study", "tracking=none", "training=mine")
    refused(done, r"mine\.yaml", codes=(2,))
    assert not re.search(r"Traceback|STUDY_TRACEBACK", done.said), done.said


def with_file(folder, monkeypatch, content):
    """A copy of the configuration with a recipe of one's own, which commands then read."""
    conf = shutil.copytree(places.CONF, folder / "conf")
    (conf / "training" / "mine.yaml").write_bytes(content if isinstance(content, bytes) else content.encode())
    for module in (places, derived, known, mistakes, overrides):
        monkeypatch.setattr(module, "CONF", conf)
    return conf


NET, MADE = cases.network((5, 4), 3), cases.dataset()
ODD = (3, 2.5, "x", [], np.arange(3), torch.arange(3), object(), int, Selection)

CALLS = {
    "prune": (prune, {"network": NET, "data": MADE, "method": "random"}),
    "train": (train, {"network": "mlp_3", "data": MADE, "recipe": Recipe(epochs=1)}),
    "load_dataset": (load_dataset, {"name": "diamond"}),
    "Selection": (Selection, {}),
    "Retrain": (Retrain, {}),
    "Settings": (Settings, {}),
    "Recipe": (Recipe, {}),
    "one_hot": (one_hot, {"labels": MADE.training.labels}),
    "Dataset": (
        Dataset,
        {"name": "a", "task": "classification", "classes": 3, "output": "sigmoid", "splits": MADE.splits},
    ),
}
ARGUMENTS = {
    "prune": "network data method ranking every removal error selection protocol truth_every pairs hessian search seed "
    "device threads progress draw",
    "train": "network data seed recipe activation output progress",
    "load_dataset": "name seed folder",
    "Selection": "rows samples seed",
    "Retrain": "every epochs",
    "Settings": "surface_gain surface_step selection protocol",
    "Recipe": "optimizer learning_rate batch_size epochs polish target_accuracy precision untrained_hidden "
    "weight_decay",
    "one_hot": "classes",
    "Dataset": "task classes output splits",
}


@pytest.mark.parametrize(("call", "argument"), [(c, a) for c, found in ARGUMENTS.items() for a in found.split()])
def test_a_call_with_something_else_in_an_arguments_place_is_refused_in_words(call, argument):
    function, usual = CALLS[call]
    refusals = []
    for value in ODD:
        try:
            function(**{**usual, argument: value})
        except StudyError as error:
            refusals.append(str(error))
    assert len(refusals) >= 4
    assert not [words for words in refusals if re.search(r"<class|object at|\n", words)]


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: prune(NET, MADE, method_class("taylor2")), "the class Taylor2: make one of it"),
        (
            lambda: prune(NET, MADE, "taylor2", np.array(["iterative", "x"])),
            "ranking=a ndarray; possible: single_overall",
        ),
        (lambda: prune(None, MADE), "network"),
        (lambda: train("mlp_3", MADE, recipe=Recipe), "a Recipe is needed"),
        (lambda: prune(NET, MADE, selection=None), "selection"),
        (lambda: read_recipe("nothing_of_that_name"), "no recipe 'nothing_of_that_name'"),
        (lambda: read_recipe("digts"), r"did you mean digits\?"),
    ],
)
def test_the_words_say_what_is_needed(call, told):
    with pytest.raises(StudyError, match=told):
        call()


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        MemoryError("Unable to allocate 3 TiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 5 bytes"),
        RuntimeError("CUDA out of memory. Tried to allocate 20.00 GiB"),
    ],
)
def test_what_is_too_large_is_told_with_what_to_make_smaller(error):
    assert said(error).startswith("there is not enough memory for this: take a smaller network or fewer rows")


def test_a_missing_configuration_is_no_generic_recipe(tmp_path):
    with pytest.raises(StudyError, match="install the study whole, or run it from its checkout"):
        read_recipe("digits", tmp_path)
