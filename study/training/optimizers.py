"""Optimisers of one vector of parameters: PyTorch's own kernels, to the bit, without the import of its compiler."""

from __future__ import annotations

import inspect
from typing import Protocol

import torch
from torch import Tensor

from study.training.recipe import Recipe


class Optimizer(Protocol):
    """Changes a vector in place by what lies in the vector of its gradients."""

    def step(self, rate: float) -> None:
        """Do one step of a learning rate."""

    def forget(self, gone: Tensor) -> None:
        """Set what is remembered of some parameters to 0: those where `gone`, shape (parameters,), is True."""


def optimizer(recipe: Recipe, vector: Tensor, gradient: Tensor) -> Optimizer:
    """Return the optimiser of a recipe's mini-batches, its moments at 0.

    Args:
        recipe: says which.
        vector: shape (parameters,), of what is trained.
        gradient: of the same shape; it holds the gradient whenever a step is made.
    """
    if recipe.optimizer == "sgd":
        return SGD(vector, gradient, recipe.momentum)
    return Adam(vector, gradient)


class Adam:
    """`torch.optim.Adam(fused=True)` of one vector, to the bit (Kingma & Ba 2015).

    PyTorch's own imports its compiler, to be left alone by it: a second and a half of every process that trains.
    """

    def __init__(self, vector: Tensor, gradient: Tensor) -> None:
        self._of = ([vector], [gradient])
        self._moments = ([torch.zeros_like(vector)], [torch.zeros_like(vector)])
        self._steps = torch.zeros((), dtype=torch.float32)

    def step(self, rate: float) -> None:
        """Do one step of a learning rate."""
        self._steps += 1
        torch._fused_adam_(
            *self._of,
            *self._moments,
            [],
            [self._steps],
            lr=rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    def forget(self, gone: Tensor) -> None:
        """Set both moments of some parameters to 0; the count of steps stays."""
        for (moment,) in self._moments:
            moment.masked_fill_(gone, 0.0)


class SGD:
    """`torch.optim.SGD(fused=True)` of one vector, to the bit: v <- momentum v + g, w <- w - rate v (Polyak 1964).

    Called as the kernel for the same reason as `Adam`.
    """

    def __init__(self, vector: Tensor, gradient: Tensor, momentum: float = 0.0) -> None:
        self._of = ([vector], [gradient])
        self._momentum = momentum
        self._velocity = [torch.zeros_like(vector)] if momentum else []
        self._first = True

    def step(self, rate: float) -> None:
        """Do one step of a learning rate."""
        torch._fused_sgd_(
            *self._of,
            self._velocity,
            weight_decay=0.0,
            momentum=self._momentum,
            lr=rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=self._first,
        )
        self._first = False

    def forget(self, gone: Tensor) -> None:
        """Set the velocity of some parameters to 0."""
        for velocity in self._velocity:
            velocity.masked_fill_(gone, 0.0)


class LBFGS(torch.optim.LBFGS):
    """PyTorch's, without the import of its compiler (see `Adam`), by which alone this method is wrapped."""

    add_param_group = inspect.unwrap(torch.optim.LBFGS.add_param_group)
