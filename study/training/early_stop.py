"""Early stopping, read afterwards from the looks at validation rows that a training has made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from study.common.errors import StudyError, whole

SMOOTH = 5
"""Looks at validation rows that are averaged, unless another number is asked for."""


@dataclass(frozen=True)
class EarlyStop:
    """Where a training would best have been stopped.

    Attributes:
        iteration: of the smallest smoothed validation error, the first of equals; counted from the recipe's beginning,
            in a rewound network, too.
        error: validation error there, smoothed, a row's mean.
        accuracy: share correct on the validation rows at that very look, not smoothed.
        censored: the smallest is at the last look: a longer training might have gone lower, so that `iteration` is no
            more than a lower limit.
    """

    iteration: int
    error: float
    accuracy: float
    censored: bool


def around(errors: Sequence[float], i: int, half: int) -> float:
    """Return the mean of the errors from `half` before the i-th to `half` after it, or as many as there are.

    >>> around([4.0, 2.0, 1.0, 3.0], 0, half=1), around([4.0, 2.0, 1.0, 3.0], 2, half=1)
    (3.0, 2.0)
    """
    return float(np.mean(errors[max(0, i - half) : i + half + 1]))


def early_stop(history: pd.DataFrame, smooth: int = SMOOTH) -> EarlyStop:
    """Return the iteration of the smallest validation error, as Frankle & Carbin (2019, appendix C) stop.

    Errors are smoothed first: a look's is the mean of the `smooth` looks around it, itself in the middle. Near either
    end it is the mean of those of them that there are (of 5: the first look's of looks 1 to 3, the second's of 1 to 4).

    Args:
        history: of a training with `evaluate_every`, as `fit` returns it; rows without a look at validation rows are
            left out.
        smooth: looks that are averaged, odd; 1 smooths nothing.

    Raises:
        StudyError: when the training has not looked at validation rows, or `smooth` is even.

    >>> history = pd.DataFrame({"step": [0, 10, 20, 30], "validation_error": [4.0, 2.0, 1.0, 3.0]})
    >>> stop = early_stop(history.assign(validation_accuracy=0.5), smooth=3)
    >>> stop.iteration, stop.error, stop.censored  # means 3, 7/3, 2, 2: the first of equals
    (20, 2.0, False)
    """
    if whole("smooth", smooth, 1) % 2 == 0:
        raise StudyError(f"smooth={smooth}: an odd number is needed, so that a look stands in the middle of others")
    if "validation_error" not in history or history["validation_error"].isna().all():
        raise StudyError(
            "the training has not looked at validation rows: train with training.evaluate_every=100, say, and a data "
            "set with the split `validation`"
        )
    looks = history.dropna(subset=["validation_error"]).reset_index(drop=True)
    errors = looks["validation_error"].tolist()
    smoothed = [around(errors, i, smooth // 2) for i in range(len(errors))]
    best = min(range(len(smoothed)), key=smoothed.__getitem__)
    accuracy = float(looks["validation_accuracy"][best])
    return EarlyStop(int(looks["step"][best]), smoothed[best], accuracy, best == len(smoothed) - 1)
