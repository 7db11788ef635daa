"""What candidates change and what has to be run again for them: the same task for every path."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from study.networks.error import ErrorFunction


@dataclass(frozen=True)
class Candidates:
    """Changes of one layer's pre-activations, each by columns[b] (h[rows[b]] - constants[b])'.

    Attributes:
        base: pre-activations of the layer that changes, shape (its units, samples).
        columns: shape (candidates, units).
        h: outputs of the layer below, shape (units below, samples).
        rows: of h, the unit below that each candidate changes, int64, on the CPU, shape (candidates,).
        constants: what is taken from its output first, shape (candidates,).
        swings: a bound on |h[rows[b]] - constants[b]|, shape (candidates,).
        t: targets, shape (outputs, samples).
        layers: weights and biases of the layers above the one that changes.
        activations: of that one and of those above, the output layer left out.
        error: E of the outputs' pre-activations.
    """

    base: Tensor
    columns: Tensor
    h: Tensor
    rows: Tensor
    constants: Tensor
    swings: Tensor
    t: Tensor
    layers: Sequence[tuple[Tensor, Tensor]]
    activations: Sequence[str]
    error: ErrorFunction

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def sizes(self) -> list[int]:
        """Units of the layer that changes and of those above."""
        return [len(self.base), *(len(b) for _, b in self.layers)]
