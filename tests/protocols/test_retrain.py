"""Retraining on the way: where it is due, what it leaves alone, what it gains, and that it is recorded as it was."""

import pandas as pd
import pytest
import torch
from mlflow.tracking import MlflowClient

from study import records
from study.cells.keys import cell_key, numerics, of_settings
from study.cells.tags import params
from study.common.errors import StudyError
from study.config.plan import plan
from study.networks import Network
from study.protocols import protocol
from study.protocols.retrain import Retrain
from study.pruning.settings import Settings
from study.training.further import Further
from study.trajectories.trajectory import prune
from tests import cases
from tests.cells.test_cell import SMALL, composed
from tests.hostile.commands import in_process


@pytest.fixture(scope="module")
def data():
    return cases.dataset(samples=40, features=3, outputs=3)


def same(one, two):
    for name in records.TABLES:
        if name in one.tables or name in two.tables:
            frames = (records.without_timing(name, result.tables[name]) for result in (one, two))
            pd.testing.assert_frame_equal(*frames, check_exact=True)


@pytest.mark.parametrize("protocol", [Retrain(epochs=0), Retrain(every=1.0)])
@pytest.mark.parametrize("selection", ["pruning", "held_out"])
def test_without_epochs_or_a_due_removal_nothing_changes(protocol, selection, data):
    net = cases.network((5, 4), 3)
    settings = {"truth_every": 2, "surfaces_every": 3, "selection": selection}
    same(prune(net, data, "taylor2", **settings), prune(net, data, "taylor2", protocol=protocol, **settings))


@pytest.mark.parametrize("ranking", ["single_overall", "iterative"])
@pytest.mark.parametrize("removal", ["zero", "mean"])
def test_a_step_shows_the_trained_network_and_removed_units_stay_removed(ranking, removal, data):
    net = cases.network((5, 4), 3)
    result = prune(net, data, "taylor2", ranking, removal=removal, protocol=Retrain(every=0.3, epochs=2))
    plain = prune(net, data, "taylor2", ranking, removal=removal)
    units = [(e, layer, unit) for e, layer, unit in result.tables["events"][["event", "layer", "unit"]].to_numpy()]
    assert {unit[1:] for unit in units[1:]} == {(0, k) for k in range(5)} | {(1, k) for k in range(4)}
    errors = result.trajectory["error_pruning"]
    assert errors[:3].tolist() == plain.trajectory["error_pruning"][:3].tolist()
    for k, (gains, network) in enumerate(result.path):
        small = result.network_after(k)
        assert sum(small.hidden) == 9 - k
        left = float(cases.plain_error(small, data.pruning, "half_squared", [torch.ones(n) for n in small.hidden]))
        assert left == pytest.approx(errors[k], rel=1e-12)
        trained = sum(Retrain(every=0.3).due(n, 9) for n in range(1, k + 1))
        assert (network.weights[0].equal(net.weights[0])) == (trained == 0)
        for event, layer, unit in units[1 : k + 1]:
            assert gains[layer][unit] == 0
            if any(Retrain(every=0.3).due(n, 9) for n in range(event, k + 1)):
                assert not network.weights[layer][unit].any()
                assert not network.weights[layer + 1][:, unit].any()


def test_a_single_ranking_keeps_its_first_order(data):
    net = cases.network((6,), 3)
    plain, trained = (prune(net, data, "taylor2", "single_overall", protocol=p) for p in ("no_retrain", "retrain"))
    columns = ["layer", "unit", "score"]
    pd.testing.assert_frame_equal(plain.tables["events"][columns], trained.tables["events"][columns])
    assert not trained.trajectory["error_pruning"].equals(plain.trajectory["error_pruning"])


@pytest.mark.parametrize("method", ["brute_force", "random"])
def test_the_same_seed_gives_the_same_tables_and_another_one_others(method):
    net, data = cases.network((6,), 3), cases.dataset(samples=250)  # several batches, or their order would not matter
    one, two, other = (prune(net, data, method, protocol="retrain", seed=s) for s in (1, 1, 2))
    same(one, two)
    assert one.trajectory["error_pruning"].tolist()[-1] != other.trajectory["error_pruning"].tolist()[-1]


def test_training_lowers_the_error_of_a_linear_network_that_lost_a_unit():
    """Two inputs through two linear units: without one of them the other can still learn all that it did."""
    rows = cases.rows(200, 2, 1)
    wanted = type(rows)(rows.inputs, rows.inputs @ torch.tensor([[1.0], [1.0]], dtype=torch.float64), rows.labels * 0)
    made = cases.dataset(features=2, outputs=1)
    data = type(made)("line", "regression", 0, "linear", dict.fromkeys(made.splits, wanted))
    eye, ends = torch.eye(2), torch.ones(1, 2)
    net = Network((eye, ends), (torch.zeros(2), torch.zeros(1)), ("linear",), "linear")
    plain = prune(net, data).trajectory["error_pruning"]
    errors = [plain[1]]
    for epochs in (1, 5, 20, 400):
        path = prune(net, data, protocol=Retrain(every=0.5, epochs=epochs)).trajectory["error_pruning"]
        assert path[0] == plain[0] == 0
        errors.append(path[1])
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 10 * errors[-1]


def test_more_epochs_begin_with_the_steps_of_fewer(data):
    further = Further(data, seed=0)
    net, gains = cases.network((4,), 3), [torch.tensor([1.0, 0.0, 1.0, 1.0], dtype=torch.float64)]
    twice = further.few_epochs(net, gains, epochs=2, removed=1).network
    assert not further.few_epochs(net, gains, epochs=1, removed=1).network.weights[0].equal(twice.weights[0])
    both = [further.few_epochs(net, gains, epochs=n, removed=1).network for n in (1, 2)]
    gain = [(trained.weights[1] - net.weights[1])[:, 0] for trained in both]
    assert torch.allclose(2 * gain[0], gain[1], rtol=0.2)  # Adam's first steps are all of its rate: one batch an epoch


def test_a_layer_without_units_is_trained_around(data):
    further = Further(data, seed=0)
    net = cases.network((2, 5), 3)
    gains = [torch.zeros(2, dtype=torch.float64), torch.ones(5, dtype=torch.float64)]
    trained = further.few_epochs(net, gains, epochs=3, removed=2).network
    assert trained.hidden == (2, 5)
    assert not trained.weights[1].any()
    assert not trained.biases[2].equal(net.biases[2])
    result = prune(net, data, "random", protocol=Retrain(every=0.1, epochs=1))
    assert len(result.trajectory) == 8


def test_a_compact_network_of_other_sizes_is_refused():
    net = cases.network((4,), 3)
    with pytest.raises(StudyError, match=r"hidden layers of \(4,\) units; the gains leave \(3,\)"):
        net.expanded([torch.tensor([1.0, 0.0, 1.0, 1.0])], net)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (
            {"name": "retrian"},
            "protocol='retrian'; possible: early, gradual, lottery_ticket, no_retrain, prune_retrain, retrain, ",
        ),
        ({"name": "retrain", "every": 0.0}, "protocol.every=0.0; possible: a share"),
        ({"name": "retrain", "every": 1.5}, "protocol.every=1.5"),
        ({"name": "retrain", "epochs": -1}, "protocol.epochs=-1: 0 or more"),
        ({"name": "no_retrain", "epochs": 20}, "'no_retrain' has no parameter epochs; it takes: none"),
    ],
)
def test_what_a_protocol_cannot_be_is_said(given, told):
    with pytest.raises(StudyError, match=told):
        protocol(**given)


def test_due_steps_are_counted_over_all_units():
    tenth = Retrain()
    assert [n for n in range(1, 101) if tenth.due(n, 100)] == list(range(10, 100, 10))
    assert [n for n in range(1, 5) if tenth.due(n, 4)] == [1, 2, 3]
    assert Retrain(every=0.25, epochs=1).label == "retrain[epochs=1,every=0.25]"


def test_the_key_knows_the_protocol_and_a_cell_that_never_trains_does_not():
    assert of_settings(Settings()) == {}
    keys = {
        cell_key(plan(composed(*SMALL, *given)), "network")
        for given in ((), ("protocol=retrain",), ("protocol=retrain", "protocol.epochs=1"))
    }
    assert len(keys) == 3
    assert set(numerics(plan(composed(*SMALL)))) == {"oracle", "method"}
    assert "protocol.epochs" not in params(plan(composed(*SMALL)))
    assert params(plan(composed(*SMALL, "protocol=retrain")))["protocol.epochs"] == 5


def test_the_command_line_retrains_and_records_the_protocol(ready_stores, tmp_path, capsys, monkeypatch):
    given = ["protocol=retrain", "protocol.epochs=1", "method=taylor2", "run.figures_for=[]"]
    done = in_process(capsys, monkeypatch, "study", *SMALL, *given, f"paths.outputs={tmp_path}")
    assert done.code == 0, done.said
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow/mlflow.db")
    (experiment,) = [e for e in client.search_experiments() if e.name != "Default"]
    (run,) = [r for r in client.search_runs([experiment.experiment_id]) if r.data.tags["study.kind"] == "cell"]
    assert run.data.tags["study.protocol"] == "retrain[epochs=1]"
    assert run.info.run_name.endswith("retrain[epochs=1]")
    assert run.data.params["protocol.epochs"] == "1"
