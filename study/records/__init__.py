"""What runs record, and how it is spoken of: tables, tags, conditions, words. Neutral ground: no torch, no MLflow.

Of `study`, `analysis` knows this package, how commands show and end their work (`common`, `sweeps.workers`), which
runs are whole (`tracking.inspection`) and how protocols are labelled (`protocols`); it hands its summaries of the cells
to `tracking.summaries`.
"""

from study.records.column import Column
from study.records.tables import (
    AGREEMENT,
    IMPACTS,
    ON_DEMAND,
    RECORDS_VERSION,
    SURFACES,
    TABLES,
    conform,
    empty,
    without_timing,
)
from study.records.tags import FREE, RUN_TAGS, TAG, by_cause, filters_of, hidden_of, subject
from study.records.upgrade import READABLE, upgraded

__all__ = [
    "AGREEMENT",
    "FREE",
    "IMPACTS",
    "ON_DEMAND",
    "READABLE",
    "RECORDS_VERSION",
    "RUN_TAGS",
    "SURFACES",
    "TABLES",
    "TAG",
    "Column",
    "by_cause",
    "conform",
    "empty",
    "filters_of",
    "hidden_of",
    "subject",
    "upgraded",
    "without_timing",
]
