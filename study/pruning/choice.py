"""Which unit goes next."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from study.common.errors import StudyError
from study.methods.base import Scores
from study.networks.parts import Part, Parts
from study.removals.base import Instead
from study.scopes.base import Scope


@dataclass(frozen=True)
class Choice:
    """A part that goes.

    Attributes:
        part: which.
        score: the criterion's, when it was chosen.
        estimate: of its impact, in the error's units; None where the criterion has none.
        instead: what takes its place.
    """

    part: Part
    score: float
    estimate: float | None
    instead: Instead


def check_scores(scores: Tensor, parts: Parts, scope: Scope) -> None:
    """Refuse scores that are not numbers.

    Args:
        scores: of the remaining parts, shape (n,).
        parts: these parts.
        scope: names them.

    Raises:
        StudyError: naming the first part with such a score.
    """
    if scores.isnan().any():
        bad = parts.at(int(scores.isnan().nonzero()[0, 0]))
        raise StudyError(f"the method gave {scope.called(bad)} a score that is not a number")


def choose(scores: Scores, parts: Parts, scope: Scope, error: float, tie: float) -> int:
    """Return where the unit of the smallest score is; of those tied with it, the one of the lowest layer, then index.

    Scores in the error's units tie within `tie` max(E(0), E(1)), others within `tie` of the largest magnitude.

    Args:
        scores: of the remaining units.
        parts: these units, by layer, then index.
        scope: names them.
        error: E(1) on the pruning rows.
        tie: the method's, see `Method`.

    Raises:
        StudyError: when a score is not a number.
    """
    check_scores(scores.score, parts, scope)
    smallest = float(scores.score.min())
    if scores.estimate is None:
        width = tie * float(scores.score.abs().max())
    else:
        estimate = float(scores.estimate[scores.score.argmin()])
        width = tie * max(abs(error), abs(error + estimate))
    return int((scores.score <= smallest + width).nonzero()[0, 0])
