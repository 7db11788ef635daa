"""What a network keeps of its start: "within so many points", once for the cells, the benchmark and the analysis."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    import pandas as pd


def least_correct(at_start: float, samples: int, points: float) -> int:
    """Return the fewest correct samples that are within some percentage points of accuracy of a start.

    It is a count, so that no rounding decides: a fall of exactly so many points is within them.

    Args:
        at_start: correct samples of the trained network.
        samples: all of them.
        points: percentage points that may be lost.

    >>> least_correct(960, 1000, 1.0), least_correct(29, 30, 1.0)
    (950, 29)
    """
    return int(at_start) - math.floor(Fraction(str(points)) * samples / 100)


def largest_error(at_start: float, span: float, share: float) -> float:
    """Return the largest error within a share of the range E_all - E0 above a start; the start where E_all lies below.

    Args:
        at_start: E0, of the trained network.
        span: E_all - E0.
        share: as in .01 for R_1%.

    >>> largest_error(1.0, 100.0, 0.01), largest_error(5.0, -1.0, 0.01)
    (2.0, 5.0)
    """
    return at_start + share * max(span, 0.0)


def accuracy_kept(correct: ArrayLike, samples: int, points: float) -> NDArray[np.bool_]:
    """Whether accuracy stays within some points of the first step's: `least_correct` at every step, shape (steps,)."""
    c = np.asarray(correct, dtype=float)
    return np.asarray(c >= least_correct(c[0], samples, points))


def error_kept(error: ArrayLike, share: float) -> NDArray[np.bool_]:
    """Whether E stays within a share of its range: `largest_error` at every step, shape (steps,); the last is E_all."""
    e = np.asarray(error, dtype=float)
    return np.asarray(e <= largest_error(e[0], e[-1] - e[0], share))


def steps_kept(kept: ArrayLike) -> int:
    """Return the last step up to which every one has kept a condition.

    >>> steps_kept([True, True, False, True]), steps_kept([True, True])
    (1, 1)
    """
    ok = np.asarray(kept, dtype=bool)
    return len(ok) - 1 if ok.all() else int(np.argmin(ok)) - 1


def removable(evaluations: pd.DataFrame, points: float) -> int:
    """Return the last step up to which the network has kept its accuracy on the pruning rows.

    Args:
        evaluations: of one trajectory, the table of `study.records`.
        points: percentage points of accuracy that may be lost; in a regression percent of the error's range.
    """
    path = evaluations[evaluations["split"] == "pruning"]
    if path["correct"].isna().any():
        return steps_kept(error_kept(path["error"], points / 100))
    return steps_kept(accuracy_kept(path["correct"], int(path["samples"].iloc[0]), points))
