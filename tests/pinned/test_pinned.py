"""No recorded run loses its key, and its numbers come back: to the bit on a machine like that of the pins."""

import shutil

import pandas as pd
import pytest

import analysis
from study import records
from study.cells.cell import compute
from study.cells.run import run_cell
from study.cells.tags import cell_tags
from study.data import DataUnavailableError
from study.tracking import Store
from study.tracking.digest import tables_digest
from study.tracking.inspection import NETWORK
from tests.once import once
from tests.pinned.cells import ASKED, LATER, cell, machine, of_profile, of_version_1, pinned, recorded, unpacked

PINS = pinned()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The folder of outputs that the recorded cells lie in."""
    return once(tmp_path_factory, "pinned", unpacked)


def test_every_cell_that_is_asked_for_is_pinned():
    assert PINS["keys"].keys() == ASKED["keys"].keys()
    assert PINS["cells"].keys() == ASKED["cells"].keys()
    keys = [pin["key"] for pin in (*PINS["keys"].values(), *PINS["cells"].values())]
    assert len(keys) == len(set(keys)) > 50


@pytest.mark.parametrize("name", ASKED["keys"])
def test_a_cell_of_a_profile_keeps_its_keys(name):
    try:
        found = cell(of_profile(name))
    except DataUnavailableError as error:
        pytest.skip(str(error))
    assert {"key": found.key, "network_key": found.network_key} == PINS["keys"][name]


@pytest.mark.parametrize("name", ASKED["cells"])
def test_a_recorded_cell_comes_back(name, kept, tmp_path):
    """Of the recorded network: what training makes of a seed depends on the machine."""
    store = store_of(kept)
    found, pin = cell(recorded(name, tmp_path)), PINS["cells"][name]
    assert (found.key, found.network_key) == (pin["key"], pin["network_key"])
    shutil.copytree(kept / "networks", tmp_path / "networks")
    now = compute(found, tmp_path / "networks").result.tables
    run = store.finished(found.key)
    assert run is not None
    then = {name: pd.read_parquet(store.artifacts / run / "artifacts" / "tables" / f"{name}.parquet") for name in now}
    assert tables_digest(then) == pin["tables_digest"]
    upgraded = records.upgraded("events", then["events"], [cell_tags(found)["network"]] * len(then["events"]))
    assert [column for column in now["events"] if column not in then["events"]] == LATER
    pd.testing.assert_frame_equal(now["events"][LATER], records.conform("events", upgraded)[LATER])
    now = of_version_1(now)
    if machine() == PINS["machine"]:
        assert tables_digest(now) == pin["tables_digest"]
    for table, frame in now.items():
        pd.testing.assert_frame_equal(
            *(records.without_timing(table, each) for each in (frame, then[table])), rtol=1e-6, atol=1e-9
        )


def store_of(folder):
    return Store(f"sqlite:///{folder}/mlflow/mlflow.db")


def test_a_recorded_store_is_found_and_read(kept, tmp_path):
    """By the command, which computes nothing again, and by the analysis."""
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    store = store_of(tmp_path)
    cells = store.inspected(thorough=True)
    assert not cells.damaged
    assert set(cells.whole) == {pin["key"] for pin in PINS["cells"].values()}
    assert set(store.inspected(NETWORK, thorough=True).whole) == {p["network_key"] for p in PINS["cells"].values()}
    for name in ("brute_force", "measured", "retrained", "filters"):
        assert run_cell(recorded(name, tmp_path), alone=False) == cells.whole[PINS["cells"][name]["key"]]
    found = analysis.load(uri=store.uri)
    assert set(found["key"]) == set(cells.whole)
    assert found.loc[found["dataset"] == "digits", "r_1"].notna().all()
    assert len(found.curves()) > 200


def test_runs_say_what_they_are_by_the_same_names(kept):
    store = store_of(kept)
    client = store.statuses().runs.client
    runs = [client.get_run(run) for run in store.inspected().whole.values()]
    assert {tag for run in runs for tag in run.data.tags if tag.startswith("study.")} == set(PINS["tags"])
    assert {tag.removeprefix("study.") for tag in PINS["tags"]} <= set(records.RUN_TAGS)
