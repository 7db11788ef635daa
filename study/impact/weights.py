"""The exact oracle of single weights: E without one of them, all else as it is.

A weight of a dense layer changes one pre-activation by a term of rank one; what follows is run again on the rows where
that matters. `_weight_kernel` does it row by row, where numba is installed; elsewhere a weight is a candidate of
`cached.candidate_errors`, whose change is d_n times the outgoing weights of its unit. The weights of a filter take the
general way: their layer and what follows are run again, what lies below is not. All are equal to
`reference.plain_weight_errors` to 1e-12 max(E(0), E(1)) (tests/impact/test_weights.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.data.split import Split
from study.impact import fused
from study.impact.cached import FAR, candidate_errors
from study.impact.stages import Stages
from study.networks.activations import activation
from study.networks.error import ErrorFunction
from study.networks.network import Network
from study.networks.parts import Parts

BLOCK = 1 << 22
"""Numbers in the largest array of a block of weights on the way without the kernel: 32 MiB."""
ROWS = 1 << 16
"""Numbers of the layer above that the kernel is given at a time: 512 KiB, which stay in a second-level cache."""
Progress = Callable[[int, int], None]
"""Called with the weights done and the weights asked for."""


@dataclass(frozen=True)
class Pass:
    """A network on some rows, with what every layer sees.

    Attributes:
        stages: pre-activations, outputs and targets; no unit is gone.
        inputs: what the first layer sees, shape (features, samples); of images as `Network.below` says.
    """

    stages: Stages
    inputs: Tensor

    @classmethod
    def of(cls, network: Network, rows: Split, error: ErrorFunction) -> Pass:
        """Run the network on the rows, in float64."""
        return cls(Stages(network, rows, error), network.below(rows.inputs.to(torch.float64)))

    def below(self, layer: int) -> Tensor:
        """Return what a layer sees, shape (units below, samples)."""
        return self.inputs if layer == 0 else self.stages.h[layer - 1]

    def silent(self, layer: int) -> Tensor:
        """Return which weights of a layer no row can feel, for what they come from is 0 in all; bool, flat."""
        array, dark = self.stages.network.weights[layer], (self.below(layer) == 0).all(1)
        return dark.repeat_interleave(array[0].numel() // len(dark)).repeat(len(array))

    def by_row(self, layer: int, block: slice) -> NDArray[np.float64]:
        """Return pre-activations of some samples with one row's units side by side, shape (samples, units)."""
        return np.ascontiguousarray(self.stages.z[layer][:, block].numpy().T)


def every_weight(network: Network) -> Parts:
    """Return all weights of a network, biases never, layer by layer, each layer's array flattened.

    >>> from study.networks import mlp
    >>> len(every_weight(mlp(64, [3], 10, seed=0)))
    222
    """
    return Parts.there(torch.ones(w.numel()) for w in network.weights)


def weight_errors(network: Network, rows: Split, error: ErrorFunction, weights: Parts) -> Tensor:
    """Return E with one weight at a time at 0; arguments and result as `reference.plain_weight_errors`."""
    seen = Pass.of(network, rows, error)
    return seen.stages.total() + weight_impacts(seen, weights)


def weight_impacts(seen: Pass, weights: Parts, progress: Progress | None = None) -> Tensor:
    """Return E(w = 0) - E of single weights, float64, shape (n,), in the error's units.

    Args:
        seen: the network on the rows that E sums over.
        weights: which, as in `reference.plain_weight_errors`.
        progress: called as the weights of a layer are done.
    """
    network, total = seen.stages.network, seen.stages.total()
    found, done = torch.empty(len(weights), dtype=torch.float64), 0
    for layer in range(network.depth + 1):
        here = (weights.layer == layer).nonzero()[:, 0]
        if not len(here):
            continue
        here = here[weights.index[here].argsort()]  # unit by unit: what is known of one is used again
        index = weights.index[here]
        if layer < network.front or network.weights[layer].shape[1] != len(seen.below(layer)):  # of filters, or of maps
            found[here] = _again(seen, layer, index) - total
        else:
            far = _far(seen, layer, index)
            found[here[far]], near = _again(seen, layer, index[far]) - total, index[~far]
            kernels = _kernels(seen)
            found[here[~far]] = (
                _eager(seen, layer, near) - total if kernels is None else _fused(*kernels, seen, layer, near)
            )
        done += len(here)
        if progress is not None:
            progress(done, len(weights))
    return found


def _kernels(seen: Pass) -> tuple[ModuleType, ModuleType] | None:
    """Return the kernels' modules, the general one first; None where they are absent, or numbers are not for them."""
    stages = seen.stages
    if not fused.suits(stages.error, stages.t, *stages.z):
        return None
    from study.impact import _kinked_kernel, _weight_kernel

    return _weight_kernel, _kinked_kernel


def _ends(seen: Pass, layer: int, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the unit that each weight goes into, the one that it comes from, and the weights."""
    w = seen.stages.network.weights[layer]
    return index // w.shape[1], index % w.shape[1], w.reshape(-1)[index]


def _far(seen: Pass, layer: int, index: Tensor) -> Tensor:
    """Return whether a weight carries so much that a sum without it must be summed anew, as in `cached`; bool, (n,)."""
    network = seen.stages.network
    to, source, w = _ends(seen, layer, index)
    # A pre-activation changes by so much at most, and the unit's output by no more.
    most = seen.below(layer).abs().amax(1)[source] * w.abs()
    if layer == network.depth:
        return most > FAR
    return torch.maximum(most, most * network.weights[layer + 1].abs().amax(0)[to]) > FAR


def _fused(kernel: ModuleType, kinked: ModuleType, seen: Pass, layer: int, index: Tensor) -> Tensor:
    """Return E(w = 0) - E by the kernel, shape (n,), block of samples by block."""
    network, error = seen.stages.network, seen.stages.error
    kinds = [fused.ACTIVATIONS[name] for name in network.activations]
    output, output_scale = fused.OUTPUTS[network.output, error.error]
    scales, codes = [*(scale for _, scale in kinds), output_scale], [getattr(fused.kernel(), name) for name, _ in kinds]
    ends = [x.numpy() for x in _ends(seen, layer, index)]
    code, above = getattr(fused.kernel(), output), range(layer + 1, network.depth + 1)
    layers = [fused.scaled(network.weights[m], network.biases[m], scales[m], network.activations[m - 1]) for m in above]
    arrays, biases = [w for w, _ in layers], [b for _, b in layers]
    columns = np.ascontiguousarray(arrays[0].T) if arrays else None
    found, out = torch.zeros(len(index), dtype=torch.float64), np.empty(len(index))
    relus = layer == network.depth - 2 and network.activations[-1] == "relu"
    follows: list[Any] = (
        [np.ascontiguousarray(arrays[1]), biases[1]]
        if relus
        else [
            np.array(codes[layer + 1 :], dtype=np.int64),
            np.array([len(b) for b in biases]),
            np.concatenate([np.zeros(0), *(w.ravel() for w in arrays[1:])]),
            np.concatenate([np.zeros(0), *biases[1:]]),
        ]
    )
    kept = network.depth if relus else min(layer + 1, network.depth)  # the layer whose numbers a row needs at hand
    most = max(1, ROWS // len(seen.stages.z[kept]))
    for here in torch.arange(seen.stages.samples).split(most):
        block = slice(int(here[0]), int(here[-1]) + 1)
        below = seen.below(layer)[:, block]
        lit = below != 0
        starts, rows = np.append(0, lit.sum(1).cumsum(0).numpy()), lit.nonzero()[:, 1].numpy()
        given: list[Any] = [*ends, below[lit].numpy(), starts, rows]
        judged = (code, np.ascontiguousarray(seen.stages.t[:, block].numpy().T), out)
        if layer == network.depth:
            kernel.output_changes(*given, seen.by_row(layer, block) * output_scale, output_scale, *judged)
            found += torch.from_numpy(out)
            continue
        given += [seen.stages.z[layer][:, block].numpy() * scales[layer], codes[layer], scales[layer]]
        given += [columns, seen.by_row(layer + 1, block) * scales[layer + 1], *follows, *judged]
        (kinked.kinked_changes if relus else kernel.hidden_changes)(*given)
        found += torch.from_numpy(out)
    return found


def _eager(seen: Pass, layer: int, index: Tensor) -> Tensor:
    """Return E(w = 0) in PyTorch, shape (n,)."""
    stages, network, below = seen.stages, seen.stages.network, seen.below(layer)
    found, block = torch.empty(len(index), dtype=torch.float64), max(1, BLOCK // max(1, below.shape[1]))
    for s in range(0, len(index), block):
        to, source, w = _ends(seen, layer, index[s : s + block])
        moved = below[source] * -w[:, None]
        if layer == network.depth:
            for k in range(len(to)):
                z = stages.z[-1].clone()
                z[to[k]] += moved[k]
                found[s + k] = stages.error.total_(z, stages.t)
            continue
        kind = activation(network.activations[layer])
        z = stages.z[layer][to]
        change = kind.value_(z + moved) - kind.value(z)
        columns = network.weights[layer + 1].T[to]
        found[s : s + block] = candidate_errors(
            stages, layer, columns, torch.arange(len(to)), w.new_zeros(len(to)), h=change
        )
    return found


def _again(seen: Pass, layer: int, index: Tensor) -> Tensor:
    """Return E(w = 0) of filters' weights, shape (n,): their layer and what follows are run again."""
    stages, network, below = seen.stages, seen.stages.network, seen.below(layer)
    found = torch.empty(len(index), dtype=torch.float64)
    for k, i in enumerate(index.tolist()):
        w = network.weights[layer].clone()
        w.view(-1)[i] = 0.0
        arrays = (*network.weights[:layer], w, *network.weights[layer + 1 :])
        without = replace(network, weights=arrays)
        z = without.pre_activation(layer, below)
        found[k] = stages.error.total(without.above(layer, z), stages.t)
    return found
