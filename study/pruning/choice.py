"""Which unit goes next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from study.common.errors import StudyError
from study.methods.base import Scores
from study.removals.base import Instead


@dataclass(frozen=True)
class Choice:
    """A unit that goes.

    Attributes:
        layer: its hidden layer, 0 is nearest the input.
        unit: its index in the layer.
        score: the criterion's, when it was chosen.
        estimate: of its impact, in the error's units; None where the criterion has none.
        instead: what takes its place.
    """

    layer: int
    unit: int
    score: float
    estimate: float | None
    instead: Instead


def choose(scores: Scores, units: Sequence[tuple[int, int]], error: float, tie: float) -> int:
    """Return where the unit of the smallest score is; of those tied with it, the one of the lowest layer, then index.

    Scores in the error's units tie within `tie` max(E(0), E(1)), others within `tie` of the largest magnitude.

    Args:
        scores: of the remaining units.
        units: (layer, index), ascending.
        error: E(1) on the pruning rows.
        tie: the method's, see `Method`.

    Raises:
        StudyError: when a score is not a number.
    """
    if scores.score.isnan().any():
        bad = units[int(scores.score.isnan().nonzero()[0, 0])]
        raise StudyError(f"the method gave unit {bad[1]} of hidden layer {bad[0]} a score that is not a number")
    smallest = float(scores.score.min())
    if scores.estimate is None:
        width = tie * float(scores.score.abs().max())
    else:
        estimate = float(scores.estimate[scores.score.argmin()])
        width = tie * max(abs(error), abs(error + estimate))
    return int((scores.score <= smallest + width).nonzero()[0, 0])
