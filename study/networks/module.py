"""A person's own torch module as a network, and a network as a module."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Iterator
from math import isqrt

import torch
from torch import nn

from study.errors import StudyError, said
from study.networks.maps import maps_of
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


def from_module(module: nn.Module, image: tuple[int, int, int] | None = None) -> Network:
    """Return the `Network` of a stack of linear layers and activations (`nn.Sequential`, nested ones too).

    The activation after the last linear layer is the output layer; none means linear. Dropout is left out, as it is
    when a network is evaluated. Before the linear layers there may be convolutional ones, whose filters are then
    units: Conv2d, an activation, perhaps AvgPool2d, and a Flatten after the last. The module itself is then run on a
    few rows beside the network made of it: a class whose `forward` does anything else (a functional activation, a
    shortcut, a softmax over samples) is refused.

    Args:
        module: the stack.
        image: channels, height and width of its inputs, where it has convolutional layers; None takes the one square
            image whose flattened maps fit the first linear layer.

    >>> from_module(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2), nn.Softmax(dim=1))).name
    '3-5-2'
    >>> stack = nn.Conv2d(1, 2, 3), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(18, 2)
    >>> from_module(nn.Sequential(*stack)).name
    '8x8-2c3p2-2'

    Raises:
        StudyError: for any other kind of layer, naming it, or where the two differ.
    """
    weights: list[torch.Tensor] = []
    biases: list[torch.Tensor] = []
    activations: list[str] = []
    pools: list[int] = []
    pending: str | None = None
    flat = False
    for layer in _layers(module):
        pooled = 0 < len(pools) == len(weights) and pools[-1] > 1
        if isinstance(layer, nn.Linear) or (isinstance(layer, nn.Conv2d) and len(pools) == len(weights) and not flat):
            if weights:
                activations.append(pending or "linear")
            weights.append(layer.weight)
            biases.append(layer.bias if layer.bias is not None else torch.zeros(len(layer.weight)))
            pending = None
            if isinstance(layer, nn.Conv2d):
                pools.append(_plain(layer))
        elif isinstance(layer, nn.Flatten) and len(pools) == len(weights) and not flat:
            flat = True
        elif isinstance(layer, nn.AvgPool2d) and 0 < len(pools) == len(weights) and not pooled and not flat:
            pools[-1] = _pool(layer)
        elif weights and pending is None and isinstance(layer, nn.Softmax):
            pending = "softmax"
        elif weights and pending is None and type(layer) in MODULES and not pooled:
            pending = MODULES[type(layer)]
        else:
            raise StudyError(
                f"cannot prune a {type(layer).__name__} here: a stack of Linear layers, each followed by at most one "
                f"of {', '.join(m.__name__ for m in MODULES)} (Softmax at the end), is needed; before them there may "
                "be Conv2d layers, each with one of these and then at most one AvgPool2d, and a Flatten"
            )
    if "softmax" in activations:
        raise StudyError("a softmax is possible only as the output layer")
    if any(not torch.is_floating_point(x) for x in (*weights, *biases)):
        raise StudyError("weights and biases have to be floating-point numbers")
    matrices, vectors = (tuple(x.detach().cpu().clone() for x in xs) for xs in (weights, biases))
    shape = (image or _image(matrices, pools)) if pools else ()
    network = Network(matrices, vectors, tuple(activations), pending or "linear", shape, tuple(pools))
    _check_forward(module, network)
    return network


def _plain(layer: nn.Conv2d) -> int:
    """Return 1, the pooling of a convolution as it stands.

    Raises:
        StudyError: where it is none of stride 1 with square kernels, without padding, dilation and groups.
    """
    usual = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}
    for name, value in usual.items():
        found = getattr(layer, name)
        if found not in (value, "valid"):
            raise StudyError(f"a Conv2d with {name}={found} cannot be pruned here; {name}={value} is needed")
    return 1


def _pool(layer: nn.AvgPool2d) -> int:
    """Return the size of an average pooling.

    Raises:
        StudyError: where its squares overlap, leave gaps or are padded.
    """
    size, stride = (x if isinstance(x, tuple) else (x, x) for x in (layer.kernel_size, layer.stride))
    if size != stride or size[0] != size[1] or layer.padding not in (0, (0, 0)) or layer.divisor_override is not None:
        raise StudyError(f"{layer} cannot be pruned here: square, its stride its size and no padding are needed")
    return int(size[0])


def _image(weights: tuple[torch.Tensor, ...], pools: list[int]) -> tuple[int, int, int]:
    """Return the square image whose maps, flattened, are the inputs of the first dense layer.

    Raises:
        StudyError: when there is none.
    """
    front = len(pools)
    if len(weights) > front:
        side = isqrt(weights[front].shape[1] // len(weights[front - 1]))
        for w, pool in zip(reversed(weights[:front]), reversed(pools), strict=True):
            side = side * pool + w.shape[2] - 1
        maps = maps_of((1, side, side), tuple(w.shape[2] for w in weights[:front]), tuple(pools))
        if len(weights[front - 1]) * maps[-1].positions == weights[front].shape[1]:
            return weights[0].shape[1], side, side
    raise StudyError(
        "no square image fits this stack of layers: give from_module(..., image=(channels, height, width))"
    )


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
    features = network.features
    rows = torch.randn(TRIED, features, generator=torch.Generator().manual_seed(0), dtype=torch.float64).to(like.dtype)
    evaluated = copy.deepcopy(module).eval()
    try:
        with torch.no_grad():
            found = evaluated((rows.reshape(-1, *network.image) if network.front else rows).to(like.device))
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

    With filters it takes images, shape (samples, channels, height, width), and begins with Conv2d and AvgPool2d.

    >>> from study.networks import mlp
    >>> [type(layer).__name__ for layer in to_module(mlp(3, [4], 2))]
    ['Linear', 'Sigmoid', 'Linear', 'Sigmoid']
    """
    kinds: dict[str, type[nn.Module]] = {name: kind for kind, name in MODULES.items()}
    stack: list[nn.Module] = []
    for m, (w, b) in enumerate(zip(network.weights, network.biases, strict=True)):
        if m == network.front > 0:
            stack.append(nn.Flatten())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a layer that was pruned to its last unit has nothing to initialise
            above, below = w.shape[:2]
            layer: nn.Linear | nn.Conv2d = nn.Linear(below, above, dtype=torch.float64)
            if m < network.front:
                layer = nn.Conv2d(below, above, w.shape[2], dtype=torch.float64)
        with torch.no_grad():
            layer.weight.copy_(w)
            layer.bias.copy_(b)  # type: ignore[union-attr]
        stack.append(layer)
        last = m == network.depth
        name = network.output if last else network.activations[m]
        if name == "softmax":
            stack.append(nn.Softmax(dim=1))
        elif not (last and name == "linear"):
            stack.append(kinds[name]())
        if (pool := network.maps(m).pool) > 1:
            stack.append(nn.AvgPool2d(pool))
    return nn.Sequential(*stack)
