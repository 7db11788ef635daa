"""The map: one tile a kind of network, removal, ranking and method."""

from __future__ import annotations

import pandas as pd

from analysis.sections.regime.kinds import ORDER, by_network

OUTPUTS = {"sigmoid": "squares", "softmax": "entropy"}
"""Output layers of the map, and in a word the error that goes with them."""
ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus")
TRAINED = 0.75
"""Share of the rows right below which a network counts as not trained, and is left out."""
BY = ["activation", "output", "depth", "stage", "removal", "ranking", "method"]


def tiles(networks: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row a tile: `BY`, medians over its networks, their count, row and column.

    Args:
        networks: `networks.networks` of the map's cells.
        cells: these cells.
    """
    # Without brute force beside it, as in a store that a sweep is still filling, a method is not on the map.
    comparable = (networks["accuracy_0"] >= TRAINED) & networks["best"].notna()
    known = networks[comparable].merge(by_network(cells), on="network_key")
    found = known.groupby(BY, as_index=False).agg(
        share=("share", "median"),
        of_best=("of_best", "median"),
        curvature=("curvature", "median"),
        first_order=("first_order", "median"),
        off_diagonal=("off_diagonal", "median"),
        networks=("network_key", "nunique"),
    )
    found["row"] = found["activation"] + ", " + found["stage"]
    found["column"] = found["output"].map(OUTPUTS) + " " + found["depth"].astype(str)
    return found


def rows(found: pd.DataFrame) -> list[str]:
    """Return the map's rows that have a tile, in their order."""
    every = [f"{activation}, {stage}" for activation in ACTIVATIONS for stage in ORDER]
    return [row for row in every if row in set(found["row"])]


def columns(found: pd.DataFrame) -> list[str]:
    """Return the map's columns that have a tile, in their order."""
    depths = sorted(set(found["depth"]))
    every = [f"{error} {depth}" for error in OUTPUTS.values() for depth in depths]
    return [column for column in every if column in set(found["column"])]
