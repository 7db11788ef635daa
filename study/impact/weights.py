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
from functools import cached_property
from types import ModuleType

import numpy as np
import torch
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

    @cached_property
    def by_row(self) -> list[Tensor]:
        """Pre-activations of all layers with one row's units side by side, shape (samples, units)."""
        return [z.T.contiguous() for z in self.stages.z]


def weight_errors(
    network: Network, rows: Split, error: ErrorFunction, weights: Parts, progress: Progress | None = None
) -> Tensor:
    """Return E with one weight at a time at 0; arguments and result as `reference.plain_weight_errors`.

    Args:
        progress: called as the weights of a layer are done.
    """
    seen = Pass.of(network, rows, error)
    total, found, done = seen.stages.total(), torch.empty(len(weights), dtype=torch.float64), 0
    for layer in range(network.depth + 1):
        here = (weights.layer == layer).nonzero()[:, 0]
        if not len(here):
            continue
        here = here[weights.index[here].argsort()]  # unit by unit: what is known of one is used again
        index = weights.index[here]
        if layer < network.front or network.weights[layer].shape[1] != len(seen.below(layer)):  # of filters, or of maps
            found[here] = _again(seen, layer, index)
        else:
            far = _far(seen, layer, index)
            found[here[far]], near = _again(seen, layer, index[far]), index[~far]
            kernel = _kernel(seen)
            found[here[~far]] = total + _fused(kernel, seen, layer, near) if kernel else _eager(seen, layer, near)
        done += len(here)
        if progress is not None:
            progress(done, len(weights))
    return found


def _kernel(seen: Pass) -> ModuleType | None:
    """Return the kernel's module, where it is there and every number is one that it may be given."""
    if fused.kernel() is None or not all(z.sum().isfinite() for z in seen.stages.z):
        return None
    from study.impact import _weight_kernel

    return _weight_kernel


def _ends(seen: Pass, layer: int, index: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the unit that each weight goes into, the one that it comes from, and the weights."""
    w = seen.stages.network.weights[layer]
    return index // w.shape[1], index % w.shape[1], w.reshape(-1)[index]


def _far(seen: Pass, layer: int, index: Tensor) -> Tensor:
    """Return whether a weight carries so much that a sum without it must be summed anew, as in `cached`; bool, (n,)."""
    network = seen.stages.network
    to, source, w = _ends(seen, layer, index)
    most = (
        seen.below(layer).abs().amax(1)[source] * w.abs()
    )  # of what a pre-activation changes by, and an output at most
    if layer == network.depth:
        return most > FAR
    return torch.maximum(most, most * network.weights[layer + 1].abs().amax(0)[to]) > FAR


def _fused(kernel: ModuleType, seen: Pass, layer: int, index: Tensor) -> Tensor:
    """Return E(w = 0) - E by the kernel, shape (n,)."""
    network, below = seen.stages.network, seen.below(layer)
    lit = below != 0
    starts = np.concatenate([[0], lit.sum(1).cumsum(0).numpy()])
    rows = lit.nonzero()[:, 1].numpy()
    ends = [x.numpy() for x in _ends(seen, layer, index)]
    error = getattr(kernel, fused.OUTPUTS[network.output, seen.stages.error.error][0])
    t, out = seen.stages.t.T.contiguous().numpy(), np.empty(len(index))
    given = (*ends, below.contiguous().numpy(), starts, rows)
    if layer == network.depth:
        kernel.output_changes(*given, seen.by_row[layer].numpy(), error, t, out)
        return torch.from_numpy(out)
    codes = [getattr(kernel, name.upper()) for name in network.activations]
    above = range(layer + 2, network.depth + 1)
    kernel.hidden_changes(
        *given,
        seen.stages.z[layer].contiguous().numpy(),
        codes[layer],
        network.weights[layer + 1].T.contiguous().numpy(),
        seen.by_row[layer + 1].numpy(),
        np.array(codes[layer + 1 :], dtype=np.int64),
        np.array([len(network.biases[m]) for m in range(layer + 1, network.depth + 1)]),
        np.concatenate([np.zeros(0), *(network.weights[m].reshape(-1).numpy() for m in above)]),
        np.concatenate([np.zeros(0), *(network.biases[m].numpy() for m in above)]),
        error,
        t,
        out,
    )
    return torch.from_numpy(out)


def _eager(seen: Pass, layer: int, index: Tensor) -> Tensor:
    """Return E(w = 0) in PyTorch, shape (n,)."""
    stages, network, below = seen.stages, seen.stages.network, seen.below(layer)
    found, block = torch.empty(len(index), dtype=torch.float64), max(1, BLOCK // max(1, below.shape[1]))
    for s in range(0, len(index), block):
        to, source, w = _ends(seen, layer, index[s : s + block])
        moved = below[source] * -w[:, None]
        if layer == network.depth:
            here = torch.arange(len(to))
            for k in here.tolist():
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
