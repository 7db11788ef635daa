"""The content of a network's file: weights and biases as named tensors, what they belong to as notes."""

from __future__ import annotations

import json
from typing import Any

from torch import Tensor

from study.networks.network import Network


def to_tensors(network: Network, prefix: str = "") -> tuple[dict[str, Tensor], dict[str, str]]:
    """Return the parameters by name, float64, and the notes that make them a network again.

    Args:
        network: what is written.
        prefix: of the names; several networks of one kind lie in one file under one of their own each.
    """
    tensors = {f"{prefix}weight.{m}": w.contiguous() for m, w in enumerate(network.weights)}
    tensors |= {f"{prefix}bias.{m}": b.contiguous() for m, b in enumerate(network.biases)}
    notes = {"activations": json.dumps(network.activations), "output": network.output}
    if network.front:
        notes |= {"image": json.dumps(network.image), "pools": json.dumps(network.pools)}
    return tensors, notes


def from_tensors(content: Any, prefix: str = "") -> Network:
    """Return the network of an open safetensors file that `to_tensors` filled, under the same prefix.

    Raises:
        KeyError, TypeError, ValueError, StudyError: where it holds something else.
    """
    notes = content.metadata()
    layers = range(sum(name.startswith(f"{prefix}weight.") for name in list(content.keys())))
    return Network(
        tuple(content.get_tensor(f"{prefix}weight.{m}") for m in layers),
        tuple(content.get_tensor(f"{prefix}bias.{m}") for m in layers),
        tuple(json.loads(notes["activations"])),
        notes["output"],
        tuple(json.loads(notes.get("image", "[]"))),
        tuple(json.loads(notes.get("pools", "[]"))),
    )
