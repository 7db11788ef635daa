"""A user's own network: a function returns a `Network` or a torch module, which is trained or taken as it is.

The function has the parameters `features` and `outputs` (of the data) and `seed` (of the cell), and more of its choice:

    def build(features, outputs, seed, width: int = 20):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(features, width), nn.Tanh(), nn.Linear(width, outputs))

In a file `mine.py` of the working folder it is `network._target_=mine.build`. The key of its network holds the digest
of the weights that it returns: other weights have another key, whatever they are called.
"""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from study.common import targets
from study.common.errors import StudyError
from study.data import Dataset
from study.networks import Network, as_network

GIVEN = ("features", "outputs", "seed")
"""Parameters of the function that the study gives."""


@dataclass(frozen=True)
class Builder:
    """Builds a user's own network.

    Attributes:
        target: the function, as `MODULE.FUNCTION`.
        params: its further parameters.
        trained: whether the weights that it returns are taken as they are.
    """

    target: str
    params: dict[str, Any]
    trained: bool = False

    def network(self, data: Dataset, seed: int) -> Network:
        """Return the network that the function makes for a data set.

        Raises:
            StudyError: where it fails, or returns something else.
        """
        where = "network._target_"
        known = inspect.signature(targets.found(self.target, where)).parameters
        given = {"features": data.features, "outputs": data.outputs, "seed": seed}
        arguments = {name: value for name, value in given.items() if name in known} | self.params
        with torch.random.fork_rng(devices=[]):
            made, again = (targets.made(self.target, arguments, where) for _ in range(2))
        if not isinstance(made, Network | nn.Module):
            raise StudyError(
                f"{where}={self.target} returned a {type(made).__name__}: a network or torch module is needed"
            )
        network = as_network(made, data)
        if as_network(again, data).digest() != network.digest():
            raise StudyError(
                f"{where}={self.target} returns other weights each time: begin it with torch.manual_seed(seed)"
            )
        return network
