"""The kinds of network on the map: activation, output, depth and stage of training."""

from __future__ import annotations

import pandas as pd

STAGES = {
    "target_accuracy=0.8": "80 % right",
    "target_accuracy=0.97": "97 % right",
    "weight_decay": "weight decay",
    "": "converged",
}
"""What a variant holds, and what the stage of training is called; the first that it holds names it."""
ORDER = ("80 % right", "97 % right", "converged", "weight decay")


def by_network(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the `kinds` of the networks that cells pruned, indexed by network_key."""
    found = kinds(cells).set_axis(pd.Index(cells["network_key"], name="network_key"))
    return found[~found.index.duplicated()]


def kinds(cells: pd.DataFrame) -> pd.DataFrame:
    """Return activation, output, depth and stage of every cell, indexed by key.

    >>> cell = {"key": "k", "activation": "relu", "output": "softmax", "network": "64-30-30-10"}
    >>> kinds(pd.DataFrame([cell | {"variant": "epochs=200 target_accuracy=0.8"}])).to_numpy().tolist()
    [['relu', 'softmax', 2, '80 % right']]
    """
    return pd.DataFrame(
        {
            "activation": cells["activation"].to_numpy(),
            "output": cells["output"].to_numpy(),
            "depth": cells["network"].str.count("-").to_numpy() - 1,
            "stage": [next(name for held, name in STAGES.items() if held in text) for text in cells["variant"]],
        },
        index=pd.Index(cells["key"], name="key"),
    )
