"""Hidden activations with their first two derivatives, each from pre-activation z and output o."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from study.common.errors import StudyError, shown


@dataclass(frozen=True)
class Activation:
    """An element-wise activation o = s(z).

    Attributes:
        value_: s in place: z -> o, the same tensor.
        first: s'(z) from (z, o).
        second: s''(z) from (z, o); for ReLU the almost-everywhere derivative, 0.
        from_output: whether the derivatives need o alone, so that z may be overwritten.
    """

    name: str
    value_: Callable[[Tensor], Tensor]
    first: Callable[[Tensor, Tensor], Tensor]
    second: Callable[[Tensor, Tensor], Tensor]
    from_output: bool = True

    def value(self, z: Tensor) -> Tensor:
        """Return s(z), a new tensor."""
        return self.value_(z.clone())


def _softplus_(z: Tensor) -> Tensor:
    # log(1 + e^z) = max(z, 0) + log1p(e^-|z|): exact on both sides, where torch's own switches to z at 20.
    tail = torch.log1p(torch.exp(-z.abs()))
    return z.clamp_(min=0).add_(tail)


def _sigmoid_first(z: Tensor, o: Tensor) -> Tensor:
    return torch.addcmul(o, o, o, value=-1)  # o (1 - o)


def _sigmoid_second(z: Tensor, o: Tensor) -> Tensor:
    return torch.addcmul(o, o, o, value=-1).mul_(1 - 2 * o)  # o (1 - o) (1 - 2 o)


ACTIVATIONS: dict[str, Activation] = {
    "sigmoid": Activation("sigmoid", torch.sigmoid_, _sigmoid_first, _sigmoid_second),
    "tanh": Activation("tanh", torch.tanh_, lambda z, o: 1 - o**2, lambda z, o: -2 * o * (1 - o**2)),
    "relu": Activation("relu", torch.relu_, lambda z, o: (o > 0).to(o.dtype), lambda z, o: torch.zeros_like(z)),
    "softplus": Activation(
        "softplus",
        _softplus_,
        lambda z, o: torch.sigmoid(z),
        lambda z, o: torch.sigmoid(z) * torch.sigmoid(-z),
        from_output=False,
    ),
    "linear": Activation("linear", lambda z: z, lambda z, o: torch.ones_like(z), lambda z, o: torch.zeros_like(z)),
}


def activation(name: str) -> Activation:
    """Return the activation of that name.

    >>> activation("tanh").value(torch.zeros(1)).item()
    0.0

    Raises:
        StudyError: when there is none of that name.
    """
    if not isinstance(name, str) or name not in ACTIVATIONS:
        raise StudyError(f"unknown activation {shown(name)}; known: {', '.join(ACTIVATIONS)}")
    return ACTIVATIONS[name]
