"""The paper's cosine: x uniform in (0, 1) radian, y = cos x, a sixth of a period (figures 2 to 4)."""

from __future__ import annotations

import math
from pathlib import Path

from study.data._curves import curve_dataset
from study.data.base import Dataset


def load(*, seed: int = 0, folder: Path | None = None) -> Dataset:  # noqa: ARG001 - generated: no files
    """Return 10,000 pairs to train and prune on and 10,000 held out; y in (0.54, 1) suits a sigmoid output."""
    return curve_dataset("cosine", math.cos, (0.0, 1.0), "sigmoid", seed)
