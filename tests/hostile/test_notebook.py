"""The notebook's functions with broken data and networks: refused in words; with odd but legal ones: right numbers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from study import load_dataset, prune, train
from study.common.errors import StudyError
from study.data import Dataset, Split, one_hot
from study.methods import names
from study.networks import Network, from_module, mlp
from study.protocols.retrain import Retrain
from study.pruning.settings import Selection, Settings
from study.training.recipe import Recipe
from tests import cases

NAN, INF = float("nan"), float("inf")
SHORT = Recipe(epochs=2)


def split(x=None, t=None, y=None, n=8):
    made = cases.rows(n, 3, 3)
    return Split(made.inputs if x is None else x, made.targets if t is None else t, made.labels if y is None else y)


def dataset(**changes):
    made = cases.dataset()
    values = {name: getattr(made, name) for name in ("name", "task", "classes", "output", "splits")}
    return Dataset(**values | changes)


def with_split(name, rows):
    return dataset(splits={**cases.dataset().splits, name: rows})


def at(value, shape=(8, 3)):
    x = torch.zeros(shape, dtype=torch.float64)
    x.view(-1)[-1] = value
    return x


LABELS = torch.zeros(8, dtype=torch.int64)
DATA = {
    "NaN in an input": (lambda: split(x=at(NAN)), "finite; found NaN or infinity"),
    "an infinite input": (lambda: split(x=at(INF)), "finite"),
    "a negative infinite input": (lambda: split(x=at(-INF)), "finite"),
    "NaN in a target": (lambda: split(t=at(NAN)), "finite"),
    "an infinite target": (lambda: split(t=at(INF)), "finite"),
    "no rows": (lambda: split(*(v[:0] for v in (at(0), at(0), LABELS))), "at least one sample"),
    "no features": (lambda: split(x=torch.zeros(8, 0)), "at least one feature"),
    "no outputs": (lambda: split(t=torch.zeros(8, 0)), "at least one feature and one output"),
    "inputs in one dimension": (lambda: split(x=torch.zeros(8)), r"inputs \(samples, features\).*\(8,\)"),
    "images that were not flattened": (lambda: split(x=torch.zeros(8, 4, 4)), r"\(8, 4, 4\)"),
    "a single number": (lambda: split(x=torch.tensor(1.0)), "a split needs inputs"),
    "targets in one dimension": (lambda: split(t=torch.zeros(8)), "a split needs inputs"),
    "fewer targets than inputs": (lambda: split(t=torch.zeros(7, 3)), r"\(7, 3\)"),
    "fewer labels than inputs": (lambda: split(y=LABELS[:7]), r"\(7,\)"),
    "one-hot labels": (lambda: split(y=torch.zeros(8, 3, dtype=torch.int64)), r"labels \(samples,\)"),
    "labels that are no whole numbers": (
        lambda: split(y=torch.zeros(8)),
        "whole numbers are needed, not torch.float32",
    ),
    "labels that are true or false": (lambda: split(y=torch.zeros(8, dtype=torch.bool)), "torch.bool"),
    "text": (lambda: split(x="a table"), "inputs have to be a tensor or an array"),
    "an array of text": (lambda: split(x=np.array([["a"]])), "inputs have to be"),
    "an array of objects": (lambda: split(t=np.array([[None]])), "targets have to be"),
    "None": (lambda: Split(None, at(0), LABELS), "inputs have to be"),
    "complex numbers": (lambda: split(x=torch.zeros(8, 3, dtype=torch.complex128)), "real numbers"),
    "a sparse matrix": (lambda: split(x=at(1).to_sparse()), "not sparse"),
    "a label beyond the classes": (
        lambda: with_split("pruning", split(y=LABELS + 3)),
        "labels 3 to 3; possible are 0 to 2",
    ),
    "a negative label": (lambda: with_split("held_out", split(y=LABELS - 1)), "held_out.*labels -1 to -1"),
    "more classes than outputs": (
        lambda: dataset(classes=5, splits=dict.fromkeys(cases.dataset().splits, split(y=LABELS + 4))),
        "5 classes and 3 outputs",
    ),
    "other features in one split": (
        lambda: with_split("pruning", split(x=torch.zeros(8, 4))),
        "'pruning' has 4 features and 3 outputs, the training rows 3 and 3",
    ),
    "other outputs in one split": (
        lambda: with_split("held_out", split(t=torch.zeros(8, 2))),
        "3 features and 2 outputs",
    ),
    "no held-out rows": (lambda: dataset(splits={"training": split(), "pruning": split()}), "lacks the splits"),
    "a split that is none": (lambda: with_split("pruning", torch.zeros(8, 3)), "'pruning' is a Tensor, not a Split"),
    "an unknown task": (lambda: dataset(task="clustering"), "possible: classification, regression"),
    "an unknown output": (lambda: dataset(output="relu"), "possible: sigmoid, softmax, linear"),
    "no classes": (lambda: dataset(classes=0), "classes=0: 1 or more"),
    "half a class": (lambda: dataset(classes=2.5), "whole number"),
    "a regression with classes": (lambda: dataset(task="regression"), "a regression has no classes"),
    "a negative data seed": (lambda: load_dataset("digits", seed=-1), "whole number from 0 on"),
    "a data seed that is true": (lambda: load_dataset("digits", seed=True), "whole number"),
    "an unknown data set": (lambda: load_dataset("digts"), r"did you mean digits\? known: .*digits"),
    "a path as a data set": (lambda: load_dataset("../data/digits"), "named with its module"),
    "a private module as a data set": (lambda: load_dataset("_sources"), "no data set"),
    "an unknown parameter": (lambda: load_dataset("circle", digit=3), "has no parameter 'digit'; it has none"),
    "a parameter of another type": (lambda: load_dataset("mnist_one_vs_all", digit="3"), "of type int, got '3'"),
}


@pytest.mark.parametrize("what", DATA)
def test_data_that_cannot_be_are_refused(what):
    make, told = DATA[what]
    with pytest.raises(StudyError, match=told):
        make()


NET, MADE = cases.network((4, 3), 3), cases.dataset()


def stack(*layers):
    return nn.Sequential(*layers)


class Functional(nn.Module):
    """An activation that cannot be seen from outside."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Linear(3, 5), nn.Linear(5, 3)

    def forward(self, x):
        return self.second(torch.relu(self.first(x)))


class Shortcut(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = stack(nn.Linear(3, 3), nn.Tanh(), nn.Linear(3, 3))

    def forward(self, x):
        return x + self.inner(x)


class Backwards(nn.Module):
    """Layers that are not used in the order in which they were made."""

    def __init__(self):
        super().__init__()
        self.last, self.first = nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(self, x):
        return self.last(self.first(x))


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.scale = stack(nn.Linear(3, 4), nn.Linear(4, 3)), nn.Parameter(torch.tensor(2.0))

    def forward(self, x):
        return self.scale * self.inner(x)


class Two(nn.Module):
    """More than one output."""

    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(3, 4), nn.Linear(4, 3)

    def forward(self, x):
        return self.b(self.a(x)), x


class Steep(nn.Sigmoid):
    """Another function under a known name."""

    def forward(self, x):
        return torch.sigmoid(5 * x)


def broken(value):
    module = stack(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3))
    with torch.no_grad():
        module[0].weight[0, 0] = value
    return module


MODULES = {
    "a functional activation": (Functional, "not the stack of its layers"),
    "a shortcut": (Shortcut, "not the stack of its layers"),
    "layers in another order": (Backwards, "not the stack of its layers"),
    "a factor of its own": (Scaled, "not the stack of its layers"),
    "two outputs": (Two, "not the stack of its layers"),
    "a softmax over the rows": (
        lambda: stack(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3), nn.Softmax(dim=0)),
        "differ by",
    ),
    "a softplus with another beta": (lambda: stack(nn.Linear(3, 4), nn.Softplus(beta=3), nn.Linear(4, 3)), "differ by"),
    "a class that derives from an activation": (
        lambda: stack(nn.Linear(3, 4), Steep(), nn.Linear(4, 3)),
        "cannot prune a Steep",
    ),
    "a convolution": (lambda: stack(nn.Conv1d(1, 1, 1)), "cannot prune a Conv1d"),
    "a batch normalisation without statistics": (
        lambda: stack(nn.Linear(3, 4), nn.BatchNorm1d(4, track_running_stats=False), nn.Linear(4, 3)),
        "cannot prune a BatchNorm1d",
    ),
    "an activation first": (lambda: stack(nn.ReLU(), nn.Linear(3, 4), nn.Linear(4, 3)), "cannot prune a ReLU here"),
    "two activations": (lambda: stack(nn.Linear(3, 4), nn.ReLU(), nn.Tanh(), nn.Linear(4, 3)), "cannot prune a Tanh"),
    "no hidden layer": (lambda: stack(nn.Linear(3, 3)), "nothing to prune"),
    "nothing at all": (stack, "nothing to prune"),
    "layers that do not fit": (lambda: stack(nn.Linear(3, 4), nn.Linear(5, 3)), "takes 5 inputs"),
    "NaN weights": (lambda: broken(NAN), "not finite"),
    "infinite weights": (lambda: broken(INF), "not finite"),
    "a softmax in the middle": (
        lambda: stack(nn.Linear(3, 4), nn.Softmax(dim=1), nn.Linear(4, 3)),
        "only as the output",
    ),
    "a list of layers": (lambda: [nn.Linear(3, 4)], "a network or a torch module is needed, got list"),
    "a state dictionary": (lambda: Functional().state_dict(), "got OrderedDict"),
    "a class, not a module": (lambda: Functional, "got type"),
    "weights as a file name": (lambda: "network.pt", "got str"),
    "other inputs than the data": (
        lambda: stack(nn.Linear(4, 4), nn.Tanh(), nn.Linear(4, 3)),
        "4 inputs and 3 outputs",
    ),
    "other outputs than the data": (
        lambda: stack(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)),
        "3 inputs and 2 outputs",
    ),
}


@pytest.mark.parametrize("what", MODULES)
def test_modules_that_cannot_be_read_are_refused(what):
    make, told = MODULES[what]
    with pytest.raises(StudyError, match=told):
        prune(make(), MADE)


ARGUMENTS = {
    "an unknown method": (lambda: prune(NET, MADE, "taylor3"), "known: .*taylor2_exact"),
    "a method that is a number": (lambda: prune(NET, MADE, 3), "a name or a method is needed, got a int"),
    "a module's path as a method": (lambda: prune(NET, MADE, "..errors"), "unknown method"),
    "the base as a method": (lambda: prune(NET, MADE, "base"), "unknown method 'base'"),
    "an unknown ranking": (lambda: prune(NET, MADE, ranking="twice"), "possible: single_overall, iterative"),
    "no ranking": (lambda: prune(NET, MADE, settings=Settings(ranking=None)), "ranking=None"),
    "an unknown removal": (lambda: prune(NET, MADE, removal="half"), "possible: compensate, mean, zero"),
    "an unknown error": (lambda: prune(NET, MADE, error="l1"), "possible: half_squared, cross_entropy"),
    "a cross-entropy of sigmoids": (lambda: prune(NET, MADE, error="cross_entropy"), "needs a softmax"),
    "an unknown selection": (lambda: prune(NET, MADE, selection="all"), "possible: pruning, held_out, subset"),
    "a subset without its size": (lambda: prune(NET, MADE, selection="subset"), "goes with rows=subset"),
    "an empty subset": (lambda: Selection("subset", 0), "selection.samples=0: 1 or more"),
    "a subset of half a row": (lambda: Selection("subset", 0.5), "whole number"),
    "a subset larger than the rows": (lambda: prune(NET, MADE, selection=Selection("subset", 41)), "possible: 1 to 40"),
    "an unknown protocol": (
        lambda: prune(NET, MADE, protocol="train"),
        "possible: early, gradual, lottery_ticket, no_retrain",
    ),
    "no share at all": (lambda: Retrain(every=0.0), "above 0"),
    "a share that is no number": (lambda: Retrain(every=NAN), "protocol.every=nan"),
    "half an epoch": (lambda: Retrain(epochs=0.5), "whole number"),
    "an unknown parameter": (lambda: prune(NET, MADE, "taylor1", draw=3), "has no parameter draw"),
    "an impossible parameter": (lambda: prune(NET, MADE, "taylor2", threshold=3), "possible: none, mean, median"),
    "half a draw": (lambda: prune(NET, MADE, "random", draw=0.5), "whole number"),
    "a draw that is text": (lambda: prune(NET, MADE, "random", draw="a"), "whole number"),
    "a negative seed": (lambda: prune(NET, MADE, "random", seed=-1), "seed=-1: 0 or more"),
    "half a seed": (lambda: prune(NET, MADE, "random", seed=0.5), "whole number"),
    "a seed beyond every generator": (lambda: prune(NET, MADE, seed=2**70), "less than 2"),
    "no truths": (lambda: prune(NET, MADE, truth_every=0), "truth_every=0: 1 or more"),
    "truths at every half step": (lambda: prune(NET, MADE, truth_every=0.5), "whole number"),
    "surfaces at every minus first step": (lambda: prune(NET, MADE, surfaces_every=-1), "surfaces_every=-1"),
    "surfaces without an end": (lambda: Settings(surface_gain=INF), "surface_gain >= 1"),
    "surfaces without a step": (lambda: Settings(surface_step=NAN), "surface_step > 0"),
    "an unknown device": (lambda: prune(NET, MADE, device="tpu"), "possible are cpu, cuda"),
    "no data": (lambda: prune(NET, None), "a Dataset is needed.* got NoneType"),
    "a name for data": (lambda: prune(NET, "digits"), "a Dataset is needed.* got str"),
    "a split for data": (lambda: prune(NET, split()), "got Split"),
    "more units than there were": (lambda: prune(NET, MADE).network_after(8), "had 7 hidden units"),
    "fewer than none": (lambda: prune(NET, MADE).network_after(-1), "had 7 hidden units"),
    "training on no data": (lambda: train("mlp_4", "digits"), "a Dataset is needed"),
    "training nothing": (lambda: train(None, MADE), "a network or a torch module is needed"),
    "training an unknown network": (lambda: train("resnet_50", MADE), "as in mlp_100"),
    "training with an unknown activation": (lambda: train("mlp_4", MADE, activation="gelu"), "known: sigmoid"),
    "training from a negative seed": (lambda: train("mlp_4", MADE, seed=-1), "seed=-1"),
    "a training that diverges": (
        lambda: train("mlp_4", MADE, output="linear", recipe=Recipe(learning_rate=1e300, precision="float32")),
        "diverged|not finite",
    ),
    "a retraining that diverges": (
        lambda: prune(
            cases.network((3,), 3, activation="linear", output="linear", gain=1e160), MADE, protocol="retrain"
        ),
        "the error is|diverged|not finite",
    ),
    "a network of no units": (lambda: mlp(3, (0,), 3), "at least one unit"),
    "a network of half a unit": (lambda: mlp(3, (0.5,), 3), "at least one unit"),
    "outputs beyond float64": (
        lambda: prune(cases.network((3,), 3, activation="linear", output="linear", gain=1e200), MADE, "magnitude"),
        "the error is (inf|nan) with 3 units left",
    ),
    "inputs beyond float64": (
        lambda: prune(
            cases.network((3,), 3, activation="linear", output="linear"),
            dataset(splits=dict.fromkeys(MADE.splits, split(x=at(1e200)))),
            "random",
        ),
        "the error is inf",
    ),
}


@pytest.mark.parametrize("what", ARGUMENTS)
def test_arguments_that_cannot_be_are_refused(what):
    call, told = ARGUMENTS[what]
    with pytest.raises(StudyError, match=told):
        call()


# ---------------------------------------------------------------------------------------------------------------------
# Odd, and legal: the numbers are those of plain forward passes.


def changed(net: Network, **layers) -> Network:
    """A network with some of its weights set: `weight_1=lambda w: ...` changes a copy in place."""
    weights, biases = [w.clone() for w in net.weights], [b.clone() for b in net.biases]
    for name, change in layers.items():
        kind, m = name.split("_")
        change((weights if kind == "weight" else biases)[int(m)])
    return Network(tuple(weights), tuple(biases), net.activations, net.output)


def zero(*index):
    return lambda w: w.__setitem__(index, 0.0)


def copied(to, of):
    return lambda w: w.__setitem__(to, w[of].clone())


def copied_column(to, of):
    return lambda w: w.__setitem__((slice(None), to), w[:, of].clone())


def one_class(label, outputs=3):
    rows = cases.rows(20, 3, outputs)
    labels = torch.full((20,), label)
    targets = one_hot(labels, outputs) if outputs > 1 else labels[:, None].double()
    whole = Split(rows.inputs, targets, labels)
    return cases.dataset(outputs=outputs), dict.fromkeys(("training", "pruning", "held_out"), whole)


def of_splits(pair):
    made, splits = pair
    return Dataset("made", made.task, made.classes, made.output, splits)


def same_rows(rows):
    return replace(MADE, splits=dict.fromkeys(MADE.splits, rows), digest="")


BASE = cases.network((4, 3), 3)
ODD = {
    "one unit": (cases.network((1,), 3), MADE),
    "one unit in each of three layers": (cases.network((1, 1, 1), 3), MADE),
    "a unit that nothing leaves": (changed(BASE, weight_1=zero(slice(None), 2)), MADE),
    "a unit that nothing reaches": (changed(BASE, weight_0=zero(1), bias_0=zero(1)), MADE),
    "a ReLU that is never on": (
        changed(cases.network((4,), 3, activation="relu"), bias_0=lambda b: b.__setitem__(1, -1e3)),
        MADE,
    ),
    "a layer that is dead": (changed(BASE, weight_1=zero(slice(None))), MADE),
    "two units that do the same": (
        changed(BASE, weight_0=copied(2, 0), bias_0=copied(2, 0), weight_1=copied_column(2, 0)),
        MADE,
    ),
    "all units the same": (
        changed(
            cases.network((4,), 3),
            weight_0=lambda w: w.copy_(w[:1].expand_as(w)),
            bias_0=lambda b: b.fill_(0.1),
            weight_1=lambda w: w.copy_(w[:, :1].expand_as(w)),
        ),
        MADE,
    ),
    "outputs that never change": (changed(BASE, weight_2=zero(slice(None))), MADE),
    "weights that are all 0": (changed(BASE, weight_0=zero(), weight_1=zero(), weight_2=zero()), MADE),
    "units that are saturated": (changed(BASE, weight_0=lambda w: w.mul_(1e6), bias_0=lambda b: b.fill_(1e9)), MADE),
    "tiny weights": (changed(BASE, weight_0=lambda w: w.mul_(1e-300)), MADE),
    "one class of three": (BASE, of_splits(one_class(2))),
    "one class of two": (cases.network((4, 3), 1), of_splits(one_class(1, outputs=1))),
    "the other class of two": (cases.network((4, 3), 1), of_splits(one_class(0, outputs=1))),
    "a single row": (BASE, same_rows(cases.rows(1, 3, 3))),
    "the same row again and again": (BASE, same_rows(cases.rows(5, 3, 3).rows(torch.zeros(50, dtype=torch.int64)))),
    "inputs that are all 0": (
        BASE,
        same_rows(Split(torch.zeros(9, 3), one_hot(torch.arange(9) % 3, 3), torch.arange(9) % 3)),
    ),
    "float32 inputs and whole-number targets": (
        BASE,
        same_rows(Split(torch.ones(6, 3), one_hot(torch.zeros(6), 3).int(), torch.zeros(6, dtype=torch.int32))),
    ),
    "NumPy arrays": (
        BASE,
        same_rows(Split(np.ones((6, 3)), np.eye(3)[[0, 1, 2, 0, 1, 2]], np.array([0, 1, 2, 0, 1, 2]))),
    ),
    "the target is reached": (
        changed(
            cases.network((3,), 3, output="linear"),
            weight_1=zero(),
            bias_1=lambda b: b.copy_(torch.tensor([1.0, 0.0, 0.0])),
        ),
        same_rows(Split(torch.ones(6, 3), one_hot(torch.zeros(6), 3), torch.zeros(6, dtype=torch.int64))),
    ),
}


@pytest.mark.parametrize("removal", ["zero", "mean"])
@pytest.mark.parametrize("what", ODD)
def test_odd_and_legal_ones_give_the_numbers_of_plain_forward_passes(what, removal):
    net, data = ODD[what]
    result = prune(net, data, "brute_force", removal=removal, surfaces_every=1, pairs=True, reinsertion=True)
    path = result.trajectory
    assert len(path) == sum(net.hidden) + 1
    for k, (gains, masked) in enumerate(result.path):
        for name, rows in data.evaluation_splits.items():
            error = float(cases.plain_error(masked, rows, "half_squared", gains))
            assert path[f"error_{name}"][k] == pytest.approx(error, rel=1e-10, abs=1e-13)
            outputs = masked(rows.inputs, gains)
            right = (
                (outputs[:, 0] >= 0.5).long() == rows.labels
                if net.biases[-1].numel() == 1
                else outputs.argmax(1) == rows.labels
            )
            assert path[f"accuracy_{name}"][k] == float(right.double().mean())
        here = result.impacts[result.impacts["event"] == k]
        for layer, unit, impact in here[["layer", "unit", "impact"]].itertuples(index=False):
            off = [g.clone() for g in gains]
            off[layer][unit] = 0.0
            after = masked
            if removal == "mean":
                inner = data.pruning.inputs
                h = inner.T
                for m in range(layer + 1):
                    h = ACT[masked.activations[m]](masked.pre_activation(m, h)) * gains[m][:, None]
                after = masked.absorb(layer, unit, float(h[unit].mean()))
            rise = float(cases.plain_error(after, data.pruning, "half_squared", off)) - path["error_pruning"][k]
            assert impact == pytest.approx(rise, rel=1e-9, abs=1e-11 * max(1.0, path["error_pruning"].max()))
    for (event, layer, unit), rows in result.surfaces.groupby(["event", "layer", "unit"]):
        if removal == "zero":
            gains, masked = result.path[event]
            for gain in (0.0, 1.0, 3.0):
                moved = [g.clone() for g in gains]
                moved[layer][unit] = gain
                error = float(cases.plain_error(masked, data.pruning, "half_squared", moved))
                assert rows.set_index("gain")["error"][gain] == pytest.approx(error, rel=1e-9, abs=1e-11)


ACT = {"sigmoid": torch.sigmoid, "relu": torch.relu, "tanh": torch.tanh}


@pytest.mark.parametrize("what", ODD)
def test_every_method_goes_through_odd_ones_without_a_number_that_is_none(what):
    net, data = ODD[what]
    for method in names():
        for ranking in ("iterative", "single_overall"):
            result = prune(net, data, method, ranking)
            events = result.tables["events"]
            gone = list(zip(events["layer"][1:], events["unit"][1:], strict=True))
            assert sorted(gone) == [(m, k) for m, n in enumerate(net.hidden) for k in range(n)]
            assert np.isfinite(result.trajectory[["error_pruning", "error_held_out"]]).all(axis=None)
            assert np.isfinite(result.impacts["impact"]).all()
            assert 0 <= result.removable() <= sum(net.hidden)
            regret = result.agreement["regret"]
            assert (regret >= 0).all()


def test_dead_and_duplicated_units_are_ties_and_the_lowest_goes_first():
    net = changed(BASE, weight_1=zero(slice(None), [1, 3]))
    result = prune(net, MADE, "brute_force")
    events = result.tables["events"]
    dead = [
        (layer, unit)
        for layer, unit in zip(events["layer"], events["unit"], strict=True)
        if (layer, unit) in ((0, 1), (0, 3))
    ]
    assert dead == [(0, 1), (0, 3)]
    start = result.impacts.query("event == 0 and layer == 0").set_index("unit")["impact"]
    assert start[[1, 3]].to_numpy() == pytest.approx(0.0, abs=1e-12 * result.trajectory["error_pruning"][0])
    assert result.agreement.query("event == 0 and layer == -1")["ties"].item() == 2


def test_training_on_one_class_learns_it():
    data = of_splits(one_class(1))
    network = train("mlp_3", data, recipe=Recipe(epochs=200, learning_rate=0.05))
    assert (network(data.held_out.inputs).argmax(1) == 1).all()


def test_a_module_whose_layers_share_an_activation_is_read_as_it_runs():
    shared = nn.Tanh()
    module = stack(nn.Linear(3, 4), shared, nn.Linear(4, 4), shared, nn.Linear(4, 3)).double()
    network = from_module(module)
    assert network.activations == ("tanh", "tanh")
    assert torch.allclose(network(MADE.pruning.inputs), module(MADE.pruning.inputs), atol=1e-12)


def test_a_module_that_is_used_twice_is_two_layers():
    twice = nn.Linear(3, 3).double()
    module = stack(twice, nn.ReLU(), twice, nn.ReLU(), nn.Linear(3, 3).double())
    network = from_module(module)
    assert network.hidden == (3, 3)
    assert torch.allclose(network(MADE.pruning.inputs), module(MADE.pruning.inputs), atol=1e-12)


def test_a_module_is_left_as_it_was_and_what_is_done_to_it_later_changes_nothing():
    module = stack(nn.Linear(3, 4), nn.Dropout(0.5), nn.Tanh(), nn.Linear(4, 3)).double().train()
    network = from_module(module)
    before = network.digest()
    assert module.training
    with torch.no_grad():
        module[0].weight.fill_(7.0)
    assert network.digest() == before


def test_a_class_of_ones_own_that_is_a_stack_is_read():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.layers = nn.ModuleList([nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 3)])

        def forward(self, x):
            for layer in self.layers:
                x = layer(x)
            return x

    assert from_module(Own()).name == "3-4-3"
