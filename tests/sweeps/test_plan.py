"""Profiles and sweeps: which cells they hold, and what is left out where data are missing."""

from dataclasses import replace
from pathlib import Path

import pytest
from hydra import compose
from omegaconf import OmegaConf

from study.common.errors import StudyError
from study.common.paths import CONF
from study.config.plan import plan
from study.config.population import composer
from study.methods import names
from study.pruning.settings import Selection
from study.sweeps import missing_data
from study.sweeps import plan as plans
from study.sweeps.grid import Job
from study.sweeps.profile import experiment, profile
from study.sweeps.workers import Workers
from study.tracking.stores import located
from study.training.further import Further
from study.trajectories.trajectory import collect
from tests import cases


@pytest.mark.parametrize("name", [p.stem for p in sorted((CONF / "profile").glob("*.yaml"))])
def test_every_profile_lists_grids_that_compose(name):
    for grid in profile(name):
        assert grid.populations
        assert "seed" in grid.params


def test_the_confirmatory_profiles_start_at_seed_100():
    for name, lasts in (("paper", {110}), ("full", {110, 130, 150})):
        assert {s.params["seed"] for s in profile(name)} == {f"range(100,{last})" for last in lasts}


def test_a_profile_takes_the_grids_of_another_one_with_more_networks():
    few, many = profile("weights"), profile("weights_full")
    assert [grid.having({"seed": "range(100,130)"}) for grid in few] == many
    assert {grid.recorded_as for grid in many} == {"weights"}  # a cell of both is one cell


def test_the_sweep_of_methods_leaves_none_out():
    assert sorted(m for s in profile("methods") for m in s.params["method"].split(",")) == names()


@pytest.mark.slow
def test_every_method_can_score_the_networks_of_its_population():
    """What a method or an error refuses (truncated curvature under a softmax, say) must not be planned.

    It depends on the layer that the network is pruned with: one job stands for those of all populations with its layer.
    """
    sweeps = {name: profile(name) for name in ("paper", "full", "methods")}
    populations = missing_data.populations([sweep for of in sweeps.values() for sweep in of])
    layers = {
        name: cfg.network.pruned_output or cfg.network.output or ("softmax" if "one_vs_all" in name else "sigmoid")
        for name, cfg in populations.items()
    }

    def alike(job):
        values = (v for v in job.values if not v.startswith(("seed", "method.params.draw")))
        return layers[job.population], *(c for c in job.choices if not c.startswith("population=")), *values

    standing = {alike(job): job for of in sweeps.values() for sweep in of for job in sweep.jobs()}
    for (layer, *_), job in standing.items():
        chosen = plan(plans.composed(job))
        network = cases.network((3,), 2, output=layer)
        settings = replace(chosen.settings, selection=Selection(), pairs=False, surfaces_every=0)
        data = cases.dataset(outputs=2)
        collect(network, chosen.method, settings, Further(data, seed=0))
    assert len(standing) > 50


def test_a_sweep_is_the_product_of_its_lists_each_cell_once():
    grid = experiment("smoke").having({"population": "cosine_2x10"})
    cells = [plans.cell(job) for job in grid.jobs()]
    assert len(cells) == len({c.key for c in cells}) == 6 * 3
    assert {c.plan.seed for c in cells} == {0, 1, 2}
    assert {c.plan.settings.truth_every for c in cells} == {10}


def test_populations_without_data_are_left_out_and_said(monkeypatch, tmp_path):
    def absent(name, **kwargs):
        return "MNIST is not at hand" if name.startswith("mnist") else None

    monkeypatch.setattr(missing_data, "missing", absent)
    sweeps = profile("paper")
    reasons = missing_data.unavailable(sweeps)
    assert set(reasons) == {"mnist_1x100", "mnist_2x50", "one_vs_all_0", "one_vs_all_1", "one_vs_all_2"}
    left = sweeps[0].without(set(reasons))
    assert "mnist_1x100" not in left.populations
    assert "digits_1x100" in left.populations
    assert profile("smoke")[1].without(set(reasons)) is None


def test_keys_are_planned_once_and_again_when_the_sweep_changes(monkeypatch, tmp_path):
    sweep = experiment("smoke").having({"population": "cosine_2x10", "seed": "0"})
    first = plans.planned([sweep], tmp_path)
    assert list(first.values()) == sweep.jobs()
    assert list(first) == [plans.cell(job).key for job in sweep.jobs()]
    real, calls = plans.cell, []
    monkeypatch.setattr(plans, "cell", lambda job: calls.append(job) or real(job))
    assert plans.planned([sweep], tmp_path) == first
    assert not calls
    other = sweep.having({"seed": "1"})
    with Workers(2) as pool:
        shared = plans.planned([other], tmp_path, pool)
    assert set(shared).isdisjoint(first)
    assert list(shared.values()) == other.jobs()


def test_a_planned_job_is_what_hydra_composes_for_it():
    grids = {grid.name: grid for grid in [*profile("paper"), experiment("recipe")]}
    jobs = [*grids["paper_iterative_random_n10"].jobs()[::331], *grids["recipe"].jobs()[::17]]
    for job in jobs:
        with composer():
            whole = compose("config", overrides=list(job.overrides))
        whole = located(whole, Path.cwd())
        assert OmegaConf.to_yaml(plans.composed(job)) == OmegaConf.to_yaml(whole)


def test_an_unknown_profile_lists_those_that_there_are():
    with pytest.raises(
        StudyError,
        match=r"unknown profile 'papr'; did you mean paper\? known: authors, companions-smoke, filters",
    ):
        profile("papr")


def test_every_cell_has_a_configuration_of_its_own():
    """One configuration was handed out for all cells of a kind, and changed in place."""
    first, second = experiment("smoke").having({"population": "cosine_2x10"}).jobs()[:2]
    one, other = plans.composed(first), plans.composed(second)
    assert (one.seed, other.seed) == (0, 1)
    one.seed = 7
    assert plans.composed(first).seed == 0


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("sweep.name='a, b'", "a, b"),
        ('sweep.name="1e3"', "1e3"),
        ("sweep.name=on", "on"),  # true for YAML, a text for Hydra
        ("sweep.name=a:b", "a:b"),
    ],
)
def test_a_value_is_read_by_the_grammar_of_hydra(typed, found):
    job = Job("made", (), (), (typed,))
    with composer():
        assert compose("config", overrides=[typed]).sweep.name == found
    assert plans.composed(job).sweep.name == found
