"""The network at the early stop: chosen while training, it is that of the iteration that `early_stop` reads later."""

import logging
from dataclasses import replace

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from study.data import Dataset, Split
from study.training.cache import trained_from
from study.training.early_stop import early_stop
from study.training.recipe import Recipe
from study.training.snapshots import Snapshots
from study.training.train import fit
from tests import cases

PLAIN = cases.dataset(samples=50, features=3, outputs=3)
SHORT = Recipe(iterations=48, batch_size=8, evaluate_every=4, learning_rate=0.05, input_scale=2.0, dropout=0.1)
START = cases.network((5,), 3)


def looked_at(rows):
    return Dataset("made", "classification", 3, "sigmoid", {**PLAIN.splits, "validation": rows})


TRAINED = PLAIN.training
DRAWN = START(TRAINED.inputs)
FIRST = Split(TRAINED.inputs, DRAWN, DRAWN.argmax(1))  # nothing fits better than the network as drawn
CURVES = {
    "falls": (looked_at(TRAINED), SHORT),
    "rises": (looked_at(FIRST), SHORT),
    "float32": (looked_at(TRAINED), replace(SHORT, precision="float32", optimizer="sgd", momentum=0.9)),
    "turns": (looked_at(cases.rows(31, 3, 3, seed=9)), replace(SHORT, dropout=0.0)),
    "stays": (looked_at(TRAINED), replace(SHORT, learning_rate=1e-300)),
    "one look": (looked_at(TRAINED), replace(SHORT, evaluate_every=100)),
    "two looks": (looked_at(TRAINED), replace(SHORT, evaluate_every=48)),
}
STOPS = {"falls": {48}, "rises": {0}, "turns": set(range(4, 48)), "stays": {0}, "one look": {0}, "two looks": {0}}


@pytest.mark.parametrize("curve", CURVES)
def test_it_is_to_the_bit_that_of_a_training_that_ends_there(curve):
    data, recipe = CURVES[curve]
    found = fit(START, data, seed=2, recipe=recipe)
    stop = early_stop(found.history).iteration
    assert stop in STOPS.get(curve, range(49))
    assert found.stopped.digest() == fit(START, data, seed=2, recipe=recipe, until=stop).network.digest()


def test_in_a_rewound_network_it_is_that_since_the_rewinding():
    data, recipe = CURVES["turns"]
    found = fit(START, data, seed=2, recipe=recipe, since=20)
    stop = early_stop(found.history).iteration
    assert stop > 20
    ended = fit(START, data, seed=2, recipe=recipe, since=20, until=stop)
    assert found.stopped.digest() == ended.network.digest()


def test_there_is_none_without_looks_at_validation_rows():
    assert fit(START, PLAIN, seed=0, recipe=replace(SHORT, evaluate_every=0)).stopped is None
    assert Snapshots().best() is None


ERRORS = st.one_of(st.integers(0, 3).map(float), st.floats(0, 10))


@given(st.lists(ERRORS, min_size=1, max_size=24), st.sampled_from([1, 3, 5, 7]))
def test_it_and_the_early_stop_never_disagree(errors, smooth):
    snapshots, vector = Snapshots(smooth), torch.zeros(1)
    for i, error in enumerate(errors):
        vector.fill_(i)
        snapshots.look(10 * i, error, vector)
        seen = {"step": range(0, 10 * i + 1, 10), "validation_error": errors[: i + 1], "validation_accuracy": 0.5}
        best = snapshots.best()
        assert best.iteration == early_stop(pd.DataFrame(seen), smooth).iteration
        assert best.vector.item() == best.iteration / 10
        assert len(snapshots._waiting) <= smooth // 2


@pytest.mark.parametrize("curve", ["turns", "falls"])
def test_it_is_kept_with_the_network_and_read_again(curve, tmp_path, monkeypatch):
    data, recipe = CURVES[curve]
    first = trained_from(START, data, recipe, 2, tmp_path)
    monkeypatch.setattr("study.training.cache.fit", None)
    again = trained_from(START, data, recipe, 2, tmp_path)
    for found in (first, again):
        assert found.stopped.digest() == fit(START, data, seed=2, recipe=recipe).stopped.digest()
    assert again.history.equals(first.history)


def rewritten(file, change):
    with safe_open(file, framework="pt") as content:
        tensors, notes = {name: content.get_tensor(name) for name in content.keys()}, content.metadata()  # noqa: SIM118
    change(tensors, notes)
    save_file(tensors, file, notes)


def without(tensors, notes):
    for name in [name for name in tensors if name.startswith("stopped.")]:
        del tensors[name]
    del notes["stopped_digest"]


def exchanged(tensors, notes):
    tensors["stopped.weight.0"] = tensors["weight.0"].clone()


def torn(tensors, notes):
    del tensors["stopped.bias.1"]


@pytest.mark.parametrize(
    ("change", "told"),
    [(without, "lacks the early stop; the network is trained again"), (exchanged, "damaged"), (torn, "damaged")],
)
def test_a_file_without_it_or_with_another_one_is_trained_again(change, told, tmp_path, caplog):
    data, recipe = CURVES["turns"]
    first = trained_from(START, data, recipe, 2, tmp_path)
    before = first.file.read_bytes()
    rewritten(first.file, change)
    with caplog.at_level(logging.WARNING):
        again = trained_from(START, data, recipe, 2, tmp_path)
    assert told in caplog.text
    assert again.stopped.digest() == first.stopped.digest()
    assert len(again.file.read_bytes()) == pytest.approx(len(before), abs=20)
    assert trained_from(START, data, recipe, 2, tmp_path).seconds == again.seconds


def test_a_file_of_a_training_without_looks_is_as_it_was(tmp_path, caplog):
    recipe = replace(SHORT, evaluate_every=0)
    first = trained_from(START, PLAIN, recipe, 2, tmp_path)
    with safe_open(first.file, framework="pt") as content:
        assert sorted(content.keys()) == ["bias.0", "bias.1", "weight.0", "weight.1"]
        assert set(content.metadata()) == {"key", "digest", "activations", "output", "seconds", "history"}
    assert trained_from(START, PLAIN, recipe, 2, tmp_path).stopped is None
    assert not caplog.text
