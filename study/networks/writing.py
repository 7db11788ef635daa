"""A network as a torch module."""

from __future__ import annotations

import warnings

import torch
from torch import nn
from torch.nn.utils import skip_init

from study.networks.folding import MODULES
from study.networks.network import Network


def to_module(network: Network) -> nn.Sequential:
    """Return the network as a torch module in float64, to train or to use elsewhere: linear layers and activations.

    With filters it takes images, shape (samples, channels, height, width), and begins with Conv2d and AvgPool2d. Once
    a convolutional layer has no filter left, what is below it says nothing any more, and torch has no convolution of
    none: the layer above is then a layer of weights 0 on the image, which puts out its bias.

    >>> from study.networks import mlp
    >>> [type(layer).__name__ for layer in to_module(mlp(3, [4], 2))]
    ['Linear', 'Sigmoid', 'Linear', 'Sigmoid']
    """
    kinds: dict[str, type[nn.Module]] = {name: kind for kind, name in MODULES.items()}
    stack: list[nn.Module] = []
    start = 1 + max((m for m in range(network.front) if not network.hidden[m]), default=-1)
    for m in range(start, network.depth + 1):
        if m == network.front > 0:
            stack.append(nn.Flatten())
        stack.append(_constant(network, m) if m == start > 0 else _linear(network, m))
        last = m == network.depth
        name = network.output if last else network.activations[m]
        if name == "softmax":
            stack.append(nn.Softmax(dim=1))
        elif not (last and name == "linear"):
            stack.append(kinds[name]())
        if (pool := network.maps(m).pool) > 1:
            stack.append(nn.AvgPool2d(pool))
    return nn.Sequential(*stack)


def _linear(network: Network, layer: int) -> nn.Linear | nn.Conv2d:
    weights = network.weights[layer]
    above, below = weights.shape[:2]
    made = _made(below, above, tuple(weights.shape[2:]))
    with torch.no_grad():
        made.weight.copy_(weights)
        made.bias.copy_(network.biases[layer])  # type: ignore[union-attr]
    return made


def _constant(network: Network, layer: int) -> nn.Linear | nn.Conv2d:
    """Return a layer that puts its bias out at every position of its maps, whatever the image."""
    channels, height, width = network.image
    maps, above = network.maps(layer), len(network.biases[layer])
    kernel = (height - maps.height + 1, width - maps.width + 1)
    front = layer < network.front
    made = _made(channels, above, kernel) if front else _made(network.features, above, ())
    with torch.no_grad():
        made.weight.zero_()
        made.bias.copy_(network.biases[layer])  # type: ignore[union-attr]
    return made


def _made(below: int, above: int, kernel: tuple[int, ...]) -> nn.Linear | nn.Conv2d:
    """Return a layer whose numbers are still to be set: nothing is drawn."""
    size = (below, above, kernel) if kernel else (below, above)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a layer that was pruned to its last unit has nothing to set
        return skip_init(nn.Conv2d if kernel else nn.Linear, *size, dtype=torch.float64, device="cpu")
