"""Which neurons of a trained network can go, and who can tell: a study of arXiv 1701.04465.

For notebooks: `from study import load_dataset, train, prune`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from study.data import load_dataset
    from study.scopes import parts_of
    from study.training.train import train
    from study.trajectories.trajectory import prune

__all__ = ["load_dataset", "parts_of", "prune", "train"]

_HOMES = {
    "load_dataset": "study.data",
    "parts_of": "study.scopes",
    "train": "study.training.train",
    "prune": "study.trajectories.trajectory",
}


def __getattr__(name: str) -> object:
    # Imported when asked for: `study.records` must stay importable without torch being loaded.
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'study' has no attribute {name!r}")
