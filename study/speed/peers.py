"""The same impacts by other libraries: captum's ablation and `torch.func.vmap` over masks."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn

from study.impact import Stages
from study.networks.activations import activation
from study.networks.parts import Parts
from study.speed.cases import Case

CHUNK = 10
"""Masks that vmap takes at a time."""


def head(case: Case, layer: int, h: Tensor) -> Tensor:
    """Return E, shape (1,), from the outputs of one hidden layer, shape (samples, units): what follows, plainly."""
    network, error, t = case.network, case.error, case.rows.targets.T
    x = h.T
    for m in range(layer + 1, network.depth):
        x = activation(network.activations[m]).value_(network.pre_activation(m, x))
    return error.total(network.pre_activation(network.depth, x), t).reshape(1)


def vmap_impacts(case: Case, stages: Stages, some: Parts) -> Tensor:
    """Return E without each of the units by `torch.func.vmap` over masks of cached activations."""
    found = torch.empty(len(some), dtype=torch.float64)
    for m in some.layer.unique().tolist():
        of_layer = (some.layer == m).nonzero()[:, 0]
        masks = torch.ones(len(of_layer), case.hidden[m], dtype=torch.float64)
        masks[torch.arange(len(of_layer)), some.index[of_layer]] = 0.0
        h = stages.h[m].T.contiguous()

        def error(mask: Tensor, m: int = m, h: Tensor = h) -> Tensor:
            x = h * mask
            for i in range(m + 1, case.network.depth):
                x = torch.sigmoid(torch.nn.functional.linear(x, case.network.weights[i], case.network.biases[i]))
            out = torch.sigmoid(torch.nn.functional.linear(x, case.network.weights[-1], case.network.biases[-1]))
            return 0.5 * ((out - case.rows.targets) ** 2).sum()

        found[of_layer] = torch.func.vmap(error, chunk_size=CHUNK)(masks)
    return found


def captum_impacts(case: Case, stages: Stages, some: Parts) -> Tensor:
    """Return E minus E without each of the units by `captum.attr.FeatureAblation` on cached activations.

    Features that are not asked for form one more group; captum evaluates that, too, and E itself.
    """
    from captum.attr import FeatureAblation

    found = torch.empty(len(some), dtype=torch.float64)
    for m in some.layer.unique().tolist():
        of_layer = (some.layer == m).nonzero()[:, 0]
        mask = groups(case.hidden[m], some.index[of_layer])[None]
        attributed = FeatureAblation(partial(head, case, m)).attribute(stages.h[m].T.contiguous(), feature_mask=mask)
        found[of_layer] = attributed[0, some.index[of_layer]]
    return found


def captum_layer_impacts(case: Case, module: nn.Sequential, some: Parts) -> Tensor:
    """Return the same by `captum.attr.LayerFeatureAblation` on the network: a full forward pass a unit."""
    from captum.attr import LayerFeatureAblation

    def forward(inputs: Tensor) -> Tensor:
        return (0.5 * ((module(inputs) - case.rows.targets) ** 2).sum()).reshape(1)

    found = torch.empty(len(some), dtype=torch.float64)
    for m in some.layer.unique().tolist():
        of_layer = (some.layer == m).nonzero()[:, 0]
        mask = groups(case.hidden[m], some.index[of_layer])[None]
        ablation = LayerFeatureAblation(forward, module[2 * m + 1])
        attributed = ablation.attribute(case.rows.inputs, layer_mask=mask)
        assert isinstance(attributed, Tensor)
        found[of_layer] = attributed[0, some.index[of_layer]]
    return found


def module_of(case: Case) -> nn.Sequential:
    """Return the case's network as a torch module."""
    parts: list[nn.Module] = []
    for w, b in zip(case.network.weights, case.network.biases, strict=True):
        linear = nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
        linear.weight.data, linear.bias.data = w, b
        parts += [linear, nn.Sigmoid()]
    return nn.Sequential(*parts).requires_grad_(False)


def groups(units: int, chosen: Tensor) -> Tensor:
    """Return a feature mask: the chosen units are groups 0, 1, ..., all others together the last."""
    mask = torch.full((units,), len(chosen))
    mask[chosen] = torch.arange(len(chosen))
    return mask
