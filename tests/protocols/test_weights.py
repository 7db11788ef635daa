"""Protocols of single weights: the order of events, exact sparsity, rewinding to the bit, controls, resumption."""

import numpy as np
import pytest
import torch

from study.cells.cell import compute, prepare
from study.common.errors import StudyError
from study.config.plan import plan
from study.methods import method
from study.networks import mlp
from study.protocols import protocol
from study.protocols.base import END, Control, Cut, Drop, Evaluate, Ranking, Rewind, Score, Train
from study.protocols.early import Early
from study.protocols.gradual import Gradual
from study.protocols.lottery_ticket import LotteryTicket
from study.protocols.prune_retrain import PruneRetrain
from study.pruning.settings import Settings
from study.records.masks import unpacked
from study.training.further import Further
from study.training.origin import Origin
from study.training.recipe import Recipe
from study.training.train import fit
from study.trajectories.trajectory import collect
from tests import cases
from tests.cells.test_cell import composed

RECIPE = Recipe(learning_rate=0.02, batch_size=20, watched=40, iterations=30, momentum=0.5, optimizer="sgd")
SMALL = ["dataset=digits", "network.hidden=[6]", "training.polish=0"]
SIZES = [5 * 12, 12 * 6, 6 * 3]


@pytest.fixture(scope="module")
def trained():
    data = cases.dataset(samples=120, features=5, outputs=3)
    start = mlp(5, (12, 6), 3, seed=1)
    own = fit(start, data, seed=1, recipe=RECIPE)
    return own.network, Further(
        data, 1, Origin(start, RECIPE, 1, lambda _, seed: mlp(5, (12, 6), 3, seed=seed)), None, own
    )


def run(trained, of, name="magnitude", **settings):
    network, further = trained
    return collect(network, method(name), Settings(protocol=of, scope="weight", **settings), further)


def masks(result, event):
    """The masks of an event, bool, one a layer."""
    rows = result.tables["sparsity"].query(f"event == {event}").sort_values("layer")
    of = result.tables["masks"].set_index("mask")
    return [torch.from_numpy(unpacked(of["shape"][m], of["bits"][m])) for m in rows["mask"]]


def events(of, again=True):
    return list(of.events(None, Ranking(again)))


def test_the_order_of_a_tickets_events():
    cut = [LotteryTicket().cut(k) for k in (1, 2)]
    assert events(LotteryTicket(rounds=2, rewind=3)) == [
        *(Score(), Evaluate(0)),
        *(cut[0], Evaluate(1, measured=False), Rewind(3), Train(since=3, kept=True), Score(), Evaluate(1, "train")),
        *(cut[1], Evaluate(2, measured=False), Rewind(3), Train(since=3, kept=True), Evaluate(2, "train")),
    ]
    chain = [Score(), Evaluate(0), cut[0], Rewind(3), Train(since=3, kept=True), Score(), cut[1]]
    trained = [Rewind(3), Train(since=3, kept=True), Evaluate(2, "train")]
    for kind in ("random", "degree"):
        assert events(LotteryTicket(rounds=2, rewind=3, control=kind)) == [*chain, Control(kind), *trained]
    reinit = [Control("reinit"), Train(since=0, kept=True), Evaluate(2, "train")]
    assert events(LotteryTicket(rounds=2, rewind=3, control="reinit")) == [*chain, *reinit]
    assert events(LotteryTicket(rounds=2, rewind=3, control="one_shot")) == [Score(), Evaluate(0), cut[1], *trained]
    on = [Score(), Evaluate(0), cut[0], Train(since=3, kept=True), Score(), cut[1], *trained]
    assert events(LotteryTicket(rounds=2, rewind=3, control="continued")) == on


def test_the_order_of_the_others():
    assert events(PruneRetrain(rounds=2, left=0.25, epochs=3), again=False) == [
        *(Score(), Evaluate(0)),
        *(Cut(0.5, threshold="deviation"), Drop(), Evaluate(1, measured=False)),
        *(Train(epochs=3, rate=0.1, kept=True), Evaluate(1, "train")),
        *(Cut(0.25, threshold="deviation"), Drop(), Evaluate(2, measured=False)),
        *(Train(epochs=3, rate=0.1, kept=True), Evaluate(2, "train")),
    ]
    assert events(Gradual(sparsity=0.5, begin=4, every=2, cuts=1)) == [
        *(Score(), Evaluate(0), Rewind(0)),
        *(Train(until=4), Score(), Evaluate(1, "train"), Cut(1.0), Evaluate(1, measured=False)),
        *(Train(until=6), Score(), Evaluate(2, "train"), Cut(0.5), Evaluate(2, measured=False)),
        *(Train(until=END), Evaluate(3, "train", measured=False)),
    ]
    assert Gradual(sparsity=0.5, begin=4, every=2, cuts=5, shape="one_shot").schedule() == [(14, 0.5)]
    linear = Gradual(sparsity=0.6, initial=0.2, begin=4, every=2, cuts=2, shape="linear").schedule()
    assert [(at, round(s, 12)) for at, s in linear] == [(4, 0.2), (6, 0.4), (8, 0.6)]


def test_a_tickets_weights_are_to_the_bit_those_of_the_stated_iteration_times_the_mask(trained):
    _, further = trained
    result = run(trained, LotteryTicket(rounds=3, rewind=4))
    start = further.at(4)
    for event in (2, 4, 6):
        found = masks(result, event)
        begun = [w * m for w, m in zip(start.weights, found, strict=True)]
        by_hand = fit(start, further.data, seed=1, recipe=RECIPE, since=4, masks=found).network
        ticket = result.path[event][1]
        for w, expected, m, b in zip(ticket.weights, by_hand.weights, found, begun, strict=True):
            assert torch.equal(w, expected)
            assert not w[~m].any()
            assert torch.equal(b != 0, m)
    before = masks(result, 0)
    assert all(m.all() for m in before)
    for event in range(1, 7):  # nothing that is gone comes back
        now = masks(result, event)
        assert not any((m & ~b).any() for m, b in zip(now, before, strict=True))
        before = now


def test_the_first_mask_is_that_of_the_largest_weights_of_every_layer(trained):
    network, _ = trained
    found = masks(run(trained, LotteryTicket(rounds=1)), 1)
    for w, m, gone in zip(network.weights, found, (0.2, 0.2, 0.1), strict=True):
        kept = round((1 - gone) * w.numel())
        assert int(m.sum()) == kept
        assert w[m].abs().min() >= w[~m].abs().max()


@pytest.mark.parametrize("threshold", ["layer", "global"])
@pytest.mark.parametrize("name", ["magnitude", "taylor1", "brute_force", "random"])
def test_sparsity_is_the_stated_one_to_half_a_weight_in_every_round(trained, threshold, name):
    result = run(trained, LotteryTicket(rounds=5, threshold=threshold), name)
    seen = result.tables["sparsity"].pivot_table(index="event", columns="layer", values="left")
    assert seen.loc[0].tolist() == SIZES
    for k in range(1, 6):
        for event in (2 * k - 1, 2 * k):
            groups = [[0], [1]] if threshold == "layer" else [[0, 1]]
            for group in groups:
                assert abs(seen.loc[event, group].sum() - 0.8**k * sum(SIZES[m] for m in group)) <= 0.5
            assert abs(seen.loc[event, 2] - 0.9**k * SIZES[2]) <= 0.5
    events = result.tables["events"]
    assert events["units_left"].tolist() == seen.sum(1).tolist()
    assert (events["parameters_left"] == seen.sum(1).to_numpy() + 12 + 6 + 3).all()
    assert events["scope"].unique().tolist() == ["weight"]
    assert events["kind"].tolist() == ["start"] + ["remove", "train"] * 5
    assert events["round"].tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


@pytest.mark.parametrize("kind", ["reinit", "random", "degree", "continued", "one_shot"])
def test_a_control_is_of_the_tickets_sparsity(trained, kind):
    _, further = trained
    ticket = run(trained, LotteryTicket(rounds=3))
    result = run(trained, LotteryTicket(rounds=3, control=kind))
    assert result.tables["events"]["round"].tolist() == [0, 3]
    of, found = masks(ticket, 6), masks(result, 1)
    assert [int(m.sum()) for m in found] == [int(m.sum()) for m in of]
    same = all(torch.equal(a, b) for a, b in zip(of, found, strict=True))
    assert same or kind != "reinit"
    assert not same or kind not in ("random", "degree")
    network = result.path[1][1]
    if kind == "reinit":
        drawn = further.redrawn()
        expected = fit(drawn, further.data, seed=1, recipe=RECIPE, masks=found).network
        assert not torch.equal(drawn.weights[0], further.at(0).weights[0])
    else:
        expected = fit(further.at(0), further.data, seed=1, recipe=RECIPE, masks=found).network
    assert all(torch.equal(a, b) for a, b in zip(network.weights, expected.weights, strict=True))
    if kind == "degree":
        for a, b in zip(of, found, strict=True):
            assert torch.equal(a.sum(0), b.sum(0))
            assert torch.equal(a.sum(1), b.sum(1))


def test_gradual_pruning_is_one_training_and_its_sparsity_the_schedules(trained):
    network, further = trained
    plan = Gradual(sparsity=0.7, begin=5, every=4, cuts=4)
    result = run(trained, plan)
    at = result.tables["sparsity"].groupby("event")[["weights", "left"]].sum()
    for k, (_, sparsity) in enumerate(plan.schedule()):
        assert abs(1 - at["left"][2 * k + 2] / at["weights"][2 * k + 2] - sparsity) <= 1.5 / sum(SIZES)
    # Nothing cut until the first cut but one (0 %): the network is that of the plain training.
    by_hand = fit(further.at(0), further.data, seed=1, recipe=RECIPE, until=5).network
    assert all(torch.equal(a, b) for a, b in zip(result.path[1][1].weights, by_hand.weights, strict=True))
    assert len(result.path) == 1 + 2 * 5 + 1
    late = run(trained, Gradual(sparsity=1 / sum(SIZES), begin=5, every=25, cuts=1, shape="one_shot"))
    assert all(torch.equal(a, b) for a, b in zip(late.path[1][1].weights, network.weights, strict=True))


def test_dropped_units_leave_the_outputs_as_they_were(trained):
    network, further = trained
    result = run(trained, PruneRetrain(left=0.12, epochs=2))
    after, found = result.path[1][1], masks(result, 1)
    for m in range(2):
        into, out = found[m].any(1), found[m + 1].any(0)
        assert torch.equal(into, out)  # a unit has both, or neither
    cut = run(trained, LotteryTicket(share=0.88, output=0.88, rounds=1))
    assert int(sum(int(m.sum()) for m in found)) <= round(0.12 * sum(SIZES))
    rows = further.data.held_out.inputs
    settings = Settings(protocol=PruneRetrain(left=0.12, epochs=0), scope="weight")
    from study.pruning.weight_state import WeightState

    state = WeightState(network, further.data, settings)
    going = state.values.abs() < state.values.abs().quantile(0.9)
    state.cut(going)
    before = state.network.logits(rows)
    state.drop()
    assert torch.allclose(state.network.logits(rows), before, rtol=0, atol=1e-12)
    assert state.left < int((~going).sum())
    assert after.weights[0].shape == cut.path[1][1].weights[0].shape


def test_early_pruning_cuts_the_young_network(trained):
    _, further = trained
    result = run(trained, Early(moment=7, left=0.3))
    young, found = further.at(7), masks(result, 2)
    for w, m in zip(young.weights, found, strict=True):
        assert int(m.sum()) == round(0.3 * w.numel())
        assert w[m].abs().min() >= w[~m].abs().max()
    grown = fit(young, further.data, seed=1, recipe=RECIPE, since=7, masks=found).network
    assert torch.equal(grown.weights[0], result.path[3][1].weights[0])


def test_the_oracle_decides_by_true_impacts(trained):
    network, further = trained
    result = run(trained, LotteryTicket(rounds=1), "brute_force")
    found = masks(result, 1)
    from study.impact.reference import plain_weight_errors
    from study.impact.weights import every_weight
    from study.networks import ErrorFunction

    error = ErrorFunction(network.output, "half_squared")
    each = plain_weight_errors(network, further.data.pruning, error, every_weight(network)).split(SIZES)
    for impact, m in zip(each, found, strict=True):
        assert impact[m.flatten()].min() >= impact[~m.flatten()].max() - 1e-9


def test_bad_input_gets_one_clear_message(trained):
    network, further = trained
    for told, name, given in (
        ("protocol.share=1.2; possible", "lottery_ticket", {"share": 1.2}),
        ("control='shuffle'; possible: none, reinit", "lottery_ticket", {"control": "shuffle"}),
        ("protocol.left=1.5; possible", "prune_retrain", {"left": 1.5}),
        ("goes without protocol.left=0.5", "prune_retrain", {"left": 0.5, "deviations": 1.0}),
        ("protocol.sparsity=1.1; possible", "gradual", {"sparsity": 1.1}),
        ("below protocol.sparsity", "gradual", {"sparsity": 0.5, "initial": 0.6}),
        ("protocol.left=0; possible", "early", {"left": 0}),
    ):
        with pytest.raises(StudyError, match=told):
            protocol(name, **given)
    with pytest.raises(StudyError, match=r"needs the network's own training"):
        collect(
            network, method("magnitude"), Settings(protocol=LotteryTicket(), scope="weight"), Further(further.data, 1)
        )
    with pytest.raises(StudyError, match=r"goes with scope=weight, not with scope=unit"):
        Settings(protocol=LotteryTicket())
    with pytest.raises(StudyError, match=r"removal=mean goes with units"):
        Settings(protocol=LotteryTicket(), scope="weight", removal="mean")
    with pytest.raises(StudyError, match=r"method=obs scores units, not single weights; .*magnitude"):
        run(trained, LotteryTicket(), "obs")
    for given, told in (
        (
            ["protocol=lottery_ticket", "protocol.rewind=4"],
            r"protocol.rewind=4 is none of the epochs .* 0 \(as drawn\) to 3",
        ),
        (["protocol=early", "protocol.moment=9"], "protocol.moment=9 is none of the epochs"),
        (["protocol=gradual"], r"protocol.begin \+ protocol.every \* protocol.cuts = 6000, comes after the end"),
    ):
        with pytest.raises(StudyError, match=told):
            prepare(
                plan(composed("dataset=digits", "network.hidden=[6]", "training.epochs=4", "training.polish=0", *given))
            )


def test_a_killed_ticket_goes_on_at_its_last_round(tmp_path, monkeypatch):
    small = ["dataset=digits", "network.hidden=[6]", "training.epochs=2", "training.polish=0"]
    cell = prepare(plan(composed(*small, "protocol=lottery_ticket", "protocol.rounds=4", "method=magnitude")))
    whole = compute(cell, tmp_path / "whole").result
    count = {"trained": 0}

    def killed(*args, **given):
        if count["trained"] == 3:
            raise KeyboardInterrupt
        count["trained"] += 1
        return fit(*args, **given)

    monkeypatch.setattr("study.training.cache.fit", killed)
    with pytest.raises(KeyboardInterrupt):
        compute(cell, tmp_path / "killed")
    count["trained"] = -99
    again = compute(cell, tmp_path / "killed").result
    assert count["trained"] == -99 + 2  # of five trainings three were there
    for name in ("events", "evaluations", "sparsity"):
        left, right = (t.tables[name].drop(columns="seconds", errors="ignore") for t in (whole, again))
        assert left.astype(str).equals(right.astype(str))


def test_a_criterion_is_an_arm_of_every_protocol_and_no_retraining_one_too(trained):
    for of in (protocol("no_retrain"), protocol("rounds", share=0.5, epochs=1)):
        result = run(trained, of, "taylor2_exact", every=10)
        assert result.tables["events"]["removed"].iloc[-1] == sum(SIZES)
        assert np.isfinite(result.trajectory["error_pruning"]).all()
    small = run(trained, protocol("no_retrain"), "magnitude", every=10)
    order = small.tables["sparsity"].groupby("event")["left"].sum()
    assert order.tolist() == list(range(sum(SIZES), -1, -1))


def composed_cell(*given):
    return prepare(plan(composed(*SMALL, "training.epochs=3", "method=magnitude", *given)))


def test_a_ticket_from_the_same_data_set_is_its_own_ticket(tmp_path):
    own = composed_cell("protocol=lottery_ticket", "protocol.rounds=2", "protocol.rewind=1")
    other = composed_cell("protocol=transfer", "protocol.source=digits", "protocol.rounds=2", "protocol.rewind=1")
    a, b = (compute(cell, tmp_path).result for cell in (own, other))
    assert all(torch.equal(x, y) for x, y in zip(a.path[4][1].weights, b.path[1][1].weights, strict=True))
    assert b.tables["events"]["round"].tolist() == [0, 2]
    control = composed_cell("protocol=transfer", "protocol.rounds=2", "protocol.rewind=1", "protocol.control=degree")
    c = compute(control, tmp_path).result
    links = [[m.sum(0).tolist() for m in masks(result, 1)] for result in (b, c)]
    assert links[0] == links[1]
    assert not torch.equal(masks(b, 1)[0], masks(c, 1)[0])


def test_a_ticket_from_other_classes_needs_a_head_rule(tmp_path):
    halves = ["+dataset.params.half=b", "protocol=transfer", "protocol.rounds=1"]
    a = compute(composed_cell(*halves, "protocol.source=digits+half:a"), tmp_path).result
    assert a.tables["events"]["units_left"].iloc[-1] < a.tables["events"]["units_left"].iloc[0]
    with pytest.raises(StudyError, match=r"has 10 outputs, 'digits' has 5: protocol.head=redraw"):
        compute(composed_cell(*halves, "protocol.source=digits"), tmp_path)
    b = compute(composed_cell(*halves, "protocol.source=digits", "protocol.head=redraw"), tmp_path).result
    assert masks(b, 1)[-1].all()
    assert not masks(b, 1)[0].all()
    with pytest.raises(StudyError, match="'mnist1d' has 40 inputs, 'digits' has 64"):
        compute(composed_cell("protocol=transfer", "protocol.source=mnist1d", "protocol.rounds=1"), tmp_path)
    for source in ("digits+", "digits+half", "a b"):
        with pytest.raises(StudyError, match="the name of a data set is needed"):
            protocol("transfer", source=source)


def test_early_stops_are_recorded_of_the_whole_network_and_of_every_ticket(tmp_path):
    looking = ["+dataset.params.validation=200", "training.evaluate_every=5"]
    cell = composed_cell(*looking, "protocol=lottery_ticket", "protocol.rounds=2", "protocol.rewind=1")
    tables = compute(cell, tmp_path).result.tables
    found = tables["trainings"].set_index("event")
    assert found.index.tolist() == [0, 2, 4]
    per_epoch = -(-len(cell.data.training) // cell.plan.recipe.batch_size)
    assert found["since"].tolist() == [0, per_epoch, per_epoch]
    assert (found["until"] == 3 * per_epoch // 5 * 5).all()  # the last look
    assert ((found["since"] <= found["early_stop"]) & (found["early_stop"] <= found["until"])).all()
    stopped = tables["stopped"].set_index(["event", "split"])
    for event in (0, 2, 4):
        row = stopped.loc[event, "validation"]
        assert row["correct"] / row["samples"] == pytest.approx(found["validation_accuracy"][event], abs=1 / 200)
    assert set(stopped.loc[4].index) == {"pruning", "held_out", "validation"}
    own = fit(mlp_of(cell), cell.data, seed=cell.plan.seed, recipe=cell.plan.recipe)
    right = (own.stopped.logits(cell.data.held_out.inputs).argmax(0) == cell.data.held_out.labels).sum()
    assert stopped.loc[0, "held_out"]["correct"] == int(right)


def mlp_of(cell):
    return mlp(cell.data.features, cell.plan.hidden, 10, activation=cell.plan.activation, seed=cell.plan.seed)


@pytest.mark.parametrize("name", ["magnitude", "taylor2_exact", "brute_force"])
def test_a_threshold_may_take_all_weights_and_what_follows_has_nothing_to_do(trained, name):
    result = run(trained, PruneRetrain(deviations=1e6, rounds=2, epochs=1), name)
    assert result.tables["events"]["units_left"].tolist() == [sum(SIZES), 0, 0, 0, 0]
