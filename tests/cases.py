"""Small networks and data used everywhere: some drawn, some by hand with every score known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d

from study.data import Dataset, Split, one_hot
from study.networks import Front, Network, lenet, mlp
from study.networks.parts import Parts
from study.removals.base import Instead, Replacement

CASES: list[tuple[tuple[int, ...], int, str, str, str]] = [
    ((6,), 3, "sigmoid", "sigmoid", "half_squared"),
    ((6,), 1, "tanh", "linear", "half_squared"),
    ((5,), 3, "sigmoid", "softmax", "half_squared"),
    ((5, 4), 3, "sigmoid", "sigmoid", "half_squared"),
    ((5, 4), 2, "tanh", "softmax", "half_squared"),
    ((4, 5), 3, "sigmoid", "softmax", "cross_entropy"),
    ((4, 5, 3), 2, "softplus", "sigmoid", "half_squared"),
    ((3, 4, 5, 3), 1, "sigmoid", "linear", "half_squared"),
]
"""Hidden units, outputs, activation, output, error."""


FILTERS: list[tuple[tuple[int, ...], Front, tuple[int, ...], int, str, str, str]] = [
    ((1, 6, 6), Front((2, 3), (3, 2), (2, 1)), (4,), 3, "tanh", "softmax", "half_squared"),
    ((1, 6, 6), Front((3,), (3,), (2,)), (4, 3), 2, "sigmoid", "sigmoid", "half_squared"),
    ((2, 5, 6), Front((3, 4), (2, 2), (1, 1)), (), 3, "softplus", "softmax", "cross_entropy"),
    ((1, 9, 7), Front((2, 3), (2, 2), (2, 1)), (5,), 1, "tanh", "linear", "half_squared"),
]
"""Image, convolutional layers, hidden units, outputs, activation, output, error; maps end at 1x1, 2x2, 3x4, 3x2."""


def rows(samples: int, features: int, outputs: int, seed: int = 0) -> Split:
    """Random inputs with random classes (one output: 0 or 1)."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(samples, features, generator=generator, dtype=torch.float64) * 2 - 1
    labels = torch.randint(0, max(outputs, 2), (samples,), generator=generator)
    targets = one_hot(labels, outputs) if outputs > 1 else labels[:, None].to(torch.float64)
    return Split(x, targets, labels)


def dataset(samples: int = 40, features: int = 3, outputs: int = 3, seed: int = 0) -> Dataset:
    """A data set of random rows; training and pruning rows are the same."""
    inside, outside = rows(samples, features, outputs, seed), rows(samples // 2, features, outputs, seed + 1)
    splits = {"training": inside, "pruning": inside, "held_out": outside}
    return Dataset("made", "classification", max(outputs, 2), "sigmoid", splits)


def network(
    hidden: Sequence[int],
    outputs: int,
    activation: str = "sigmoid",
    output: str = "sigmoid",
    features: int = 3,
    seed: int = 0,
    gain: float = 2.0,
) -> Network:
    """A network with random weights and biases that are not 0."""
    net = mlp(features, hidden, outputs, activation=activation, output=output, seed=seed, gain=gain)
    generator = torch.Generator().manual_seed(seed + 1000)
    biases = tuple(torch.randn(len(b), generator=generator, dtype=torch.float64) * 0.3 for b in net.biases)
    return Network(net.weights, biases, net.activations, net.output)


def filters(case: Sequence, seed: int = 0, gain: float = 2.0) -> Network:
    """The network of a case of `FILTERS`, with random weights and biases that are not 0."""
    image, front, hidden, outputs, activation, output, _ = case
    net = lenet(image, front, hidden, outputs, activation=activation, output=output, seed=seed, gain=gain)
    generator = torch.Generator().manual_seed(seed + 1000)
    return replace(
        net, biases=tuple(torch.randn(len(b), generator=generator, dtype=torch.float64) * 0.3 for b in net.biases)
    )


def units(net: Network, gains: Sequence[Tensor] | None = None) -> Parts:
    """All units that are there."""
    return Parts.of((m, k) for m, n in enumerate(net.hidden) for k in range(n) if gains is None or gains[m][k] != 0)


def zeros(net: Network) -> Replacement:
    """Constants of zero removal."""
    return Replacement.zero(net.hidden)


def instead(value: float) -> Instead:
    """Return a constant that takes one unit's place."""
    return Instead(torch.tensor([value], dtype=torch.float64))


def plain_error(
    net: Network, data: Split, error: str, gains: Sequence[Tensor], constants: Sequence[Tensor] | None = None
) -> Tensor:
    """E by a forward pass written down anew, differentiable in the gains, and in whatever stands for the weights."""
    act = {
        "linear": lambda z: z,
        "sigmoid": torch.sigmoid,
        "tanh": torch.tanh,
        "relu": torch.relu,
        "softplus": lambda z: torch.nn.functional.softplus(z, threshold=500),  # torch's own is z itself above 20
    }
    h = data.inputs.reshape(-1, *net.image) if net.front else data.inputs
    for m in range(net.depth):
        each = (-1, 1, 1) if m < net.front else (-1,)
        if m < net.front:
            h = act[net.activations[m]](conv2d(h, net.weights[m], net.biases[m]))
            h = avg_pool2d(h, net.pools[m]) * gains[m].reshape(each)
        else:
            h = act[net.activations[m]](h.flatten(1) @ net.weights[m].T + net.biases[m]) * gains[m]
        if constants is not None:
            h = h + ((1 - gains[m]) * constants[m]).reshape(each)
    h = h.flatten(1)
    z = h @ net.weights[-1].T + net.biases[-1]
    if error == "cross_entropy":
        return -(data.targets * torch.log_softmax(z, 1)).sum()
    o = {"sigmoid": torch.sigmoid(z), "softmax": torch.softmax(z, 1), "linear": z}[net.output]
    return 0.5 * ((o - data.targets) ** 2).sum()


LINEAR = Network(
    (torch.eye(3), torch.tensor([[2.0, -1.0, 0.0]])),
    (torch.zeros(3), torch.zeros(1)),
    ("linear",),
    "linear",
)
"""y = 2 a - b + 0 c of inputs (a, b, c): with targets y* the impact of a unit is a parabola, known in closed form."""
LINEAR_ROWS = Split(
    torch.tensor([[1.0, 0.0, 5.0], [0.0, 2.0, 5.0]], dtype=torch.float64),
    torch.tensor([[2.0], [-1.0]], dtype=torch.float64),
    torch.zeros(2, dtype=torch.int64),
)
"""Outputs (2, -2), targets (2, -1): E = 1/2. Without a: (0, -2): 5/2. Without b: (2, 0): 1/2. Without c: 1/2."""
