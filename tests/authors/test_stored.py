"""Stored networks: made in the authors' format with known weights, and the authors' own where they are at hand."""

import contextlib
import dataclasses
import sys
import threading

import numpy as np
import pytest
import torch

from study.authors import _graph, load, parse, stored
from study.authors._graph import StoredFormatError
from study.common.errors import StudyError
from study.impact import Stages, unit_errors
from study.networks import ErrorFunction, Network
from study.networks.parts import Parts
from tests import cases
from tests.authors import java, shared

NET = Network(
    (
        torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]),
        torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]]),
        torch.tensor([[-1.0, 1.5]]),
    ),
    (torch.tensor([7.0, 8.0, 9.0]), torch.tensor([0.7, 0.8]), torch.tensor([-2.5])),
    ("sigmoid", "sigmoid"),
    "sigmoid",
)
VALUES = [(10.0, 1.0, 4.0), (20.0, -2.0, 8.0), (30.0, 0.5, 0.0), (40.0, 0.0, -6.0), (50.0, 3.0, 2.0)]


def same(a: Network, b: Network) -> bool:
    pairs = zip((*a.weights, *a.biases), (*b.weights, *b.biases), strict=True)
    return (a.activations, a.output) == (b.activations, b.output) and all(torch.equal(x, y) for x, y in pairs)


def stream(net=NET, **options):
    return java.written(java.graph(net, **options))


def changed(root: java.Object, change) -> bytes:
    change(root)
    return java.written(root)


def elements(root, layer):
    held = root.values["layers"].entries[layer]
    while held.of is not java.PLAIN_LAYER:
        held = held.values["layer"]
    return held.values["elements"].entries


def test_a_network_is_read_as_it_was_written(tmp_path):
    (tmp_path / "made.dnn").write_bytes(stream())
    found = load(tmp_path / "made.dnn")
    assert same(found.network, NET)
    assert found.recorded is None
    assert not found.softmax_replaced
    assert found.identity.to_dict("list") == {
        "neuron": [1, 2, 3, 4, 5],
        "layer": [0, 0, 0, 1, 1],
        "unit": [0, 1, 2, 0, 1],
    }


@pytest.mark.parametrize("hidden", [(1,), (7,), (4, 6), (2, 3, 2, 5)])
@pytest.mark.parametrize("output", ["sigmoid", "softmax", "linear"])
@pytest.mark.parametrize("ran", [False, True])
def test_any_widths_depths_and_outputs_are_read(hidden, output, ran):
    net = cases.network(hidden, 3, output=output)
    assert same(parse(stream(net, recorded=[(1.0, 2.0, 3.0)] * sum(hidden) if ran else None), "made").network, net)


def test_recorded_values_are_those_of_the_pruning_run():
    found = parse(stream(recorded=VALUES), "mod.made")
    assert same(found.network, NET)
    assert found.recorded.to_dict("list") == {
        "layer": [0, 0, 0, 1, 1],
        "unit": [0, 1, 2, 0, 1],
        "error_off": [10.0, 20.0, 30.0, 40.0, 50.0],
        "g1": [-1.0, 2.0, -0.5, 0.0, -3.0],
        "g2": [1.0, 6.0, -0.5, -3.0, -2.0],
    }
    assert [g.tolist() for g in found.gains] == [[1.0] * 3, [1.0] * 2]


def test_a_run_that_recorded_nothing_has_no_recorded_values():
    assert parse(stream(recorded=[(0.0, 0.0, 0.0)] * 5), "mod.made").recorded is None


def test_a_file_numbers_its_neurons_itself():
    root = java.graph(NET, VALUES)
    for neuron in [*elements(root, 2)[:-1], *elements(root, 4)[:-1]]:
        neuron.values["idNum"] += 100
    assert parse(java.written(root), "mod.made").identity["neuron"].tolist() == [101, 102, 103, 104, 105]


def test_switched_off_neurons_and_gains_are_told_apart_from_weights():
    root = java.graph(NET, VALUES)
    elements(root, 2)[1].values["switchedOff"] = True
    elements(root, 4)[0].values["gain"] = 0.5
    found = parse(java.written(root), "mod.made")
    assert same(found.network, NET)
    assert [g.tolist() for g in found.gains] == [[1.0, 0.0, 1.0], [0.5, 1.0]]


def test_a_softmax_that_became_sigmoids_is_told():
    root = java.graph(NET, VALUES)
    root.of = java.CROSS_ENTROPY_NETWORK
    assert parse(java.written(root), "mod.made").softmax_replaced
    assert not parse(stream(cases.network((3,), 2, output="softmax")), "made").softmax_replaced


def test_layers_without_a_bias_neuron_have_no_bias():
    root = java.graph(NET)
    bias = elements(root, 2).pop()
    layer = elements(root, 3)
    layer[:] = [edge for edge in layer if edge.values["incoming"] is not bias]
    found = parse(java.written(root), "made").network
    assert found.biases[1].tolist() == [0.0, 0.0]
    assert torch.equal(found.weights[1], NET.weights[1])


def test_the_order_of_edges_does_not_matter_and_a_bias_neuron_has_no_inputs():
    root = java.graph(NET)
    elements(root, 3).reverse()
    elements(root, 1).append(java.edge(java.SIMPLE_EDGE, elements(root, 0)[0], elements(root, 2)[-1], 99.0))
    assert same(parse(java.written(root), "made").network, NET)


def test_every_truncation_is_refused():
    whole = stream()
    for length in range(0, len(whole), 7):
        with pytest.raises(StoredFormatError, match=r"cut\.dnn is (not|a truncated or corrupt) "):
            parse(whole[:length], "cut.dnn")


def test_a_corrupt_byte_never_ends_in_anything_but_a_refusal():
    whole, generator = stream(), np.random.default_rng(0)
    for at in generator.integers(4, len(whole), 200):
        broken = bytearray(whole)
        broken[at] ^= 0xFF
        with contextlib.suppress(StoredFormatError):  # a flipped bit of a value is no error
            parse(bytes(broken), "broken.dnn")


@pytest.mark.parametrize("content", [b"", b"\x80\x04\x95cposix\nsystem\n", b"PK\x03\x04", b"version https://git-lfs"])
def test_what_is_not_java_serialization_is_refused(content):
    with pytest.raises(StoredFormatError, match=r"other\.dnn is not a Java-serialized file: it begins with"):
        parse(content, "other.dnn")


@pytest.mark.parametrize(
    ("root", "found"),
    [
        (java.Object(java.INTEGER, {"value": 3}), "class java.lang.Integer"),
        (java.java_list([]), "class java.util.ArrayList"),
        (java.Object(java.Class("org.example.NeuralNetwork")), "class org.example.NeuralNetwork"),
        (java.neuron(java.OUTPUT), "class elements.Output"),
    ],
)
def test_another_class_is_refused(root, found):
    with pytest.raises(StoredFormatError, match=rf"other\.dnn holds a Java object of {found}, not a .*NeuralNetwork"):
        parse(java.written(root), "other.dnn")


def test_more_than_one_object_is_refused():
    with pytest.raises(StoredFormatError, match="holds 2 Java objects"):
        parse(stream() + b"\x70", "two.dnn")


def put(layer, index, name, value):
    return lambda root: elements(root, layer)[index].values.update({name: value})


def become(layer, index, of):
    return lambda root: setattr(elements(root, layer)[index], "of", of)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (put(1, 0, "weight", float("nan")), "layer 1 has the weight nan from neuron 0 to neuron 0"),
        (put(3, 3, "weight", float("inf")), "layer 3 has the weight inf from the bias to neuron 0"),
        (lambda root: elements(root, 3).pop(), "layer 3 has 0 edges from the bias to neuron 1, not one"),
        (lambda root: elements(root, 1).append(elements(root, 1)[0]), "layer 1 has 2 edges from neuron 0 to neuron 0"),
        (lambda root: elements(root, 1).append(elements(root, 3)[0]), "an edge that does not join the layers"),
        (put(1, 0, "incoming", None), "an edge that does not join the layers"),
        (become(2, 0, java.TANH), "layer 2 has neurons of class elements.TanhNeuron; known there"),
        (become(6, 0, java.BIAS), "layer 6 has no neurons"),
        (become(6, 0, java.INPUT), "layer 6 has neurons of class elements.Input"),
        (become(1, 0, java.NEURON), "layer 1 has a elements.Neuron among its edges|KeyError"),
        (lambda root: elements(root, 2).append(java.neuron(java.BIAS)), "layer 2 has 2 bias neurons"),
        (lambda root: root.values.update(inputDimension=3), "inputDimension is 3, but there are 2"),
        (lambda root: root.values.update(layers=None), "no list of layers"),
        (lambda root: root.values.update(layers=java.java_list(root.values["layers"].entries[:3])), "3 layers"),
        (lambda root: root.values.update(layers=java.java_list(root.values["layers"].entries[1:])), "6 layers"),
    ],
)
def test_weights_and_layers_that_do_not_fit_are_refused(change, found):
    with pytest.raises(StoredFormatError, match=found) as error:
        parse(changed(java.graph(NET), change), "odd.dnn")
    assert str(error.value).startswith("odd.dnn")


def test_sigmoids_inside_a_softmax_are_refused():
    root = java.graph(cases.network((3,), 2, output="softmax"))
    for each in elements(root, 4):
        each.of = java.OUTPUT
    with pytest.raises(StoredFormatError, match="outputs are sigmoid inside a softmax"):
        parse(java.written(root), "odd.dnn")


def test_a_layer_that_wraps_itself_is_refused():
    root = java.graph(NET, VALUES)
    layer = root.values["layers"].entries[2]
    layer.values["layer"] = layer
    with pytest.raises(StoredFormatError, match="a layer contains itself"):
        parse(java.written(root), "odd.dnn")


def test_a_missing_file_is_a_message(tmp_path):
    with pytest.raises(StudyError, match=r"nowhere\.dnn cannot be read"):
        load(tmp_path / "nowhere.dnn")


def test_the_recursion_limit_and_the_stack_are_as_before():
    before = sys.getrecursionlimit(), threading.stack_size()
    parse(stream(), "made")
    with pytest.raises(StoredFormatError):
        parse(stream()[:-9], "cut")
    assert (sys.getrecursionlimit(), threading.stack_size()) == before


def test_nesting_deeper_than_allowed_is_refused(monkeypatch):
    net = cases.network((60, 60), 1)
    content = _graph.deeply(lambda: stream(net), frames=100_000)
    assert same(parse(content, "deep.dnn").network, net)
    monkeypatch.setattr(_graph, "FRAMES", 100)
    with pytest.raises(StoredFormatError, match=r"deep\.dnn .* RecursionError"):
        parse(content, "deep.dnn")


@pytest.mark.parametrize(
    ("name", "shape", "output"),
    [
        ("cos.big.network.dnn", "1-50-50-1", "sigmoid"),
        ("diamond.network.dnn", "2-50-50-1", "sigmoid"),
        ("drshape.network.dnn", "2-50-50-1", "sigmoid"),
        ("mod.cos.network.dnn", "1-10-10-1", "sigmoid"),
        ("mnist-acc99-in-400-out-10-struct-100-id-1.dnn", "400-100-10", "sigmoid"),
        ("mnist-test-small-in-400-out-10-struct-100.dnn", "400-100-10", "softmax"),
    ],
)
def test_the_authors_networks_are_read(name, shape, output):
    found = shared.network(name)
    assert (found.network.name, found.network.output) == (shape, output)
    assert found.identity["neuron"].tolist() == list(range(1, sum(found.network.hidden) + 1))
    assert (found.recorded is not None) == name.startswith("mod.")
    assert all((g == 1).all() for g in found.gains)


@pytest.mark.parametrize(
    "name", ["diamond.network.dnn", "drshape.network.dnn", "mnist-acc99-in-400-out-10-struct-100-id-1.dnn"]
)
def test_the_authors_pruning_run_left_the_weights_alone(name):
    before, after = shared.network(name), shared.network(f"mod.{name}")
    assert same(before.network, after.network)
    assert before.recorded is None
    assert list(after.recorded.columns) == ["layer", "unit", "error_off", "g1", "g2"]


@pytest.mark.parametrize(
    ("name", "data", "error"),
    [
        ("diamond", "diamond-train", 138.91018061730434),
        ("drshape", "DRShape-train", 906.1868548727878),
    ],
)
def test_half_the_squared_error_is_the_recorded_one(name, data, error):
    """E = 1/2 sum (o - t)^2 over all rows, sigmoid output, target the 0/1 label: at the start, and unit by unit."""
    net = shared.network(f"mod.{name}.network.dnn")
    stages = Stages(net.network, shared.rows(data), ErrorFunction("sigmoid", "half_squared"))
    assert stages.total() == pytest.approx(error, rel=1e-8)
    parts = Parts(*(torch.tensor(net.recorded[side].to_numpy()) for side in ("layer", "unit")))
    found = unit_errors(stages, parts, cases.zeros(net.network)).numpy()
    np.testing.assert_allclose(found, net.recorded["error_off"], rtol=1e-9)


def test_stored_is_a_value():
    assert dataclasses.is_dataclass(stored.Stored)
    with pytest.raises(dataclasses.FrozenInstanceError):
        parse(stream(), "made").network = NET
