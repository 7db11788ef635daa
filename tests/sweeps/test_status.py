"""`python -m study.status`: what is finished, running, failed and left, for a profile and for one experiment."""

import io

import pytest
from rich.console import Console

from study.cells.run import run_cell
from study.common.errors import StudyError
from study.sweeps import plan as plans
from study.sweeps import status
from study.sweeps.profile import experiment
from study.tracking.stores import store_of
from tests.few import QUICK

pytestmark = pytest.mark.usefixtures("ready_stores")


@pytest.fixture
def few(tmp_path):
    chosen = QUICK | {"seed": "0", "method": "taylor1,magnitude,random"}
    return experiment("smoke").having(chosen).into(tmp_path)


def shown(sweep) -> tuple[int, str]:
    console = Console(file=io.StringIO(), width=160)
    return status.show("few", [sweep], console), console.file.getvalue()


def test_every_cell_is_in_one_state(few):
    jobs = few.jobs()
    keys = [plans.cell(job).key for job in jobs]
    store = store_of(plans.tracked(few)[0])
    store.create()
    assert set(status.states(store, set(keys)).values()) == {"to run"}
    run_cell(plans.composed(jobs[0]), alone=False)
    tags = {"population": "cosine_2x10", "method": "magnitude", "ranking": "iterative", "seed": "0"}
    store.record_failure(store.begin_cell(tags | {"key": keys[1]}), {}, "", "Traceback\nOSError: the disk [/is] full")
    store.begin_cell(tags | {"key": keys[2]})
    assert status.states(store, set(keys)) == dict(zip(keys, ("finished", "failed", "running"), strict=True))
    code, text = shown(few)
    assert code == 1
    assert text.count("smoke") >= 1
    assert "OSError: the disk [/is] full" in text
    row = next(line for line in text.splitlines() if "together" in line)
    assert row.replace("│", " ").split()[1:] == ["3", "1", "1", "1", "0", "0"]


def test_what_is_damaged_is_to_run_and_named(few):
    run = run_cell(plans.composed(few.jobs()[0]), alone=False)
    shown(few)
    store = store_of(plans.tracked(few)[0])
    (store.artifacts / run / "artifacts" / "tables" / "events.parquet").unlink()
    code, text = shown(few)
    assert code == 1
    row = next(line for line in text.splitlines() if "together" in line)
    assert row.replace("│", " ").split()[1:] == ["3", "0", "0", "0", "0", "3"]
    assert "tables/events.parquet is not there" in text


def test_what_is_begun_again_and_finished_no_longer_counts_as_failed(few):
    job = few.jobs()[0]
    store = store_of(plans.tracked(few)[0])
    store.create()
    key = plans.cell(job).key
    store.record_failure(store.begin_cell({"key": key, "population": "cosine_2x10"}), {}, "", "ValueError: once")
    run_cell(plans.composed(job), alone=False)
    assert status.states(store, {key}) == {key: "finished"}


def test_a_name_may_be_a_profile_or_an_experiment_and_another_is_refused():
    assert [s.name for s in status.named("smoke")] == ["smoke", "smoke_mnist"]
    assert [s.name for s in status.named("recipe")] == ["recipe"]
    with pytest.raises(StudyError, match=r"unknown profile 'smokes'.*nor is it an experiment: unknown experiment"):
        status.named("smokes")
