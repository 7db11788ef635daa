"""Tests over networks (seeds): templates, exact signed ranks, intervals, corrections for many claims."""

from analysis.statistics.intervals import median_limits, prediction_interval
from analysis.statistics.multiplicity import corrected_as, false_discoveries, holm, smallest_corrected
from analysis.statistics.result import (
    ALPHA,
    INCONCLUSIVE,
    NOT_RUN,
    REFUTED,
    SUPPORTED,
    TOO_FEW,
    Result,
    decide,
)
from analysis.statistics.templates import TEMPLATES, evaluate

__all__ = [
    "ALPHA",
    "INCONCLUSIVE",
    "NOT_RUN",
    "REFUTED",
    "SUPPORTED",
    "TEMPLATES",
    "TOO_FEW",
    "Result",
    "corrected_as",
    "decide",
    "evaluate",
    "false_discoveries",
    "holm",
    "median_limits",
    "prediction_interval",
    "smallest_corrected",
]
