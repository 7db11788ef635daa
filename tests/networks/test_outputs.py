"""A module's output layer beside the data's."""

from __future__ import annotations

import warnings
from dataclasses import replace

import pytest
import torch
from torch import nn

from study import prune, train
from study.common.errors import StudyError
from study.data import one_hot
from study.networks import from_module, mlp
from study.training.recipe import Recipe
from tests.networks.made import DATA, LABELS, X, half_squared, own, plain, quiet, stack

# A module's output layer beside the data's.


@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
@pytest.mark.parametrize("error", ["half_squared", "cross_entropy"])
def test_logits_are_given_the_output_layer_of_the_data_and_the_ranking_is_of_it(output, error):
    data, module = own(output), stack(nn.ReLU(), end=[])
    said_so = stack(nn.ReLU(), end=[nn.Softmax(1) if error == "cross_entropy" or output == "softmax" else nn.Sigmoid()])
    with pytest.warns(UserWarning, match="taken as logits"):
        found = prune(module, data, error=error)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = prune(said_so, data, error=error)
    assert found.tables["events"].drop(columns="seconds").equals(expected.tables["events"].drop(columns="seconds"))
    assert found.trajectory["error_pruning"].equals(expected.trajectory["error_pruning"])


def test_one_logit_is_class_1_above_0():
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1)).double()
    labels = (module(X)[:, 0] > 0.1).long()
    data = own("sigmoid", labels[:, None].double(), classes=2, labels=labels)
    with pytest.warns(UserWarning, match=r"logits, and nn\.Sigmoid\(\)"):
        result = prune(module, data)
    assert result.trajectory["accuracy_pruning"][0] == float(((module(X)[:, 0] > 0) == labels).double().mean())
    assert result.trajectory["error_pruning"][0] == pytest.approx(half_squared(module(X).sigmoid(), data), rel=1e-12)

    class Squeezed(nn.Module):
        def __init__(self):
            super().__init__()
            self.net = module

        def forward(self, x):
            return self.net(x).squeeze(1)

    with pytest.warns(UserWarning, match="logits"):
        squeezed = prune(Squeezed(), data)
    assert squeezed.trajectory["error_pruning"].equals(result.trajectory["error_pruning"])


SHARES = torch.softmax(X[:, :3], 1)
REGRESSION = {"task": "regression", "classes": 0, "labels": LABELS * 0}
BESIDE = {
    "a sigmoid beside a softmax": (nn.Sigmoid(), own("softmax"), "ends in a sigmoid, .* output='softmax'"),
    "a softmax beside sigmoids": (nn.Softmax(1), own("sigmoid"), "ends in a softmax, .* output='sigmoid'"),
    "a logarithm beside sigmoids": (nn.LogSoftmax(1), own("sigmoid"), "ends in a softmax, .* output='sigmoid'"),
    "a softmax beside linear outputs": (nn.Softmax(1), own("linear"), "ends in a softmax, .* output='linear'"),
    "a sigmoid beside values of 0 to 1": (nn.Sigmoid(), own("linear", SHARES, **REGRESSION), "the module's own"),
    "a softmax beside shares": (nn.Softmax(1), own("linear", SHARES, **REGRESSION), "the module's own"),
    "the same": (nn.Softmax(1), own("softmax"), None),
    "linear outputs beside linear ones": (nn.Identity(), own("linear"), None),
    "linear outputs of a regression": (nn.Identity(), own("linear", 5 * X[:, :3], **REGRESSION), None),
}


@pytest.mark.parametrize("what", BESIDE)
def test_an_output_layer_of_the_modules_own_counts_and_another_of_the_data_is_told(what):
    end, data, words = BESIDE[what]
    module = stack(nn.ReLU(), end=[end])
    error, told = quiet(module, data)
    after = torch.exp if isinstance(end, nn.LogSoftmax) else lambda o: o
    assert error == pytest.approx(plain(module, data, after=after), rel=1e-12)
    assert not told if words is None else len(told) == 1
    if words is not None:
        with pytest.warns(UserWarning, match=words) as caught:
            prune(module, data, "magnitude", truth_every=99)
        assert caught[0].filename == __file__


NEVER = {
    "a sigmoid beside values beyond 1": (nn.Sigmoid(), own("linear", 5 * X[:, :3], **REGRESSION), "not all in 0 to 1"),
    "a softmax beside values beyond 1": (nn.Softmax(1), own("linear", 5 * X[:, :3], **REGRESSION), "not sum to 1"),
    "a softmax beside several labels": (nn.Softmax(1), own("sigmoid", torch.ones(24, 3), **REGRESSION), "not sum to 1"),
}


@pytest.mark.parametrize("what", NEVER)
def test_an_output_layer_that_never_reaches_the_targets_is_refused(what):
    end, data, words = NEVER[what]
    with pytest.raises(StudyError, match=words):
        prune(stack(nn.ReLU(), end=[end]), data)


ONE = own("sigmoid", (LABELS > 0)[:, None].double(), classes=2, labels=(LABELS > 0).long())


@pytest.mark.parametrize("end", [nn.Softmax(1), nn.LogSoftmax(1)])
def test_a_softmax_over_one_output_is_refused(end):
    with pytest.raises(StudyError, match=r"always 1; take sigmoid outputs.*one_hot\(labels, 2\)"):
        prune(nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1), end), ONE)


def test_two_logits_beside_one_target_and_the_other_way_round_are_refused_by_their_sizes():
    two = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 2))
    with pytest.raises(StudyError, match=r"5 inputs and 2 outputs.*has 5 and 1.*one_hot\(labels, 2\)"):
        prune(two, ONE)
    one = nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 1))
    pair = own("softmax", one_hot((LABELS > 0).long(), 2), classes=2, labels=(LABELS > 0).long())
    with pytest.raises(StudyError, match=r"5 inputs and 1 outputs.*has 5 and 2.*one column"):
        prune(one, pair)


def test_a_network_of_the_study_keeps_its_output_layer_and_linear_ones_are_told():
    sigmoid = mlp(5, (4,), 3, output="sigmoid")  # the paper's variant: sigmoids on the classes of a softmax
    error, told = quiet(sigmoid, DATA)
    assert not told
    assert error == pytest.approx(half_squared(sigmoid(X), DATA), rel=1e-12)
    linear = from_module(stack(nn.ReLU(), end=[]))
    error, told = quiet(linear, DATA)
    assert error == pytest.approx(half_squared(linear(X), DATA), rel=1e-12)
    assert len(told) == 1
    assert "linear outputs" in told[0]
    assert quiet(replace(linear, output="softmax"), DATA)[1] == []


def test_training_puts_the_output_layer_of_the_data_on_logits():
    with pytest.warns(UserWarning, match="taken as logits"):
        trained = train(stack(nn.ReLU(), end=[]), DATA, recipe=Recipe(epochs=2))
    assert trained.output == "softmax"
