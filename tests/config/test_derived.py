"""Configurations without a file: networks of any sizes, populations made of a base and variants."""

import pytest
from hydra import compose
from hydra.errors import HydraException
from omegaconf import OmegaConf

from study.common import paths as places
from study.config import derived, population
from study.config.plan import plan
from study.config.population import check_population, composer


def composed(*overrides):
    with composer():
        return compose("config", overrides=list(overrides))


@pytest.mark.parametrize(("name", "hidden"), [("mlp_64", (64,)), ("mlp_3_20_7", (3, 20, 7)), ("mlp_100", (100,))])
def test_a_network_of_any_sizes_is_named_by_them(name, hidden):
    assert plan(composed(f"network={name}")).hidden == hidden


@pytest.mark.parametrize("name", ["mlp", "mlp_", "mlp_0", "mlp_05", "mlp_5x", "mlp_5_", "MLP_5", "other/mlp_5"])
def test_another_name_is_no_network(name):
    with pytest.raises(HydraException, match="Could not find"):
        composed(f"network={name}")


def test_variants_are_joined_in_the_order_of_the_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("# @package _global_\n# @variants a|b,c\npopulation: {name: mine}\n")
    assert derived.variants_of(file) == [("c",), ("a",), ("a", "c"), ("b",), ("b", "c")]
    file.write_text("population: {name: mine}  # @variants a\n")
    assert derived.variants_of(file) == []


def test_a_variant_is_its_base_with_what_the_variant_changes():
    base, both = (
        composed("population=one_vs_all_1"),
        composed("population=one_vs_all_1_untrained_hidden_sigmoid_outputs"),
    )
    changed = {
        "population": {"name": "one_vs_all_1_untrained_hidden_sigmoid_outputs", "band": None},
        "training": {"untrained_hidden": True},
        "network": {"pruned_output": "sigmoid"},
    }
    assert both == OmegaConf.merge(base, changed)
    relu = composed("population=mnist_2x50_relu")
    assert relu.population.band == OmegaConf.merge(composed("population=mnist_2x50").population.band, {"low": 0.99})
    assert relu.network.activation == "relu"


def test_every_variant_has_a_file_and_every_file_a_population():
    named = {variant for _, chosen in derived.populations().values() for variant in chosen}
    assert named == {file.stem for file in (places.CONF / "variant").glob("*.yaml")}
    assert not set(derived.populations()) & {file.stem for file in (places.CONF / "population").glob("*.yaml")}


def test_a_population_with_which_nothing_else_was_typed_is_not_composed_again(monkeypatch):
    cfg = composed("population=digits_1x100")
    chosen = {"population": "digits_1x100"}
    job = OmegaConf.create(
        {"overrides": {"task": ["population=digits_1x100", "seed=3"]}, "runtime": {"choices": chosen}}
    )
    monkeypatch.setattr(population.HydraConfig, "initialized", lambda: True)
    monkeypatch.setattr(population.HydraConfig, "get", lambda: job)
    monkeypatch.setattr(population, "_stated", asked := [].append)
    with composer():
        check_population(cfg)
        for more in ("network=mlp_7", "network.hidden=[7]", "++training.epochs=3"):
            job.overrides.task = ["population=digits_1x100", more]
            with pytest.raises((AttributeError, TypeError)):  # it was asked for: what the stand-in gives is nothing
                check_population(cfg)
    assert asked.__self__ == ["digits_1x100"] * 3
