"""`python -m study.status NAME`: counts finished, running, failed and outstanding cells, also while they run."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from study.common.errors import StudyError
from study.records import by_cause
from study.sweeps.grid import Grid
from study.sweeps.missing_data import runnable, unavailable
from study.sweeps.outstanding import outstanding
from study.sweeps.plan import planned, tracked
from study.sweeps.profile import experiment, profile
from study.sweeps.workers import Workers
from study.tracking import Store
from study.tracking.stores import store_of_profile

SHOWN = 10
"""Cells that did not end well which are named, at most."""
STATES = ("finished", "running", "failed", "killed", "to run")
"""A cell is in the first of these that holds for one of its runs; failed and killed ones are run again."""


def main() -> int:
    """Print the table; return 0 when all cells are finished, else 1."""
    parser = argparse.ArgumentParser(prog="python -m study.status", description=__doc__)
    parser.add_argument("name", nargs="?", default="paper", help="a profile or an experiment of conf/ (%(default)s)")
    parser.add_argument("--outputs", type=Path, help="folder of the outputs (default: outputs/ in the checkout)")
    arguments = parser.parse_args()
    grids = [g.into(arguments.outputs) if arguments.outputs else g for g in named(arguments.name)]
    return show(arguments.name, grids, Console())


def show(name: str, grids: list[Grid], console: Console) -> int:
    """Print the states of the cells of some grids; return 0 when all are finished."""
    cfg, outputs = tracked(grids[0])
    store = store_of_profile(name, cfg)
    absent = unavailable(grids)
    here = runnable(grids, absent)
    shares = {name for grid in here for name in grid.populations}  # one is not worth starting processes for
    with console.status("Reading the plan"), Workers(-1 if len(shares) > 1 else 1) as workers:
        by_key = planned(here, outputs, workers)
        grid_of = {key: job.grid for key, job in by_key.items()}
        todo = outstanding(store, by_key)
    state_of = states(store, set(grid_of), todo.finished)
    counted = Counter((grid_of[key], state) for key, state in state_of.items())
    table = Table("grid", "cells", *STATES, title=f"{name}: {store.uri}", title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right"
    for one in dict.fromkeys(grid_of.values()):
        counts = [counted[one, state] for state in STATES]
        table.add_row(one, *map(str, (sum(counts), *counts)))
    totals = Counter(state_of.values())
    table.add_section()
    table.add_row("together", *map(str, (len(state_of), *(totals[state] for state in STATES))))
    console.print(table)
    todo.tell(console)
    left = len(state_of) - totals["finished"] + len(todo.networks)
    if left and totals["running"] and (pace := store.statuses().pace()):
        console.print(f"{left} left, {3600 * pace:.0f} an hour: about {timedelta(seconds=round(left / pace))}")
    for cause, names in by_cause(absent).items():
        console.print(f"[yellow]left out[/yellow] {names}: {escape(cause)}", highlight=False)
    broken = {key for key, state in state_of.items() if state in ("failed", "killed")}
    for run, reason in list(store.statuses().reasons(broken).items())[:SHOWN] if broken else []:
        console.print(f"[red]{escape(run)}[/red]: {escape(reason)}", highlight=False)
    return 1 if left else 0


def named(name: str) -> list[Grid]:
    """Return the grids of a profile, or the one grid of the experiment of that name.

    Raises:
        StudyError: when there is neither, listing both.
    """
    try:
        return profile(name)
    except StudyError as error:
        try:
            return [experiment(name)]
        except StudyError as second:
            raise StudyError(f"{error}; nor is it an experiment: {second}") from None


def states(store: Store, keys: set[str], finished: Collection[str] | None = None) -> dict[str, str]:
    """Return the state (`STATES`) of every cell; `finished` are the undamaged finished ones, None to look them up."""
    finished = store.inspected(keys=keys).whole if finished is None else finished
    found = dict.fromkeys(keys, "to run")
    for state in reversed(STATES[1:-1]):
        of = store.statuses().running() if state == "running" else store.keys(state)
        found |= dict.fromkeys(of & keys, state)
    return found | dict.fromkeys(keys.intersection(finished), STATES[0])
