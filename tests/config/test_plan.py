"""Composition: every group's every choice, populations as they are stated, and what a typo gets."""

import dataclasses
import pickle

import pytest
from hydra import compose
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from study.common import targets
from study.common.errors import StudyError
from study.common.paths import CONF
from study.config import plan as config
from study.config.known import groups
from study.config.overrides import _added, check_overrides
from study.config.plan import plan
from study.config.population import check_population, composer
from study.data import names as datasets
from study.data._derived import Derived
from study.methods import names as methods

TARGETED = ("method", "dataset", "protocol")
GROUPS = ("dataset", "network", "training", "population", "method", "ranking", "removal", "selection", "protocol")


def composed(*overrides):
    with composer():
        return compose("config", overrides=list(overrides))


@pytest.mark.parametrize("choice", [f"{g}={name}" for g in GROUPS for name in groups()[g]])
def test_every_choice_of_every_group_composes_into_a_plan(choice):
    cfg = composed(choice)
    check_population(cfg)
    planned = plan(cfg)
    group, name = choice.split("=")
    if group in ("ranking", "removal"):
        assert getattr(planned.settings, group) == name
    if group == "protocol":
        assert planned.settings.protocol.name == name
    if group == "population":
        assert planned.population == name


def test_every_data_set_and_method_has_its_file():
    assert {p.stem for p in (CONF / "dataset").glob("*.yaml")} == set(datasets())
    assert {p.stem for p in (CONF / "method").glob("*.yaml")} == set(methods())
    assert {p.stem for p in (CONF / "training").glob("*.yaml")} >= set(datasets())


@pytest.mark.parametrize("file", [p for g in TARGETED for p in sorted((CONF / g).glob("*.yaml"))], ids=lambda p: p.stem)
def test_a_file_states_the_parameters_of_its_class_or_function_with_their_defaults(file):
    node = OmegaConf.to_container(OmegaConf.load(file))
    target, _ = node.pop("_target_"), node.pop("defaults", None)
    assert targets.short(target) == file.stem
    stated = node if file.parent.name == "protocol" else node.get("params", {})
    added = vars(Derived()) if "# @takes" in file.read_text(encoding="utf-8") else {}
    known = targets.parameters(targets.found(target, file.stem), but=("seed", "folder", *added))
    assert stated == {name: default for name, (_, default) in known.items()}


@pytest.mark.parametrize("name", datasets())
def test_a_file_names_the_parameters_that_are_added(name):
    known = targets.parameters(targets.found(f"study.data.{name}.load", name))
    assert _added("dataset", name) == [key for key in vars(Derived()) if key in known]


def test_a_parameter_is_added_with_a_plus():
    check_overrides(["dataset=mnist", "+dataset.params.half=a,b", "++dataset.params.rows=100"])
    with pytest.raises(StudyError, match=r"write \+dataset.params.half=a, with a plus"):
        check_overrides(["dataset.params.half=a"])
    with pytest.raises(StudyError, match="digits has no parameter halves; did you mean half"):
        check_overrides(["+dataset.params.halves=a"])


def test_a_free_combination_takes_the_recipe_of_its_data_set():
    assert composed("dataset=diamond").training == composed("population=diamond_2x50").training
    assert composed("dataset=digits").training != composed("dataset=diamond").training


def test_the_populations_are_those_of_the_study():
    expected = """mnist_1x100 mnist_2x50 cosine_2x10 cosine_2x50 cosine_wave_2x50 one_vs_all_0 one_vs_all_1 one_vs_all_2
        diamond_2x50 random_shape_2x50 circle_2x50 double_shape_2x50 digits_1x100 digits_2x50 mnist_full_1x100
        mnist20x20_resampled free"""
    assert set(groups()["population"]) >= set(expected.split())


@pytest.mark.parametrize("population", ["mnist_1x100", "digits_2x50"])
def test_bands_are_those_that_were_registered(population):
    assert OmegaConf.to_container(composed(f"population={population}").population.band) == {
        "metric": "accuracy",
        "split": "pruning",
        "low": 0.995,
        "high": None,
    }


@pytest.mark.parametrize(
    ("override", "told"),
    [
        ("sead=3", "sead"),
        ("method.params.draw=1", "draw"),
        ("seed=abc", "abc"),
        ("ranking=iterativ", "iterativ"),
        ("training.optimiser=adam", "optimiser"),
        ("record.truth_every=often", "often"),
    ],
)
def test_a_mistyped_key_or_value_fails_at_composition_and_is_named(override, told):
    with pytest.raises((HydraException, OmegaConfBaseException), match=told):
        composed(override)


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["method=random", "method.params.draw=abc"], r"method.params.*abc.*parameters: draw"),
        (["dataset=mnist_one_vs_all", "dataset.params.digit=seven"], r"dataset.params.*seven"),
        (["method=taylor2", "method.params.threshold=max"], r"threshold='max'; possible: none, mean, median"),
        (["seed=-1"], r"seed=-1: 0 or more"),
        (["record.truth_every=0"], "truth_every=0"),
        (["run.device=tpu"], "device=tpu: possible are cpu, cuda"),
        (["run.device=cuda:99"], "device=cuda:99: PyTorch sees"),
        (["error=absolute"], "absolute"),
        (["ranking.every=0"], "every=0"),
        (["ranking=single_overall", "ranking.every=5"], "every=5 goes with ranking iterative"),
    ],
)
def test_an_impossible_value_is_refused_with_what_is_possible(overrides, told):
    with pytest.raises(StudyError, match=told):
        plan(composed(*overrides))


def test_a_named_population_cannot_be_changed_in_silence():
    with pytest.raises(StudyError, match=r"fixes its training; changed: training.epochs=3"):
        check_population(composed("population=digits_1x100", "training.epochs=3"))
    with pytest.raises(StudyError, match=r"fixes its network"):
        check_population(composed("population=digits_1x100", "network=mlp_50"))


def test_seed_0_is_a_seed():
    assert plan(composed("seed=0")).seed == 0
    listed = composed("seed=0", "record.surfaces_every=7", "record.surfaces_for=[0]")
    assert plan(listed).settings.surfaces_every == 7
    listed.seed = 1
    assert plan(listed).settings.surfaces_every == 0


@pytest.mark.parametrize("schema", [c for c in vars(config).values() if dataclasses.is_dataclass(c)])
def test_a_schema_is_sent_to_a_worker_by_its_name(schema):
    # Older versions of cloudpickle, as the extra `ray` needs one, lose the fields of a class that they send whole.
    assert pickle.loads(pickle.dumps(schema)) is schema
