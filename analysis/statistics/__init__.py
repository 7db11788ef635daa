"""Tests over networks (seeds): templates, exact signed ranks, intervals, corrections for many claims."""

from analysis.statistics.intervals import median_limits, prediction_interval
from analysis.statistics.multiplicity import holm, smallest_holm
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
    "decide",
    "evaluate",
    "holm",
    "median_limits",
    "prediction_interval",
    "smallest_holm",
]
