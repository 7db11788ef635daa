"""What a computed cell tells the person who waits for it: in words of what went."""

import io

import pytest
from rich.console import Console

from study.cells.cell import compute, prepare
from study.cells.run import title
from study.cells.shown import line, show
from study.config.plan import plan
from tests.cells.test_cell import composed

SMALL = ["dataset=digits", "network.hidden=[3]", "training.epochs=2", "training.polish=0", "method=magnitude"]
TICKET = ["protocol=lottery_ticket", "protocol.rounds=2", "+measures.bridge.each=3"]
GRADUAL = ["protocol=gradual", "protocol.begin=3", "protocol.every=2", "protocol.cuts=2", "+measures.bridge.each=3"]


def shown(folder, *given):
    done = compute(prepare(plan(composed(*SMALL, *given))), folder)
    console = Console(width=200, record=True, file=io.StringIO())
    show(done, title(done.cell.plan), None, console)
    return done, console.export_text()


def test_of_units(tmp_path):
    done, text = shown(tmp_path)
    assert "units removable (accuracy within a point)" in text
    assert line(done).endswith(f"{done.summary.removable} of 3 units removable")


def test_of_weights(tmp_path):
    looking = ["+dataset.params.validation=200", "training.evaluate_every=5"]
    done, text = shown(tmp_path, *TICKET, *looking)
    assert "unit" not in text
    assert "nan" not in text
    assert "lottery ticket[rounds=2]" in text
    path, stopped = done.result.trajectory, done.result.tables["stopped"].query("split == 'held_out'")
    assert f"{path['units_left'].iloc[-1]} of 222 (" in text
    for first, last in (
        path["accuracy_held_out"].iloc[[0, -1]],
        (stopped["correct"] / stopped["samples"]).iloc[[0, -1]],
        done.result.tables["trainings"]["early_stop"].iloc[[0, -1]],
    ):
        assert (f"{first}, {last}" if first > 1 else f"{first:.6f}, {last:.6f}") in text
    assert f"before the first cut │ {done.summary.spearman_start:.3f}" in text
    assert "weights left, accuracy held out" in line(done)


@pytest.mark.parametrize(("more", "known"), [([], True), (["+measures.bridge.every=1000"], False)])
def test_what_was_known_before_the_first_cut_is_of_the_network_that_is_cut(tmp_path, more, known):
    done, text = shown(tmp_path, *GRADUAL, *more)
    assert "early stop" not in text
    bridge = done.result.tables["bridge"].query("layer == -1 and criterion == 'method'").set_index("event")
    rho = f"{bridge.loc[1, 'spearman']:.3f}" if known else "not measured"
    assert f"before the first cut │ {rho}" in text
