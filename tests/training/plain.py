"""The reference of training: the same recipes in plain torch, by autograd and `torch.optim`, a tensor a layer."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional

from study.training.dropout import Dropout

ACTIVATIONS = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "softplus": functional.softplus}


def error_of(z, targets, output):
    """The mean over samples of cross-entropy or half squared error; z is (samples, outputs)."""
    if output == "softmax":
        return functional.cross_entropy(z, targets)
    outputs = torch.sigmoid(z) if output == "sigmoid" else z
    return functional.mse_loss(outputs, targets, reduction="sum") / 2 / len(z)


def plain_fit(start, data, recipe, seed, masks=None):
    """Weights and biases after a recipe by iterations, in float64."""
    masks = [torch.ones_like(w) for w in start.weights] if masks is None else masks
    weights = [nn.Parameter(w * m) for w, m in zip(start.weights, masks, strict=True)]
    biases = [nn.Parameter(b.clone()) for b in start.biases]
    leaves = [*weights, *biases]
    optimizer = (
        torch.optim.Adam(leaves, lr=recipe.learning_rate)
        if recipe.optimizer == "adam"
        else torch.optim.SGD(leaves, lr=recipe.learning_rate, momentum=recipe.momentum)
    )
    rows, order, dropout = data.training, torch.Generator().manual_seed(seed), Dropout(recipe.dropout, seed)
    batches = []
    for k in range(recipe.iterations):
        batches = batches or list(torch.randperm(len(rows), generator=order).split(recipe.batch_size))
        batch = batches.pop(0)
        dropout.begin(k)
        h = rows.inputs[batch]
        for w, m, b, name in zip(weights, masks, biases, start.activations, strict=False):
            h = ACTIVATIONS[name](functional.linear(h, w * m, b))
            if recipe.dropout:
                h = h * dropout(h.T).T
        z = functional.linear(h, weights[-1] * masks[-1], biases[-1])
        penalty = sum(recipe.weight_decay / 2 * w.square().sum() + recipe.l1 * w.abs().sum() for w in weights)
        optimizer.zero_grad()
        (error_of(z, rows.targets[batch], start.output) + penalty).backward()
        optimizer.param_groups[0]["lr"] = recipe.learning_rate * share(recipe, k)
        optimizer.step()
    return [w.detach() for w in weights], [b.detach() for b in biases]


def plain_lbfgs(start, data, recipe, masks):
    """Weights and biases after L-BFGS on all rows, one iteration a call as a recipe of up to 20 iterations does."""
    weights = [nn.Parameter(w * m) for w, m in zip(start.weights, masks, strict=True)]
    biases = [nn.Parameter(b.clone()) for b in start.biases]
    leaves = [leaf for layer in zip(weights, biases, strict=True) for leaf in layer]
    given = {"max_iter": 1, "max_eval": 2, "history_size": 50, "tolerance_grad": 0.0, "tolerance_change": 0.0}
    optimizer = torch.optim.LBFGS(leaves, line_search_fn="strong_wolfe", **given)

    def closure():
        h = data.training.inputs
        for w, m, b, name in zip(weights, masks, biases, start.activations, strict=False):
            h = ACTIVATIONS[name](functional.linear(h, w * m, b))
        z = functional.linear(h, weights[-1] * masks[-1], biases[-1])
        decay = sum(recipe.weight_decay / 2 * w.square().sum() for w in weights)
        optimizer.zero_grad()
        error = error_of(z, data.training.targets, start.output) + decay
        error.backward()
        return error

    for _ in range(recipe.epochs):
        optimizer.step(closure)
    return [w.detach() for w in weights], [b.detach() for b in biases]


def share(recipe, k):
    """Of the learning rate."""
    if recipe.schedule == "cosine":
        return recipe.final_rate + (1 - recipe.final_rate) * (1 + math.cos(math.pi * k / recipe.iterations)) / 2
    return recipe.step_factor ** len([s for s in recipe.steps if s <= k])
