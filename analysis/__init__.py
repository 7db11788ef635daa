"""From a tracking store to verdicts: `load` gives its cells as a data frame, `judge` metrics and verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.loading import Cells
    from analysis.pipeline import Judged

__all__ = ["judge", "load"]


def load(sweep: str | None = None, uri: str | None = None, experiment: str = "incredible_shrinking_network") -> Cells:
    """Return the finished cells of a tracking store as one tidy data frame: a row a cell, its settings and results.

    It is a pandas data frame with two methods more, of the rows that are left after any selection: `curves()` gives a
    row a removal, `sampled()` one a sampled single weight. Settings are the tags of `study.records.RUN_TAGS`, results
    the columns of `analysis.metrics.table`.

    Args:
        sweep: only cells that this sweep asked for first (`sweep.name=`; "manual" where none was named).
        uri: of the store; by default `outputs/mlflow/mlflow.db` in the working folder, else in the checkout.
        experiment: its experiment.

    Raises:
        StoreError: where there is no store, or no finished cell of that sweep; the sweeps that there are are named.

    ```python
    cells = analysis.load(sweep="mine")
    cells.groupby(["population", "method"])[["r_1", "rho_0", "regret_mean"]].median()
    curves = cells[cells["method"] == "taylor2"].curves()
    ```
    """
    from analysis.loading import loaded  # pandas and the metrics: no other room of the analysis waits for them

    return loaded(sweep, uri, experiment)


def judge(sweep: str | None = None, uri: str | None = None, experiment: str = "incredible_shrinking_network") -> Judged:
    """Return metrics and verdicts of a tracking store; arguments and errors as of `load`.

    ```python
    found = analysis.judge()
    found.verdicts.query("part == 'overall'")[["claim", "arm", "n", "verdict"]]
    found.report("report")  # writes the HTML page, and returns its path
    ```
    """
    from analysis.loading import usual
    from analysis.pipeline import judge as judged
    from analysis.runs import read_store

    return judged(read_store(uri or usual(), experiment, sweep))
