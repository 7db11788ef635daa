"""Trajectories that were recorded several times, as version 1 of the records did, are one cell each."""

import tarfile
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.claims import newest_cells
from analysis.doubles import SAME, merged
from analysis.frames import READ, Frames, no_rows
from analysis.mending import EXPERIMENT
from analysis.metrics import table
from analysis.runs import read_store
from study.records import conform
from tests.analysis.claims.test_evaluation import with_copies
from tests.analysis.synthetic import study
from tests.pinned.cells import STORE

VERSIONS = '{"oracle": 2, "method": 1, "training": 2}'


@pytest.fixture
def store():
    """Two cells, with surfaces."""
    return study(populations=["mnist_2x50"], seeds=[100], methods=("brute_force", "taylor1"))


def with_pairs(frames, keys):
    """The frames with the impacts of one pair of units in these cells."""
    rows = {"layer_a": 0, "unit_a": 0, "layer_b": 0, "unit_b": 1, "impact": np.full(len(keys), 7.0)}
    pairs = conform("pairs", rows)
    pairs.insert(0, "key", list(keys))
    return replace(frames, pairs=pairs)


def without(frames, name, keys):
    """The frames without the rows of these cells in one table."""
    rows = getattr(frames, name)
    return replace(frames, **{name: rows[~rows["key"].isin(keys)]})


def same(one: Frames, other: Frames) -> None:
    for name in ("cells", *READ):
        order = ["key", *(c for c in ("event", "split", "layer", "unit", "gain") if c in getattr(one, name))]
        rows = [getattr(f, name).sort_values(order, kind="stable").reset_index(drop=True) for f in (one, other)]
        pd.testing.assert_frame_equal(*rows)


def test_a_trajectory_has_the_tables_of_all_its_recordings(store):
    copies = "copy of " + store.cells["key"]
    both = with_copies(store, store.cells)
    both = without(with_pairs(both, copies), "surfaces", copies)
    same(merged(both), with_pairs(store, store.cells["key"]))
    metrics = table(merged(both)).set_index("key")
    assert metrics[["convex_share", "interaction_share"]].notna().all(axis=None)


def test_the_newest_of_those_that_recorded_the_same_stays(store):
    both = merged(with_copies(store, store.cells))
    assert set(both.cells["key"]) == set("copy of " + store.cells["key"])
    assert set(both.events["key"]) == set(both.cells["key"])


def test_the_one_with_most_metrics_stays_at_the_place_of_the_newest(store):
    """The place tells which network of a seed is the newest."""
    copies = store.cells.assign(key="copy of " + store.cells["key"])
    retrained = store.cells.assign(key="another " + store.cells["key"], network_key="another")
    both = without(with_copies(store, store.cells), "surfaces", copies["key"].tolist())
    both = replace(both, cells=pd.concat([store.cells, retrained, copies], ignore_index=True))
    assert merged(both).cells["key"].tolist() == [*retrained["key"], *store.cells["key"]]
    assert set(newest_cells(merged(both), table(merged(both)))["key"]) == set(store.cells["key"])


def test_a_search_beside_is_no_other_trajectory_and_raised_numbers_are(store):
    both = with_copies(store, store.cells)
    newer = both.cells["key"].str.startswith("copy")
    both = without(both, "surfaces", both.cells.loc[newer, "key"].tolist())

    def kept(version):
        made = replace(both, cells=both.cells.assign(numerics_version=np.where(newer, version, VERSIONS)))
        return merged(made), newest_cells(merged(made), table(merged(made)))

    searched, counted = kept(VERSIONS.replace('"training"', '"search": 1, "training"'))
    assert set(searched.cells["key"]) == set(counted["key"]) == set(store.cells["key"])
    for version in (VERSIONS[:-1] + ', "search": 1}', '{"training": 2, "method": 1, "oracle": 2}'):
        assert set(kept(version)[0].cells["key"]) == set(store.cells["key"])
    raised, counted = kept(VERSIONS.replace('"oracle": 2', '"oracle": 3'))
    assert len(raised.cells) == 2 * len(store.cells)
    assert set(counted["key"]) == set("copy of " + store.cells["key"])
    assert counted["convex_share"].isna().all()  # numbers of an older version do not count, however many they are


def test_what_differs_in_condition_draw_or_network_is_not_merged(store):
    for name, value in (("removal", "mean"), ("draw", 1), ("network_key", "another"), ("error", "cross_entropy")):
        both = with_copies(store, store.cells.assign(**{name: value}))
        assert merged(both) is both


def test_cells_that_version_1_recorded_have_all_metrics_of_their_trajectories(tmp_path):
    with tarfile.open(STORE) as packed:
        packed.extractall(tmp_path, filter="data")
    (database,) = tmp_path.rglob("mlflow.db")
    recorded = read_store(f"sqlite:///{database}", EXPERIMENT)
    whole = merged(recorded)
    assert (len(recorded.cells), len(whole.cells)) == (22, 19)
    known = table(recorded).groupby(SAME, dropna=False).first()
    metrics = table(whole).set_index(SAME).reindex(known.index)
    pd.testing.assert_frame_equal(metrics.notna(), known.notna())
    path = ["E0", "E_all", "auc_e", "r_1", "m7_20", "rho_0", "m5_gini", "auc_e_held_out"]
    pd.testing.assert_frame_equal(metrics[path], known[path], check_exact=True)


def test_a_store_without_cells_is_as_it_is():
    assert merged(Frames()).cells.empty
    assert no_rows("events").equals(merged(Frames()).events)
