"""A network and a module beside data: whose output layer counts, where the two say different things."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

from torch import Tensor, nn

from study.common.errors import StudyError
from study.networks.module import from_module
from study.networks.network import Network

if TYPE_CHECKING:
    from study.data.base import Dataset

NEAR = 1e-5
"""What targets may be off a limit or a sum by: they may have been made in single precision."""
APPENDED = {"softmax": "nn.Softmax(dim=1)", "sigmoid": "nn.Sigmoid()"}
"""What a module ends in that says the output layer itself."""


def as_network(network: object, data: Dataset | None = None, error: str = "half_squared") -> Network:
    """Return a network as it is, and the network of a torch module, its output layer held against the data's.

    A module without an output layer puts out logits. Beside data whose outputs are a softmax or sigmoids those go on
    top, with a warning; so does a softmax where the cross-entropy is asked for. An output layer of the module's own
    counts, with a warning where the data have another, as long as it can reach the targets.

    Args:
        network: a network, or a torch module.
        data: what it is pruned or trained on; None where it is not known.
        error: what is ranked on.

    Raises:
        StudyError: for anything else, and for outputs that can never be the targets.
    """
    if isinstance(network, nn.Module):
        rows = [] if data is None else [split.inputs for split in data.splits.values()]
        found = from_module(network, rows=rows)
        return found if data is None else _suited(found, data, error)
    if not isinstance(network, Network):
        raise StudyError(f"a network or a torch module is needed, got {type(network).__name__}")
    if data is not None and network.output == "linear" != data.output and data.classes:
        warnings.warn(
            f"network {network.name} has linear outputs, which are compared with the targets as they are; data set "
            f"{data.name!r} has output={data.output!r}. For logits: dataclasses.replace(network, "
            f"output={data.output!r})",
            stacklevel=3,
        )
    return network


def _suited(network: Network, data: Dataset, error: str) -> Network:
    """Return the network of a module with the output layer that counts beside some data."""
    outputs = len(network.biases[-1])
    if (network.features, outputs) != (data.features, data.outputs):
        return network  # refused where it is used, by its sizes
    logits = network.output == "linear"
    wanted = "softmax" if error == "cross_entropy" and logits and outputs > 1 else data.output
    output = wanted if logits else network.output
    if output == "softmax" and outputs == 1:
        raise StudyError(
            f"a softmax over the one output of {network.name} is always 1; take sigmoid outputs, nn.Sigmoid() and "
            f"output='sigmoid' in data set {data.name!r}, or targets of one_hot(labels, 2) and two outputs"
        )
    if network.output == wanted:
        return network
    if logits:
        _warn(
            f"the module ends in a linear layer: its outputs are taken as logits, and {APPENDED[output]} is put on "
            + ("top, which the cross-entropy needs" if wanted != data.output else f"top, as for data set {data.name!r}")
            + f". {APPENDED[output]} at its end says the same; output='linear' in the data set compares the outputs "
            "as they are with the targets"
        )
        return replace(network, output=output)
    if not all(_reached(output, split.targets) for split in data.splits.values()):
        raise StudyError(
            f"the module ends in a {output}, which never reaches the targets of data set {data.name!r} (output="
            f"{data.output!r}): "
            + ("they are not all in 0 to 1" if output == "sigmoid" else "those of a row do not sum to 1")
            + f"; leave the {output} out, or give the module the output layer of the data"
        )
    _warn(
        f"the module ends in a {output}, and data set {data.name!r} has output={data.output!r}: the module's own "
        f"outputs count. output={output!r} in the data set says the same"
    )
    return network


def _reached(output: str, targets: Tensor) -> bool:
    """Say whether outputs of that kind can be, or come near to, targets of shape (samples, outputs)."""
    inside = bool(((targets >= -NEAR) & (targets <= 1 + NEAR)).all())
    return inside and (output != "softmax" or bool(((targets.sum(1) - 1).abs() < NEAR).all()))


def _warn(words: str) -> None:
    warnings.warn(words, stacklevel=5)  # the line of a person's own that calls `prune` or `train`
