"""Scopes, one file each: which parts of a network are removed. The file's name is the scope's name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from study.common import by_name

if TYPE_CHECKING:  # names are asked for by the command line, which waits for no torch
    import pandas as pd

    from study.networks.network import Network
    from study.scopes.base import Scope

__all__ = ["names", "parts_of", "scope"]


def names() -> tuple[str, ...]:
    """Return the names of all scopes, sorted; nothing of theirs is loaded.

    >>> names()
    ('filter', 'neuron', 'unit', 'weight')
    """
    return by_name.names(__path__)


def scope(name: str) -> Scope:
    """Return a scope by name.

    Raises:
        StudyError: when there is none of that name, listing those that there are.
    """
    made: Scope = by_name.chosen("scope", name, __name__, __path__)()
    return made


def parts_of(network: Network, of: str = "unit") -> pd.DataFrame:
    """Return a row for each part of a network that a scope removes.

    Columns: layer, unit (its index in the layer), name, parameters and multiply_adds (of a sample's forward pass): what
    the network has less when this part alone is gone.

    Args:
        network: as trained.
        of: the scope's name.

    Raises:
        StudyError: for an unknown scope, or one that the network has no part of.

    >>> from study.networks import mlp
    >>> parts_of(mlp(64, [3], 10, seed=0))[["name", "parameters"]].to_numpy().tolist()[0]
    ['unit 0 of hidden layer 0', 75]
    """
    import pandas as pd

    chosen = scope(of)
    parts = chosen.parts(network)
    costs = chosen.costs(network, parts).T
    names = [chosen.called(part) for part in parts]
    return pd.DataFrame({**parts.columns(), "name": names, "parameters": costs[0], "multiply_adds": costs[1]})
