"""Regression on a function of one variable."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from study.data._random import generator
from study.data.base import Dataset
from study.data.split import Split

SAMPLES = 10_000


def curve_dataset(
    name: str, function: Callable[[float], float], interval: tuple[float, float], output: str, seed: int
) -> Dataset:
    """Return x uniform in an interval with y = function(x): 10,000 to train and prune on, 10,000 held out.

    The function is evaluated point by point with the C library's mathematics: vectorised cosines differ in the
    last bit from processor to processor, and the data's digest would with them.

    Args:
        name: of the data set.
        function: of one number.
        interval: lower and upper end of x.
        output: the output layer that suits the function's range: "sigmoid" or "linear".
        seed: the data seed.
    """
    rng = generator(name, seed)
    low, high = interval

    def draw() -> Split:
        x = low + (high - low) * rng.random(SAMPLES)
        y = np.array([function(value) for value in x.tolist()])
        labels = torch.zeros(SAMPLES, dtype=torch.int64)
        return Split(torch.from_numpy(x)[:, None], torch.from_numpy(y)[:, None], labels)

    training, held_out = draw(), draw()
    splits = {"training": training, "pruning": training, "held_out": held_out}
    return Dataset(name, "regression", 0, output, splits)
