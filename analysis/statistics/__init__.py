"""Tests over networks (seeds): the ten tests, exact signed ranks, intervals, corrections for many claims."""

from analysis.statistics.intervals import median_limits, prediction_interval
from analysis.statistics.multiplicity import corrected_as, false_discoveries, holm, smallest_corrected
from analysis.statistics.result import (
    ALPHA,
    INCONCLUSIVE,
    NOT_RUN,
    REFUTED,
    SUPPORTED,
    TOO_FEW,
    VERDICTS,
    PValues,
    Result,
    decide,
    decide_as_frozen,
)
from analysis.statistics.templates import FROZEN, TEMPLATES, evaluate

__all__ = [
    "ALPHA",
    "FROZEN",
    "INCONCLUSIVE",
    "NOT_RUN",
    "REFUTED",
    "SUPPORTED",
    "TEMPLATES",
    "TOO_FEW",
    "VERDICTS",
    "PValues",
    "Result",
    "corrected_as",
    "decide",
    "decide_as_frozen",
    "evaluate",
    "false_discoveries",
    "holm",
    "median_limits",
    "prediction_interval",
    "smallest_corrected",
]
