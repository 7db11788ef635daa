"""The fused kernel, where numba is installed: which candidates it can take, and how they are handed to it.

`cached.py` works out what a candidate changes; this path and the eager one then give the same errors. Compiling takes
some seconds once; later processes load the machine code from the cache beside the source (or `NUMBA_CACHE_DIR`).
"""

from __future__ import annotations

import functools
import importlib
import logging
import math
import os
from types import ModuleType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.impact.candidates import Candidates
from study.networks.error import ErrorFunction

Array = NDArray[np.float64]

log = logging.getLogger(__name__)

LOG2_E = math.log2(math.e)
# The kernel's name of an activation and what its pre-activations are multiplied by; of an output layer and an error.
ACTIVATIONS = {
    "sigmoid": ("SIGMOID", -LOG2_E),
    "tanh": ("SIGMOID", -2 * LOG2_E),
    "relu": ("RELU", 1.0),
    "softplus": ("SOFTPLUS", 1.0),
    "linear": ("LINEAR", 1.0),
}
OUTPUTS = {
    ("sigmoid", "half_squared"): ("SIGMOID_OUTPUT", -LOG2_E),
    ("linear", "half_squared"): ("LINEAR_OUTPUT", 1.0),
    ("softmax", "half_squared"): ("SOFTMAX_OUTPUT", LOG2_E),
    ("softmax", "cross_entropy"): ("CROSS_ENTROPY", LOG2_E),
}
CACHE = 1 << 17
"""Numbers of a layer that are worked on at a time: 1 MiB of float64, inside a core's second-level cache."""
VECTOR, BLOCK = 64, 1 << 13
"""Fewest and most samples at a time; blocks are multiples of the fewest, of which vector loops leave no rest."""
SWITCH = "STUDY_ORACLE"
"""Environment variable: `eager` keeps to PyTorch even where the kernel is there."""


@functools.cache
def kernel() -> ModuleType | None:
    """Return the kernel's module; None, with a line in the log, where it cannot be had or is switched off."""
    if os.environ.get(SWITCH) == "eager":
        log.info("oracle: eager PyTorch (%s=eager)", SWITCH)
        return None
    try:
        module = importlib.import_module("study.impact._kernel")
    except ImportError as missing:
        log.info("oracle: eager PyTorch, about 3 times slower; for the fused kernel: pip install numba (%s)", missing)
        return None
    log.info("oracle: fused kernel")
    return module


def path(device: str = "cpu") -> str:
    """Return which path evaluates candidates on a device: "fused" or "eager"."""
    return "fused" if device == "cpu" and kernel() is not None else "eager"


def takes(c: Candidates) -> bool:
    """Tell whether the kernel can evaluate these."""
    return suits(c.error, c.t, c.base, c.columns, c.swings)


def suits(error: ErrorFunction, t: Tensor, *numbers: Tensor) -> bool:
    """Tell whether there is a kernel for this: on the CPU, all numbers finite, targets of one unit of probability.

    Its clamping would hide a NaN, and its logarithm of a softmax takes targets to sum to 1; others go the eager way.

    Args:
        error: what is computed.
        t: targets, shape (outputs, samples).
        numbers: what it is computed from.
    """
    if t.device.type != "cpu" or kernel() is None:
        return False
    if error.error == "cross_entropy" and not torch.equal(t.sum(0), torch.ones_like(t[0])):
        return False
    return all(math.isfinite(x.sum()) for x in numbers)


def errors(c: Candidates) -> Tensor:
    """Return every candidate's E, float64, shape (candidates,)."""
    module = kernel()
    assert module is not None
    kinds = [ACTIVATIONS[name] for name in c.activations]
    output, output_scale = OUTPUTS[c.error.output, c.error.error]
    scales = [*(scale for _, scale in kinds), output_scale]
    weights, biases, reach = [np.zeros(0)], [np.zeros(0)], [0.0]
    for layer, scale, below in zip(c.layers, scales[1:], c.activations, strict=True):
        w, b = scaled(*layer, scale, below)
        weights.append(np.pad(w, ((0, 0), (0, -w.shape[1] % module.ROWS))).ravel())
        biases.append(b)
        reach += [abs(b).max(initial=0), abs(w).sum(1).max(initial=0)]
    found = np.zeros(len(c))
    module.candidate_errors(
        c.base.numpy() * scales[0],
        c.columns.numpy() * scales[0],
        c.h.contiguous().numpy(),
        c.rows.numpy(),
        c.constants.contiguous().numpy(),
        c.swings.numpy(),
        c.t.contiguous().numpy(),
        np.array(c.sizes),
        np.concatenate(weights),
        np.concatenate(biases),
        np.array(reach[1:]),
        np.array([getattr(module, name) for name, _ in kinds], dtype=np.int64),
        getattr(module, output),
        block(c.t.shape[1], max(c.sizes)),
        found,
    )
    return torch.from_numpy(found)


def scaled(weight: Tensor, bias: Tensor, scale: float, below: str | None) -> tuple[Array, Array]:
    """Return weights and biases of a layer as the kernel wants them.

    Args:
        weight: shape (units, units below).
        bias: shape (units,).
        scale: what the layer's pre-activations are multiplied by.
        below: activation of the layer below; None for the inputs.
    """
    w, b = weight.numpy() * scale, bias.numpy() * scale
    return (w, b) if below != "tanh" else (2 * w, b - w.sum(1))  # w tanh(x) + b = 2 w sigmoid(2x) + (b - sum w)


def block(samples: int, widest: int) -> int:
    """Return how many samples to take at a time: equal shares, of at most `CACHE` numbers of the widest layer.

    >>> block(5_000, 10), block(48_564, 50), block(1_000_000, 2_000)
    (5056, 2560, 128)
    """
    most = max(VECTOR, min(BLOCK, CACHE // widest))
    share = -(-samples // -(-samples // most))
    return -(-share // VECTOR) * VECTOR
