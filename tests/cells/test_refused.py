"""Cells that cannot be: each is refused before anything is trained, in one line that says what would go."""

import pytest

from study.cells.cell import prepare
from study.common.errors import StudyError
from study.config.plan import plan
from tests.cells.test_cell import composed

SMALL = ["dataset=digits", "network.hidden=[6]", "training.epochs=4", "training.polish=0"]
TICKET, TRANSFER = ["protocol=lottery_ticket", "method=magnitude"], ["protocol=transfer", "method=magnitude"]
GRADUAL = ["protocol=gradual", "protocol.begin=5", "protocol.every=1", "protocol.cuts=2"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            ["scope=weight", "method=magnitude", "network.hidden=[200]"],
            "no_retrain removes one weight at a time, 10,000 at most, and 64-200-10 has 14,800: protocol=rounds",
        ),
        (["protocol=lottery_ticket", "method=obs"], "method=obs scores units, not single weights; .*magnitude"),
        ([*TICKET, "+measures.pairs={}"], "measure pairs is not for scope=weight: it goes with units"),
        (["+measures.bridge={}"], "measure bridge is not for scope=unit: it goes with scope=weight"),
        ([*TICKET, "+measures.bridge={each: 0}"], "bridge: each=0"),
        ([*TICKET, "network.pruned_output=sigmoid"], "protocol=lottery_ticket needs the network's own training"),
        (
            ["protocol=rounds", "protocol.rewind=1", "network.pruned_output=sigmoid"],
            r"protocol=rounds\[rewind=1\] needs",
        ),
        (["protocol=prune_retrain", "training.optimizer=lbfgs"], "prune_retrain goes with training.optimizer=adam"),
        (["protocol=prune_retrain", "protocol.deviations=inf"], "protocol.deviations=inf"),
        ([*GRADUAL, "training.target_accuracy=0.9"], "gradual goes with training.target_accuracy=null"),
        ([*TICKET, "selection=subset", "selection.samples=100000"], "samples=100000 of 1438 pruning rows"),
        ([*TRANSFER, "protocol.source=nowhere"], "no data set 'nowhere'"),
        ([*TRANSFER, "protocol.source=digits+foo:3"], "'digits' has no parameter 'foo'"),
        ([*TRANSFER, "protocol.source='digits+rows:[1'"], "a parameter's value is not to be read"),
        ([*TRANSFER, "protocol.source=mnist1d"], "'mnist1d' has 40 inputs, 'digits' has 64"),
        ([*TRANSFER, "protocol.source=digits+half:a"], "'digits' has 5 outputs, 'digits' has 10: protocol.head=redraw"),
        (
            [*TRANSFER, "protocol.source=digits+rows:300", "selection=subset", "selection.samples=400"],
            "samples=400 of 300 pruning rows",
        ),
        (
            [*TRANSFER, "+dataset.params.validation=200", "training.evaluate_every=5"],
            r"protocol.source: training.evaluate_every=5 needs .*protocol.source=digits\+validation:500",
        ),
    ],
)
def test_it_is_refused_before_anything_is_trained(given, told):
    with pytest.raises(StudyError, match=told):
        prepare(plan(composed(*SMALL, *given)))


def test_somebodys_own_network_is_held_to_the_protocol_too(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text(
        "from study.networks import mlp\n\ndef build(features, outputs, seed):\n"
        "    return mlp(features, [4], outputs, seed=seed)\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    own = ["dataset=digits", "network._target_=mine.build", "training.epochs=4", "training.polish=0", *TICKET]
    with pytest.raises(StudyError, match=r"protocol.rewind=4 is none of the epochs"):
        prepare(plan(composed(*own, "protocol.rewind=4")))
    with pytest.raises(StudyError, match=r"needs the network's own training"):
        prepare(plan(composed(*own, "network.trained=true")))
    assert prepare(plan(composed(*own, "protocol.rewind=3"))).start is not None


def test_a_source_of_other_content_is_another_cell(monkeypatch):
    """Whatever it is called: a data set whose rows change disowns the tickets that were taken from it."""
    import study.cells.cell as module

    of = [*SMALL, *TRANSFER, "protocol.source=digits"]
    cell = prepare(plan(composed(*of)))
    assert cell.source is not None
    known = module.load_dataset

    def changed(name, *, folder=None, seed=0, **params):
        given = known(name, folder=folder, seed=seed, **params)
        return given if seed else known(name, folder=folder, seed=seed, inverted=True)

    monkeypatch.setattr(module, "load_dataset", changed)
    other = prepare(plan(composed(*of, "dataset.seed=1")))
    monkeypatch.undo()
    same = prepare(plan(composed(*of, "dataset.seed=1")))
    assert other.network_key == same.network_key
    assert len({other.key, same.key}) == len({other.trajectory_key, same.trajectory_key}) == 2
