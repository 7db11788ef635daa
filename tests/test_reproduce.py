"""A profile's cells in a pool: run once, skipped when finished, and a failing one fails alone."""

import pytest

from study import plans, reproduce
from study.run import store_of
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


def test_a_failing_cell_fails_alone_and_is_named(small, tmp_path, capsys):
    _, sweeps = small
    jobs = plans.jobs(sweeps[0])
    broken = plans.Job("smoke", jobs[0].choices, (*jobs[0].values, "seed=-1"))
    with Workers(1) as pool:
        failed = reproduce.run_all([broken, jobs[1]], pool, tmp_path / "logs" / "x.log")
    assert failed == [(broken, "seed=-1: 0 or more")]
    assert "seed=-1" in (tmp_path / "logs" / "x.log").read_text()
    assert len(store_of(small[0]).keys("finished")) == 1
