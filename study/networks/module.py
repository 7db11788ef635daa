"""A person's own torch module as a network: read, folded, and compared with the module's own forward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.modules.loss import _Loss

from study.common.errors import StudyError, said
from study.networks.error import OUTPUTS
from study.networks.folding import FUNCTIONS, OUTPUT_OF, Stack
from study.networks.images import image_for, pools_on
from study.networks.network import Network
from study.networks.reading import ROWS, at_rest, check_there, distance, inner, leaves

SEEN = 1000
"""Rows of each split, at most, on which a module is compared with the network made of it."""
OUTPUT_FUNCTIONS = ("softmax", "log_softmax", "sigmoid", "log_sigmoid")
"""What a module's own `forward` may put on its last layer."""


def from_module(
    module: nn.Module, image: tuple[int, int, int] | None = None, *, rows: Sequence[Tensor] = ()
) -> Network:
    """Return the `Network` of a stack of linear layers and activations (`nn.Sequential`, nested ones too).

    The activation after the last linear layer is the output layer, which may be functional; none means linear, and
    LogSoftmax is a softmax.
    What does nothing when a network is evaluated is left out (dropout of any kind), a batch normalisation is folded
    into the linear layer below or above it, and masks and norms of weights count as what they make of them. Before the
    linear layers there may be convolutional ones, whose filters are then units: Conv2d, an activation, perhaps
    AvgPool2d, and a Flatten after the last. The module itself is run on a few rows beside the network made of it, in
    evaluation mode, and left as it was: a class whose `forward` does anything else (a functional activation, a
    shortcut, a softmax over samples) is refused.

    Args:
        module: the stack.
        image: channels, height and width of its inputs, where it has convolutional layers; None takes the one square
            image whose flattened maps fit the first linear layer.
        rows: that it is for, shape (samples, features) each: it is run on some of them, too, and of several square
            images that fit, the one of so many features is taken.

    >>> from_module(nn.Sequential(nn.Linear(3, 5), nn.Tanh(), nn.Linear(5, 2), nn.Softmax(dim=1))).name
    '3-5-2'
    >>> stack = nn.Conv2d(1, 2, 3), nn.Tanh(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(18, 2)
    >>> from_module(nn.Sequential(*stack)).name, from_module(nn.Sequential(*stack), rows=[torch.ones(3, 81)]).name
    ('8x8-2c3p2-2', '9x9-2c3p2-2')

    Raises:
        StudyError: for any other kind of layer, naming it, or where the two differ.
    """
    module = inner(module)
    check_there(module)
    try:
        with at_rest(module):
            stack = _stack(module)
            network = _network(stack, image, rows[0].shape[1] if rows else None)
            return _compared(module, network, stack, rows)
    except StudyError:
        raise
    except Exception as error:  # whatever a person's own layers raise when they are looked at
        raise StudyError(f"the module cannot be read: {said(error)}") from error


def _stack(module: nn.Module) -> Stack:
    layers = list(leaves(module))
    first = next((layer for layer in layers if isinstance(layer, (nn.Linear, nn.Conv2d))), None)
    stack = Stack(first)
    for layer in layers:
        if not isinstance(layer, _Loss):  # that a class keeps for its training
            stack.add(layer)
    return stack


def _network(stack: Stack, image: tuple[int, int, int] | None, features: int | None) -> Network:
    """Return the network that a stack comes to.

    Raises:
        StudyError: where there is none.
    """
    if any("softmax" in name or name in OUTPUT_OF for name in stack.activations):
        raise StudyError("a softmax is possible only as the output layer, and so are logarithms")
    output = OUTPUT_OF.get(stack.output, stack.output)
    if output not in OUTPUTS:
        raise StudyError(
            f"the module ends in a {output}, which is no output layer here; possible are nn.Sigmoid(), "
            "nn.Softmax(dim=1) and none, which is linear"
        )
    weights, biases = tuple(stack.weights), tuple(stack.biases)
    shape: tuple[int, ...] = image or stack.image
    if stack.pools and not shape:
        shape = image_for(weights, stack.pools, features)
    pools = pools_on(shape, weights, stack.pools) if stack.pools else ()
    network = Network(weights, biases, tuple(stack.activations), output, shape if pools else (), pools)
    for m in stack.rounded:
        maps = network.maps(m)
        if any(maps.leftover):
            raise StudyError(
                f"layer {m}: an AvgPool2d with ceil_mode=True averages what is left over at the edge of its "
                f"{maps.height}x{maps.width} maps; pooling by {maps.pool} with ceil_mode=False is needed"
            )
    return network


def _compared(module: nn.Module, network: Network, stack: Stack, rows: Sequence[Tensor]) -> Network:
    """Return the network whose outputs are the module's, on random rows and on some of those that it is for.

    Where no output layer is among the layers, one may be in the module's `forward`.

    Raises:
        StudyError: with the largest difference, where the module computes anything else.
    """
    generator = torch.Generator("cpu").manual_seed(0)
    random = torch.randn(ROWS, network.features, generator=generator, dtype=torch.float64, device="cpu")
    some = [r[:: -(-len(r) // SEEN)] for r in rows if r.shape[1] == network.features]
    images = network.front and not stack.image
    outputs = [stack.last] if stack.last else ["linear", *OUTPUT_FUNCTIONS]
    for tried in (random, *some):
        shaped = tried.reshape(-1, *network.image) if images else tried
        try:
            found, dtype = _outputs(module, shaped.to(stack.device), stack.dtype)
        except Exception as error:  # whatever a person's own forward raises
            raise StudyError(f"the module does not take rows of {network.features} numbers: {said(error)}") from error
        logits = network.logits(tried.to(dtype)).T
        if isinstance(found, Tensor) and found.shape == (len(tried),) and logits.shape[1] == 1:
            found = found[:, None]  # a single output, squeezed
        off = {name: distance(found, FUNCTIONS[name](logits), dtype) for name in outputs}
        outputs = [name for name in outputs if off[name] is None]
        if not outputs:
            raise _other(network, found, logits, min(d for d in off.values() if d is not None))
    return replace(network, output=OUTPUT_OF.get(outputs[0], outputs[0]))


def _other(network: Network, found: object, logits: Tensor, off: float) -> StudyError:
    told = f"its outputs differ by up to {off:.2g}"
    if not isinstance(found, Tensor):
        told = f"it puts out a {type(found).__name__}, not a tensor"
    elif found.shape != logits.shape:
        told = f"its outputs have the shape {tuple(found.shape)}, not {tuple(logits.shape)}"
    return StudyError(
        f"the module's forward is not the stack of its layers, {network.name}: {told}. Functional activations, "
        "shortcuts and layers that run in another order cannot be seen from outside; write it as nn.Sequential"
    )


def _outputs(module: nn.Module, rows: Tensor, dtype: torch.dtype) -> tuple[object, torch.dtype]:
    """Return what a module puts out, and in which precision: in float64, unless its own forward converts numbers."""
    if dtype != torch.float64 and rows.device.type != "mps":  # which has no float64
        tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
        wide = {name: t.double() for name, t in tensors.items() if torch.is_floating_point(t)}
        try:
            return torch.func.functional_call(module, wide, (rows,)), torch.float64
        except Exception:  # whatever its own forward raises then; as it is, it may run
            pass
    return module(rows.to(dtype)), dtype
