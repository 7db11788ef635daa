"""Results of a sweep: medians by population, method and ranking, the address of its runs, and how to load them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from study.records import subject
from study.records.condition import DIMENSIONS
from study.sweeps.grid import counted
from study.tracking import Store
from study.tracking.database import sqlite_file
from study.tracking.views import page, tagged

UI = "http://127.0.0.1:5000"
"""Where `python -m study.ui` serves, if the port is free."""
MOST = 60
"""Lines that are printed, at most."""
GROUPS = ("population", "method", "ranking")
FURTHER = tuple(name for name in DIMENSIONS if name not in GROUPS)
"""Settings that are columns where a sweep varies them."""
WORDS = {"removable": "removable", "spearman_start": "rho", "regret": "regret"}
"""Metrics and the words of their columns; the title says what they are."""


def medians(runs: Sequence[tuple[Mapping[str, str], Mapping[str, float]]]) -> pd.DataFrame:
    """Return one row a population, method and ranking: medians over the cells, and how many networks and cells.

    Args:
        runs: tags of finished cells, without their prefix, and their final metrics.

    >>> tags = {"population": "p", "method": "taylor1", "ranking": "iterative", "network_key": "n"}
    >>> medians([(tags, {"removable": 2.0, "units": 8.0}), (tags, {"removable": 4.0, "units": 8.0})])[
    ...     ["method", "removable", "networks", "cells"]
    ... ].to_numpy().tolist()
    [['taylor1', 0.375, 1, 2]]
    """
    cells = pd.DataFrame([{**tags, "population": subject(tags)} for tags, _ in runs])
    numbers = pd.DataFrame([metrics for _, metrics in runs]).reindex(columns=["units", *WORDS])
    cells[list(WORDS)] = numbers[list(WORDS)]
    cells["removable"] = numbers["removable"] / numbers["units"]
    by = [*GROUPS, *(name for name in FURTHER if name in cells and cells[name].nunique() > 1)]
    grouped = cells.groupby(by, dropna=False, sort=False)
    found = grouped[list(WORDS)].median().join(grouped["network_key"].nunique().rename("networks"))
    found = found.join(grouped.size().rename("cells")).reset_index()
    return found.sort_values(["population", "removable"], ascending=[True, False], ignore_index=True, kind="stable")


def tell(found: pd.DataFrame, console: Console) -> None:
    """Print the medians as a table."""
    keys = [name for name in found.columns if name not in (*WORDS, "networks", "cells")]
    title = (
        f"Medians over {counted(int(found['cells'].sum()), 'cell')}: share of the units or weights removable, rank "
        "correlation of scores and true impacts at the start (rho), regret; n: networks"
    )
    table = Table(title=title, title_justify="left")
    for name in keys:
        table.add_column(name, overflow="fold")
    for name in (*WORDS.values(), "n"):
        table.add_column(name, justify="right")
    for _, row in found.head(MOST).iterrows():
        numbers = [f"{row['removable']:.0%}", f"{row['spearman_start']:.2f}", f"{row['regret']:.2g}"]
        words = ["–" if text.startswith("nan") else text for text in numbers]
        table.add_row(*(escape(str(row[name])) for name in keys), *words, str(row["networks"]))
    console.print(table)
    if len(found) > MOST:
        console.print(f"... and {len(found) - MOST} further lines.")


def tell_where(store: Store, sweep: str, since: float | None, console: Console) -> None:
    """Print the address of a sweep's runs, and the lines that load them as a data frame.

    Args:
        store: that they are in.
        sweep: its name.
        since: where the name is shared by other sweeps, when this one began, in seconds of the epoch.
        console: to print on.
    """
    wanted = tagged("sweep", sweep) if since is None else f"attributes.start_time >= {int(1000 * since)}"
    file = sqlite_file(store.uri)
    address = page(UI if file else store.uri, store.experiment_id, runs=f"{tagged('kind', 'cell')} AND {wanted}")
    shown = f"`python -m study.ui --uri {store.uri}`, then {address}" if file else address
    for line in (
        f"In the UI: {shown}",
        f'As a data frame: import analysis; cells = analysis.load(sweep="{sweep}", uri="{store.uri}")',
        "                 cells  # a row a cell: settings and results",
        "                 cells.curves()  # a row a removal",
    ):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
