"""Saved views of an experiment's page in the MLflow UI: which runs, in which columns, under which charts.

A view is a tag of the experiment, named by the view's key (`mlflow_internals.SAVED_VIEW`). It is listed under the
page's saved views, and opened by an address that names its key.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from study.records import TAG
from study.tracking.mlflow_internals import (
    CREATED,
    OPENED_AS,
    OPENED_FILTER,
    OPENED_ON,
    OPENED_VIEW,
    RUN_NAME,
    SAVED_VIEW,
)

SECTION = "shown"
COLLAPSED = ("accuracy", "error_per_sample", "agreement", "size", "Model metrics", "System metrics")
"""Sections that the UI makes of the other metrics, by what stands before the slash: there, but not unfolded."""
STEP, BY_METRIC = "step", "metric"
WIDTHS = {RUN_NAME: 320, CREATED: 120}
MARGIN, LETTER = 30, 7
"""Pixels beside the heading of another column, and of a letter of it."""


@dataclass(frozen=True)
class Chart:
    """One chart of a view.

    Attributes:
        metric: that is drawn.
        title: of the chart.
        bars: whether the last value is drawn as a bar a run; else a curve.
        log: whether the axis of the metric is logarithmic.
        over: metric on the horizontal axis of a curve; "" for the step, the number of units removed.
    """

    metric: str
    title: str
    bars: bool = False
    log: bool = False
    over: str = ""

    def card(self, number: int) -> dict[str, Any]:
        """Return the chart as the UI keeps it."""
        common = {"uuid": f"shown-{number}", "metricSectionId": SECTION, "deleted": False, "isGenerated": False}
        common |= {"metricKey": self.metric, "selectedMetricKeys": [self.metric], "displayName": self.title}
        if self.bars:
            return common | {"type": "BAR", "runsCountToCompare": 10}
        return common | {
            "type": "LINE",
            "runsCountToCompare": 10,
            "lineSmoothness": 0,
            "xAxisScaleType": "linear",
            "scaleType": "log" if self.log else "linear",
            "range": {},
            "xAxisKey": BY_METRIC if self.over else STEP,
            "selectedXAxisMetricKey": self.over,
            "yAxisKey": "metric",
            "yAxisExpressions": [],
            "ignoreOutliers": False,
            "useGlobalXaxisKey": False,
            "useGlobalLineSmoothing": True,
        }


@dataclass(frozen=True)
class View:
    """A saved view.

    Attributes:
        name: as it is listed.
        runs: filter of the search box.
        columns: tags of `study.records.RUN_TAGS` and metrics, in their order; metrics in backquotes.
        order: column that is sorted by, as in `columns`, or an attribute such as "attributes.start_time".
        ascending: whether the smallest comes first.
        charts: of the chart view.
        heading: above them.
        by: tag that runs are averaged by; "" for none.
    """

    name: str
    runs: str
    columns: Sequence[str]
    order: str
    ascending: bool
    charts: Sequence[Chart] = ()
    heading: str = "Against units removed"
    by: str = ""

    def state(self) -> dict[str, Any]:
        """Return the state of the page."""
        columns = [column(name) for name in self.columns]
        widths = {name: MARGIN + LETTER * len(name.split("`")[1]) for name in columns}
        sections: list[dict[str, Any]] = [{"uuid": SECTION, "name": self.heading, "display": True, "columns": 2}]
        sections += [{"uuid": f"folded-{name}", "name": name, "display": False} for name in COLLAPSED]
        grouped = {"aggregateFunction": "average", "groupByKeys": [{"mode": "tag", "groupByData": TAG + self.by}]}
        return {
            "searchFilter": self.runs,
            "orderByKey": column(self.order),
            "orderByAsc": self.ascending,
            "selectedColumns": columns,
            "columnOrder": [*WIDTHS, *columns],
            "columnWidths": WIDTHS | widths,
            "runsHiddenMode": "FIRST_20_RUNS",
            "compareRunCharts": [chart.card(number) for number, chart in enumerate(self.charts)],
            "compareRunSections": [{**section, "isReordered": True, "deleted": False} for section in sections],
            "isAccordionReordered": True,
            "groupBy": grouped if self.by else None,
            "groupsExpanded": {},
        }

    def tag(self, key: str, made: int = 0) -> tuple[str, str]:
        """Return the tag of the experiment that holds the view.

        Args:
            key: by which an address names it.
            made: when, in milliseconds since the epoch; the list of saved views goes by it.
        """
        envelope = {"name": self.name, "createdAt": made, "updatedAt": made, "state": json.dumps(self.state())}
        return SAVED_VIEW + key, json.dumps(envelope)


def column(name: str) -> str:
    """Return a column as the UI writes it.

    >>> column("population"), column("`regret`"), column("attributes.start_time")
    ('tags.`study.population`', 'metrics.`regret`', 'attributes.start_time')
    """
    if name.startswith("attributes."):
        return name
    return f"metrics.{name}" if name.startswith("`") else f"tags.`{TAG}{name}`"


def tagged(name: str, value: str) -> str:
    """Return the filter of the runs with a tag, named without its prefix.

    >>> print(tagged("sweep", "mine"), tagged("sweep", "it's"), sep=", ")
    tags.`study.sweep` = 'mine', tags.`study.sweep` = "it's"
    """
    mark = '"' if "'" in value else "'"
    return f"tags.`{TAG}{name}` = {mark}{value}{mark}"


def page(address: str, experiment: str, key: str = "", charts: bool = False, runs: str = "") -> str:
    """Return the address of an experiment's run list under model training, in a saved view or with a filter.

    Args:
        address: of the server; "" within its pages.
        experiment: its id.
        key: of the saved view.
        charts: whether its charts are shown, not its table.
        runs: filter, instead of a view.

    >>> page("http://127.0.0.1:5000", "1", "study")
    'http://127.0.0.1:5000/#/experiments/1/runs?workflowType=machine_learning&viewStateShareKey=study'
    """
    asked = {OPENED_ON: "machine_learning"}
    asked |= {OPENED_VIEW: key} if key else {}
    asked |= {OPENED_AS: "CHART"} if charts else {}
    asked |= {OPENED_FILTER: runs} if runs else {}
    return f"{address}/#/experiments/{experiment}/runs?{urlencode(asked, quote_via=quote)}"
