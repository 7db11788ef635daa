"""A person's own torch module as a network, and a network as a module."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator

import torch
from torch import nn

from study.errors import StudyError, said
from study.networks.network import Network

MODULES: dict[type[nn.Module], str] = {
    nn.Sigmoid: "sigmoid",
    nn.Tanh: "tanh",
    nn.ReLU: "relu",
    nn.Softplus: "softplus",
    nn.Identity: "linear",
}
TRIED = 16
"""Rows on which a person's module is compared with the network made of it."""


def as_network(network: object) -> Network:
    """Return a network as it is, and the network of a torch module.

    Raises:
        StudyError: for anything else.
    """
    if isinstance(network, Network):
        return network
    if isinstance(network, nn.Module):
        return from_module(network)
    raise StudyError(f"a network or a torch module is needed, got {type(network).__name__}")


def from_module(module: nn.Module) -> Network:
    """Return the `Network` of a stack of linear layers and activations (`nn.Sequential`, nested ones too).

    The activation after the last linear layer is the output layer; none means linear. Dropout is left out, as it is
    when a network is evaluated. The module itself is then run on a few rows beside the network made of it: a class
    whose `forward` does anything else (a functional activation, a shortcut, a softmax over samples) is refused.

    >>> from_module(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2), nn.Softmax(dim=1))).name
    '3-5-2'

    Raises:
        StudyError: for any other kind of layer, naming it, or where the two differ.
    """
    weights: list[torch.Tensor] = []
    biases: list[torch.Tensor] = []
    activations: list[str] = []
    pending: str | None = None
    for layer in _layers(module):
        if isinstance(layer, nn.Linear):
            if weights:
                activations.append(pending or "linear")
            weights.append(layer.weight)
            biases.append(layer.bias if layer.bias is not None else torch.zeros(layer.out_features))
            pending = None
        elif weights and pending is None and isinstance(layer, nn.Softmax):
            pending = "softmax"
        elif weights and pending is None and type(layer) in MODULES:
            pending = MODULES[type(layer)]
        else:
            raise StudyError(
                f"cannot prune a {type(layer).__name__} here: a stack of Linear layers, each followed by at most one "
                f"of {', '.join(m.__name__ for m in MODULES)} (Softmax at the end), is needed"
            )
    if "softmax" in activations:
        raise StudyError("a softmax is possible only as the output layer")
    if any(not torch.is_floating_point(x) for x in (*weights, *biases)):
        raise StudyError("weights and biases have to be floating-point numbers")
    matrices, vectors = (tuple(x.detach().cpu().clone() for x in xs) for xs in (weights, biases))
    network = Network(matrices, vectors, tuple(activations), pending or "linear")
    _check_forward(module, network)
    return network


def _layers(module: nn.Module) -> Iterator[nn.Module]:
    """Yield the layers in their order; one that stands in several places, each time."""
    inner = list(module) if isinstance(module, nn.Sequential) else list(module.children())
    if isinstance(module, nn.Dropout):
        return
    if not inner and not isinstance(module, nn.Sequential):
        yield module
    for each in inner:
        yield from _layers(each)


def _check_forward(module: nn.Module, network: Network) -> None:
    """Refuse a module that computes anything but the network, on `TRIED` random rows.

    Raises:
        StudyError: with the largest difference.
    """
    like = next(module.parameters())
    features = network.weights[0].shape[1]
    rows = torch.randn(TRIED, features, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(like.dtype)
    evaluated = copy.deepcopy(module).eval()
    try:
        with torch.no_grad():
            found = evaluated(rows.to(like.device))
    except Exception as error:  # whatever a person's own forward raises
        raise StudyError(f"the module does not take rows of {features} numbers: {said(error)}") from error
    expected = network(rows)
    found = found.detach().to("cpu", torch.float64) if isinstance(found, torch.Tensor) else torch.zeros(0)
    near = torch.finfo(like.dtype).eps ** 0.5  # far above rounding, far below another function
    if found.shape != expected.shape:
        off = f"its outputs have the shape {tuple(found.shape)}, not {tuple(expected.shape)}"
    elif not torch.allclose(found, expected, rtol=near, atol=near * float(1 + expected.abs().max()), equal_nan=True):
        off = f"its outputs differ by up to {(found - expected).abs().max():.2g}"
    else:
        return
    raise StudyError(
        f"the module's forward is not the stack of its layers, {network.name}: {off}. Functional activations, "
        "shortcuts and layers that run in another order cannot be seen from outside; write it as nn.Sequential"
    )


def to_module(network: Network) -> nn.Sequential:
    """Return the network as a torch module in float64, to train or to use elsewhere: linear layers and activations.

    >>> [type(layer).__name__ for layer in to_module(mlp(3, [4], 2))]
    ['Linear', 'Sigmoid', 'Linear', 'Sigmoid']
    """
    kinds: dict[str, type[nn.Module]] = {name: kind for kind, name in MODULES.items()}
    stack: list[nn.Module] = []
    for m, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a layer that was pruned to its last unit has nothing to initialise
            linear = nn.Linear(w.shape[1], w.shape[0], dtype=torch.float64)
        with torch.no_grad():
            linear.weight.copy_(w)
            linear.bias.copy_(b)
        stack.append(linear)
        last = m == network.depth
        name = network.output if last else network.activations[m]
        if name == "softmax":
            stack.append(nn.Softmax(dim=1))
        elif not (last and name == "linear"):
            stack.append(kinds[name]())
    return nn.Sequential(*stack)
