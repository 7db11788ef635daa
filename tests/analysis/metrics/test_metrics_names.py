"""Every metric is explained, and what is explained is a metric."""

import re

import pytest

from analysis.claims import RELATED, load
from analysis.claims.__main__ import metrics_as_table
from analysis.claims.quantities import WINS
from analysis.metrics import table
from analysis.metrics.names import explained, metric
from analysis.metrics.table import CELL
from tests.analysis.synthetic import Cell, frames


def test_every_metric_that_the_register_names_is_explained():
    tested = {part.metric for claim in load().claims for part in claim.parts}
    assert len(tested) > 50
    assert tested <= set(explained())
    assert metrics_as_table(load()).row_count == len(tested)


def test_metrics_of_single_terms_are_explained_too():
    parts = [part for claim in load(RELATED).claims for part in claim.parts]
    tested, own = {part.metric for part in parts}, {term.metric for part in parts for term in part.operands} - {""}
    assert own == {"dense_accuracy"}
    assert tested | own <= set(explained())
    assert metrics_as_table(load(RELATED)).row_count == len(tested | own)


def test_the_columns_of_the_table_are_explained_and_no_other():
    columns = set(table(frames([Cell("m", "taylor1", [1.0, 2.0, 3.0], [1, 0.9, 0.5], hidden=(2,))])))
    plain = {name.removesuffix("_held_out") for name in columns - set(CELL)}
    assert plain | {WINS} == set(explained())


def test_claims_that_a_definition_names_test_it():
    of = {claim.id: {part.metric for part in claim.parts} for claim in load().claims}
    for name, found in explained().items():
        for claims in re.findall(r"^(C\d\d(?:, C\d\d)*):", found.what):
            used = set().union(*(of[claim] for claim in claims.split(", ")))
            # What was searched enters the regret.
            assert name in used or name.startswith("searched_"), (name, claims)


@pytest.mark.parametrize("name", ["predicted_share", "r_1"])
def test_a_definition_is_a_sentence(name):
    assert metric(name).what.endswith(".")
    assert metric(f"{name}_held_out").what.startswith("On held-out rows. ")
    assert all(found.what.endswith(".") for found in explained().values())


def test_a_name_that_is_not_known_stands_for_itself():
    assert metric("mine").said == "mine"
