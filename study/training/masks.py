"""Masks of single weights: 1 where a weight is trained, 0 where it is 0 and stays 0. Biases are never masked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from study.common.errors import StudyError
from study.networks import Network

Masks = Sequence[Tensor]
"""One array of 0 and 1 (or False and True) a layer, the output layer's last, of the shapes of `Network.weights`."""


def checked(network: Network, masks: Masks) -> tuple[Tensor, ...]:
    """Return the masks as arrays of True and False.

    Raises:
        StudyError: when they are not those of this network, or hold anything but 0 and 1.
    """
    wanted = [tuple(w.shape) for w in network.weights]
    found = [tuple(mask.shape) if isinstance(mask, Tensor) else type(mask).__name__ for mask in masks]
    if found != wanted:
        raise StudyError(f"masks of shapes {found} do not fit network {network.name}, whose weights have {wanted}")
    if any(not bool(((mask == 0) | (mask == 1)).all()) for mask in masks):
        raise StudyError("masks hold 0 (the weight is gone) and 1 (it is there) and nothing else")
    return tuple(mask.to("cpu", torch.bool) for mask in masks)


def masked(network: Network, masks: Masks) -> Network:
    """Return the network with its masked weights at 0, the others to the bit as they are.

    Equal to weights * masks, but for the sign of zeros, which is plus: a mask then gives the same bits wherever a
    weight came from.

    >>> from study.networks import mlp
    >>> net = mlp(2, [1], 1, seed=0)
    >>> small = masked(net, [torch.tensor([[1, 0]]), torch.tensor([[1]])])
    >>> torch.equal(small.weights[0][0, 0], net.weights[0][0, 0]), small.weights[0][0, 1].item()
    (True, 0.0)
    """
    there = checked(network, masks)
    return replace(network, weights=tuple(w.masked_fill(~m, 0.0) for w, m in zip(network.weights, there, strict=True)))


def compacted(network: Network, masks: Masks, gains: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Return the masks of what `network.compact(gains)` leaves, gains being 1, or 0 where a unit is gone."""
    weights = tuple(mask.to(torch.float64) for mask in checked(network, masks))
    return replace(network, weights=weights).compact(gains).weights


def flat(network: Network, masks: Masks, dtype: torch.dtype) -> Tensor:
    """Return the masks as one vector that lies as `backprop.Parameters.vector` does, shape (parameters,), 1 at biases.

    Args:
        network: whose parameters they are of.
        masks: one a layer.
        dtype: of the vector.
    """
    parts = []
    for mask, bias in zip(checked(network, masks), network.biases, strict=True):
        parts += [mask.flatten().to(dtype), torch.ones(len(bias), dtype=dtype)]
    return torch.cat(parts)


def masks_digest(network: Network, masks: Masks) -> str:
    """Return the SHA-256 over shapes and bits of the masks, the same whatever type they are of.

    Args:
        network: whose weights they are of.
        masks: one a layer.
    """
    sha = hashlib.sha256()
    for mask in checked(network, masks):
        sha.update(f"{tuple(mask.shape)}".encode())
        sha.update(np.packbits(mask.flatten().numpy()).tobytes())
    return sha.hexdigest()
