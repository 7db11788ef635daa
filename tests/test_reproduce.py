"""A profile's cells in a pool: run once, skipped when finished, and a failing one fails alone."""

import shutil

import pytest

from study import plans, reproduce
from study.run import store_of
from study.tracking.inspection import NETWORK
from study.workers import Workers


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A profile of three cells, recorded under a folder of its own; one fails when `method.params.draw` is below 0."""
    params = plans.sweep("smoke").params | {"population": "cosine_2x10", "seed": "0"}
    sweeps = [
        plans.Sweep("smoke", params | {"method": "taylor1,magnitude", "ranking": "single_overall"}),
        plans.Sweep("smoke", params | {"method": "random", "method.params.draw": "0", "ranking": "single_overall"}),
    ]
    monkeypatch.setattr(reproduce, "profile", lambda _: sweeps)
    sweeps = [s.into(tmp_path) for s in sweeps]
    return plans.tracked(sweeps[0])[0], sweeps


def test_a_profile_runs_and_then_has_nothing_to_do(small, tmp_path, capsys):
    assert reproduce.reproduce("small", 1, tmp_path) == 0
    assert "3 cells in 2 sweeps, 0 finished, 3 to run" in " ".join(capsys.readouterr().out.split())
    assert len(store_of(small[0]).keys("finished")) == 3
    log = (tmp_path / "logs" / "small.log").read_text()
    assert log.count("units removable") == 3
    assert reproduce.reproduce("small", 1, tmp_path) == 0
    assert "3 finished, 0 to run" in " ".join(capsys.readouterr().out.split())


def again(capsys, folder, check=False) -> str:
    assert reproduce.reproduce("small", 1, folder, check) == 0
    return " ".join(capsys.readouterr().out.split())


def test_what_is_damaged_is_not_finished_and_is_made_again(small, tmp_path, capsys):
    """Lost at a glance; a flipped bit by its digest; a network without computing its cells anew."""
    store = store_of(small[0])
    again(capsys, tmp_path)
    before = store.inspected().whole
    lost, flipped, kept = before
    shutil.rmtree(store.artifacts / before[lost])
    table = store.artifacts / before[flipped] / "artifacts" / "tables" / "events.parquet"
    content = bytearray(table.read_bytes())
    content[len(content) // 3] ^= 1
    table.write_bytes(content)
    said = again(capsys, tmp_path)
    assert "3 cells in 2 sweeps, 2 finished, 1 to run" in said
    assert "Damaged since they were finished, and made again: 1" in said
    assert "manifest.json cannot be read" in said
    assert "3 finished, 0 to run" in again(capsys, tmp_path)
    assert "2 finished, 1 to run Damaged" in again(capsys, tmp_path, check=True)
    after = store.inspected(thorough=True)
    assert not after.damaged
    assert after.whole[kept] == before[kept]
    assert after.whole[lost] != before[lost]
    assert after.whole[flipped] != before[flipped]

    (network,) = store.inspected(NETWORK).whole.values()
    old = store.standing().runs.client.get_run(network).data
    (store.artifacts / network / "artifacts" / "network.safetensors").write_bytes(b"")
    said = again(capsys, tmp_path)
    assert "3 finished, 0 to run" in said
    assert "the network of " in said
    assert "network.safetensors is empty" in said
    (mended,) = store.inspected(NETWORK, thorough=True).whole.values()
    assert mended != network
    new = store.standing().runs.client.get_run(mended).data
    assert new.metrics == old.metrics
    assert new.tags["study.band_text"] == old.tags["study.band_text"]
    assert store.inspected().whole == after.whole
    assert "Damaged" not in again(capsys, tmp_path, check=True)


def test_a_failing_cell_fails_alone_and_is_named(small, tmp_path, capsys):
    _, sweeps = small
    jobs = plans.jobs(sweeps[0])
    broken = plans.Job("smoke", jobs[0].choices, (*jobs[0].values, "seed=-1"))
    with Workers(1) as pool:
        failed = reproduce.run_all([broken, jobs[1]], pool, tmp_path / "logs" / "x.log")
    assert failed == [(broken, "seed=-1: 0 or more")]
    assert "seed=-1" in (tmp_path / "logs" / "x.log").read_text()
    assert len(store_of(small[0]).keys("finished")) == 1
