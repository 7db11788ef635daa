"""The cells of the regime map: apart from those that claims rest on, and named by what was varied."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames

SWEEP = "regime"
"""Name of the sweeps that make the map (`conf/sweep/regime_*.yaml`)."""
STAGES = {
    "target_accuracy=0.8": "80 % right",
    "target_accuracy=0.97": "97 % right",
    "weight_decay": "weight decay",
    "": "converged",
}
"""What a variant holds, and what the stage of training is called; the first that it holds names it."""
ORDER = ("80 % right", "97 % right", "converged", "weight decay")


def split(frames: Frames) -> tuple[Frames, Frames]:
    """Return the frames without the cells of the map, and those of the map alone."""
    mapped = frames.cells["sweep"] == SWEEP
    return frames.of(frames.cells.loc[~mapped, "key"].tolist()), frames.of(frames.cells.loc[mapped, "key"].tolist())


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
