"""A condition is said once: configuration, tags, words and tables follow from its fields."""

from dataclasses import fields

import pandas as pd
import pytest
from hydra import compose

from analysis.metrics import SETTINGS, main_condition
from analysis.runs import SAME
from study.cells.run import asked
from study.config.plan import plan
from study.config.population import composer
from study.config.schema import CellConfig
from study.pruning.settings import Settings
from study.records import RUN_TAGS
from study.records.condition import ABOUT, DIMENSIONS, NAMED, USUAL, Condition, parted
from study.tracking.names import run_name
from study.tracking.store import CELL_ONLY

CONDITIONS = [
    Condition("brute_force"),
    Condition("taylor2[threshold=median]", ranking="single_overall"),
    Condition("taylor1", ranking="iterative[every=5]"),
    Condition("fisher", removal="compensate"),
    Condition("taylor1", scope="neuron"),
    Condition("brute_force", removal="mean", selection="held_out"),
    Condition("magnitude", selection="subset[samples=50,seed=2]"),
    Condition("taylor2", protocol="retrain[epochs=1,every=0.3]"),
    Condition("taylor2_exact", error="cross_entropy"),
]


@pytest.mark.parametrize("condition", CONDITIONS, ids=str)
def test_what_is_typed_for_a_condition_is_that_condition(condition):
    with composer():
        cfg = compose("config", overrides=condition.overrides())
    planned = plan(cfg)
    assert planned.condition == condition
    assert Condition.of(planned.condition.tags | {"seed": "3"}) == condition
    names = {name: parted(value)[0] for name, value in condition.tags.items()}
    assert names.items() <= asked(cfg).items()
    words = run_name(condition.tags | {"population": "p", "seed": "0"})
    assert all(word in words for word in condition.unusual())


def test_words_tell_what_is_unusual_and_nothing_else():
    assert Condition("obs").unusual() == []
    told = Condition(
        "obs", "single_overall", "filter", "mean", "held_out", "retrain[epochs=5]", "cross_entropy"
    ).unusual()
    assert told == [
        "filters alone",
        "removal mean",
        "ranked on held out rows",
        "retrain[epochs=5]",
        "ranked by cross entropy",
    ]
    assert len(told) == len(DIMENSIONS) - 2


def test_every_dimension_is_a_tag_and_a_column_and_groups_the_cells():
    assert set(DIMENSIONS) <= set(RUN_TAGS) & CELL_ONLY & set(SETTINGS) & set(SAME)
    assert {RUN_TAGS[name] for name in DIMENSIONS} == set(ABOUT.values())
    assert {f.name for f in fields(Condition)} - set(USUAL) == {"method"}


def test_every_dimension_is_a_setting_and_a_node_of_a_configuration():
    assert list(Settings().labels.items()) == list(USUAL.items())
    assert set(DIMENSIONS) <= {f.name for f in fields(CellConfig)}
    with composer():
        cfg = compose("config")
    assert all(cfg[name].name == USUAL[name] for name in NAMED)


@pytest.mark.parametrize("name", USUAL)
def test_the_main_condition_leaves_out_what_is_unusual_in_any_dimension(name):
    usual = Condition("obs").tags
    table = pd.DataFrame([usual, usual | {name: "another"}])
    assert len(main_condition(table)) == 1
