"""A small classifier as a torch module, data for it, and what plain forward passes say."""

from __future__ import annotations

import warnings

import torch
from torch import nn

from study import prune
from study.data import Dataset, Split, one_hot
from tests import cases

X = cases.rows(24, 5, 3).inputs
LABELS = torch.arange(24) % 3


def own(output="softmax", targets=None, inputs=X, task="classification", classes=3, labels=LABELS):
    rows = Split(inputs, one_hot(LABELS, 3) if targets is None else targets, labels)
    return Dataset("own", task, classes, output, dict.fromkeys(("training", "pruning", "held_out"), rows))


DATA = own()


def stack(*between, end=None, dtype=torch.float64):
    """A small classifier with layers between its two linear ones."""
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(5, 6), *between, nn.Linear(6, 3), *([nn.Softmax(dim=1)] if end is None else end))
    return module.to(dtype)


def quiet(network, data, **how):
    """E at the start, and what was warned of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        error = float(prune(network, data, "magnitude", truth_every=99, **how).trajectory["error_pruning"][0])
    return error, [str(w.message) for w in told if w.category is UserWarning]


def half_squared(outputs, data):
    return float(((outputs.detach().double() - data.pruning.targets) ** 2).sum() / 2)


def plain(module, data=DATA, shape=(), after=lambda o: o):
    """E of a plain forward pass in evaluation mode."""
    rows = data.pruning.inputs.reshape(-1, *shape) if shape else data.pruning.inputs
    module.eval()
    with torch.no_grad():
        return half_squared(after(module(rows.to(next(module.parameters()).dtype))), data)
