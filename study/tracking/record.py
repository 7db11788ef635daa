"""The record of a cell: plain values, checked before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from study.common.errors import StudyError
from study.records import ON_DEMAND, RUN_TAGS, TABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_STEP_METRICS = 8
MOST_STEPS = 25
"""Ten thousand runs must stay quick to browse: the tables hold every step, step metrics only draw a curve."""


@dataclass(frozen=True)
class DatasetNote:
    """The data set as a run's input.

    Attributes:
        name: name of the data set.
        digest: SHA-256 over its arrays.
        source: a path, an http(s) address, or "generated".
        samples: number of samples of every split.
    """

    name: str
    digest: str
    source: str
    samples: dict[str, int]


@dataclass(frozen=True)
class CellRecord:
    """One cell, computed.

    Attributes:
        tags: by the names of `study.records.RUN_TAGS` without the prefix; the store adds status, tables_digest.
        params: the scientific configuration, flattened.
        tables: those of `study.records.TABLES`, without the ones on demand that were not asked for, and those that
            measures of one's own declare.
        config_yaml: the composed configuration.
        environment: versions of what the numbers depend on.
        dataset: the data set.
        figures: matplotlib figures by file name without ending; may be empty.
        step_metrics: lists of (units removed, value), at most 8; thinned to 25 steps each.
        metrics: final scalars.
    """

    tags: dict[str, str]
    params: dict[str, object]
    tables: dict[str, pd.DataFrame]
    config_yaml: str
    environment: dict[str, str]
    dataset: DatasetNote
    figures: dict[str, Figure] = field(default_factory=dict)
    step_metrics: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_tags(self.tags)
        if not self.tags.get("key"):
            raise StudyError("a cell that is recorded needs the tag 'key'")
        if missing := sorted(set(TABLES) - {*ON_DEMAND, *self.tables}):
            raise StudyError(f"a cell records the tables {list(TABLES)}; missing {missing}")
        if len(self.step_metrics) > MOST_STEP_METRICS:
            raise StudyError(
                f"at most {MOST_STEP_METRICS} step metrics a run keep a large store quick, got "
                f"{len(self.step_metrics)}: {sorted(self.step_metrics)}; the tables hold the rest"
            )


def check_tags(tags: Mapping[str, str]) -> None:
    """Raise StudyError for undeclared tags (`study.records.RUN_TAGS`)."""
    unknown = sorted(set(tags) - set(RUN_TAGS))
    if unknown:
        raise StudyError(f"undeclared tags {unknown}; study.records.RUN_TAGS declares {list(RUN_TAGS)}")


def thinned(points: list[tuple[int, float]], most: int = MOST_STEPS) -> list[tuple[int, float]]:
    """Return at most `most` points, evenly spaced by position, the first and the last among them.

    >>> [step for step, _ in thinned([(k, 0.0) for k in range(101)], most=5)]
    [0, 25, 50, 75, 100]
    """
    if len(points) <= most:
        return list(points)
    index = np.linspace(0, len(points) - 1, most).round().astype(int)
    return [points[i] for i in index]
