"""Pruning in rounds: what goes and is trained in each, what is recorded, and that a killed cell goes on."""

from dataclasses import dataclass, replace

import pandas as pd
import pytest
import torch

from study import records
from study.cells.cell import compute, prepare
from study.common.errors import StudyError
from study.config.plan import plan
from study.methods import method
from study.networks import mlp
from study.protocols import protocol
from study.protocols.base import Evaluate, Protocol, Ranking, Remove, Rewind, Score, Train
from study.protocols.rounds import Rounds
from study.pruning.settings import Settings
from study.training.further import Further
from study.training.origin import Origin
from study.training.recipe import Recipe
from study.training.train import fit
from study.trajectories.trajectory import collect, prune
from tests import cases
from tests.cells.test_cell import composed

RECIPE = Recipe(epochs=6, learning_rate=0.01, batch_size=20, watched=40)


class Counted:
    """A network of which the parts are counted alone."""

    def __init__(self, units):
        self.units, self.removed = units, 0

    @property
    def left(self):
        return self.units - self.removed


def events(of, units, again=True):
    state, found = Counted(units), []
    for event in of.events(state, Ranking(again)):
        found.append(event)
        if isinstance(event, Remove):
            state.removed += event.count
    return found


def test_the_order_of_events_is_that_of_the_rounds():
    assert events(Rounds(share=0.5, epochs=3), 3) == [
        *(Score(), Evaluate(0)),
        *(Remove(2), Evaluate(1, measured=False), Train(epochs=3, kept=True), Score(), Evaluate(1, phase="train")),
        *(Remove(1), Evaluate(2, measured=False)),
    ]
    rewound = events(Rounds(share=0.5, rewind=2), 3)
    assert rewound[4:6] == [Rewind(2), Train(since=2, kept=True)]
    once = events(Rounds(), 20, again=False)
    assert once.count(Score()) == 1
    assert [e.count for e in once if isinstance(e, Remove)][:4] == [4, 3, 3, 2]


@pytest.fixture(scope="module")
def trained():
    data = cases.dataset(samples=120, features=3, outputs=3)
    start = mlp(3, (8,), 3, seed=1)
    network = fit(start, data, seed=1, recipe=RECIPE).network
    return network, data, Origin(start, RECIPE, 1)


def test_records_say_parts_gone_round_and_phase_and_what_went(trained):
    network, data, _ = trained
    result = prune(network, data, "taylor1", protocol=Rounds(share=0.3, epochs=1))
    found = result.tables["events"]
    assert found["event"].tolist() == list(range(len(found)))
    assert found["removed"].tolist() == [0, 2, 2, 4, 4, 5, 5, 6, 6, 7, 7, 8]
    assert found["round"].tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    assert found["phase"].tolist() == ["prune"] + ["prune", "train"] * 5 + ["prune"]
    assert found["kind"].tolist() == ["start"] + ["remove", "train"] * 5 + ["remove"]
    several = result.tables["removals"]
    assert several.groupby("event").size().to_dict() == {1: 2, 3: 2}
    single = found[(found["kind"] == "remove") & (found["unit"] >= 0)]
    went = {*zip(several["layer"], several["unit"], strict=True), *zip(single["layer"], single["unit"], strict=True)}
    assert went == {(0, k) for k in range(8)}
    assert set(result.impacts["event"]) == {0, 2, 4, 6, 8, 10}  # wherever the criterion has scored
    assert result.network_after(4).hidden == (4,)
    with pytest.raises(StudyError, match=r"network_after\(1\): units went several at a time"):
        result.network_after(1)


def test_survivors_are_rewound_and_trained_as_the_whole_network_was(trained):
    """With nothing removed, a rewound network trained to the end is the network."""
    network, data, origin = trained
    further, everything = Further(data, 1, origin), [torch.ones(8)]
    assert further.at(0).weights[0].equal(origin.start.weights[0])
    again = further.to_the_end(further.at(0), everything, since=0).network
    assert all(a.equal(b) for a, b in zip(again.weights, network.weights, strict=True))
    whole, part = (fit(origin.start, data, seed=1, recipe=RECIPE, until=n).network for n in (6, 4))
    assert whole.weights[0].equal(network.weights[0])
    assert further.at(4).weights[0].equal(part.weights[0])
    result = collect(network, method("magnitude"), Settings(protocol=Rounds(rewind=2)), further)
    gains, small = result.path[2]
    by_hand = fit(further.at(2).compact(gains), data, seed=1, recipe=RECIPE, since=2).network
    assert by_hand.weights[0].equal(small.compact(gains).weights[0])


@dataclass(frozen=True)
class RewindsOnly(Protocol):
    """Rewinds, and removes a unit of the rewound network without training it."""

    def events(self, state, ranking):  # noqa: ARG002
        yield from (Score(), Evaluate(0), Rewind(2), Remove(), Evaluate(1))


def test_what_takes_a_units_place_is_that_of_the_rewound_network(trained):
    """The choice that was seen before the rewinding carries the mean output of the network before it."""
    network, data, origin = trained
    further = Further(data, 1, origin)
    settings = Settings(protocol=RewindsOnly(), removal="mean")
    result = collect(network, method("magnitude"), settings, further)
    layer, unit = result.tables["events"].loc[1, ["layer", "unit"]]
    rewound = further.at(2)
    outputs = rewound.outputs_(0, rewound.pre_activation(0, rewound.below(data.pruning.inputs)))
    expected = rewound.absorb(layer, unit, float(outputs[unit].mean()))
    assert torch.allclose(result.path[1][1].biases[1], expected.biases[1], rtol=0, atol=1e-12)


def test_a_rewind_that_cannot_be_is_refused(trained):
    network, data, origin = trained
    with pytest.raises(StudyError, match=r"protocol=rounds\[rewind=2\] needs the network's own training"):
        prune(network, data, protocol=Rounds(rewind=2))
    with pytest.raises(StudyError, match=r"possible: 0 \(as drawn\) to 5"):
        Further(data, 1, origin).at(6)
    for given, told in (({"share": 1.0}, "protocol.share=1.0"), ({"rewind": "never"}, "possible: none, or an epoch")):
        with pytest.raises(StudyError, match=told):
            protocol("rounds", **given)
    with pytest.raises(StudyError, match=r"goes with protocol\.rewind=none"):
        Rounds(rewind=3, epochs=7)


SMALL = ["dataset=digits", "network.hidden=[6]", "training.epochs=4", "protocol=rounds", "protocol.share=0.4"]


@pytest.mark.parametrize("rewind", ["none", "1"])
def test_a_killed_cell_goes_on_at_its_last_round(rewind, tmp_path, monkeypatch):
    cell = prepare(plan(composed(*SMALL, f"protocol.rewind={rewind}")))
    whole = compute(cell, tmp_path / "whole").result
    trainings = []
    fitted = fit

    def killed(*args, **given):
        if len(trainings) == 3:
            raise KeyboardInterrupt
        trainings.append(args)
        return fitted(*args, **given)

    for module in ("cache", "further"):
        monkeypatch.setattr(f"study.training.{module}.fit", killed)
    with pytest.raises(KeyboardInterrupt):
        compute(cell, tmp_path / "killed")
    monkeypatch.undo()
    more = []
    for module in ("cache", "further"):
        monkeypatch.setattr(f"study.training.{module}.fit", lambda *a, **g: more.append(a) or fitted(*a, **g))
    again = compute(cell, tmp_path / "killed").result
    rounds = int(whole.tables["events"]["round"].max())
    assert len(more) == 1 + (rewind != "none") + rounds - 1 - 3  # the rest
    for name, frame in whole.tables.items():
        pd.testing.assert_frame_equal(
            *(records.without_timing(name, each) for each in (frame, again.tables[name])), check_exact=True
        )


def test_a_training_that_reached_its_target_has_no_later_network_to_go_back_to(trained):
    _, data, origin = trained
    easy = replace(origin.recipe, target_accuracy=0.0, check_every=1)
    short = Further(data, 1, replace(origin, recipe=easy))
    with pytest.raises(StudyError, match=r"no network of epoch 2 .*target_accuracy=0.0 after 1 iterations"):
        short.at(2)
    assert short.at(0) is origin.start
