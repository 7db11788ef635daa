import pytest

from study.common.errors import StudyError
from study.tracking.names import run_description, run_name
from study.tracking.record import thinned
from tests.tracking.made import record, tables


def test_thinning_keeps_short_lists_and_both_ends():
    short = [(0, 1.0), (1, 0.5)]
    assert thinned(short) == short
    long = [(k, 0.0) for k in range(0, 784, 3)]
    assert len(thinned(long)) == 25
    assert thinned(long)[0] == long[0]
    assert thinned(long)[-1] == long[-1]
    assert thinned([]) == []


def test_more_than_eight_step_metrics_are_refused():
    with pytest.raises(StudyError, match="at most 8"):
        record(step_metrics={f"m{i}": [(0, 0.0)] for i in range(9)})


def test_a_missing_table_and_an_undeclared_tag_are_refused_by_name():
    incomplete = {name: table for name, table in tables().items() if name != "surfaces"}
    with pytest.raises(StudyError, match="surfaces"):
        record(tables=incomplete)
    with pytest.raises(StudyError, match="sede"):
        record(tags=record().tags | {"sede": "1"})


def test_a_run_name_tells_what_is_unusual():
    tags = record().tags
    assert run_name(tags | {"removal": "mean", "selection": "held_out"}) == (
        "mnist_2x50 · second order · iterative · seed 0 · removal mean · ranked on held out rows"
    )
    assert run_name(tags | {"method": "random", "draw": "0"}).endswith("seed 0 · draw 0")
    assert "a_new_method".replace("_", " ") in run_name(tags | {"method": "a_new_method"})


def test_a_description_states_the_band():
    assert "met (accuracy 0.97 in 0.95 to 1)" in run_description(record().tags)
