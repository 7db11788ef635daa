"""What a computed cell tells the person who waits for it: a line of the log, and a table."""

from __future__ import annotations

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from study.cells.cell import Done
from study.cells.summary import before_first_cut, of_weights
from study.records import empty

Row = tuple[str, str]


def line(done: Done) -> str:
    """Return a cell's result in a few words."""
    seen, path = done.summary, done.result.trajectory
    if not of_weights(done.result):
        return f"E {seen.error_start:.6g}, {seen.removable} of {seen.units} units removable"
    left, accuracy = path["units_left"].iloc[-1], path["accuracy_held_out"]
    return (
        f"{left:,} of {seen.units:,} weights left, accuracy held out {accuracy.iloc[0]:.4f} before, "
        f"{accuracy.iloc[-1]:.4f} in the end"
    )


def show(done: Done, title: str, run: str | None, console: Console | None = None) -> None:
    """Print a cell's summary.

    Args:
        done: the cell.
        title: its name for people.
        run: that it is recorded in; None where it is not.
        console: to print on.
    """
    network = done.trained.network
    table = Table(title=escape(title), show_header=False, title_justify="left")
    table.add_row("network", f"{network.name}, {network.parameters:,} parameters, {network.output} output")
    table.add_row("acceptance", f"{done.band[0]}: {done.band[1]}")
    for row in _of_weights(done) if of_weights(done.result) else _of_units(done):
        table.add_row(*row)
    table.add_row("run", run or "not recorded (tracking=none)")
    (console or Console()).print(table)


def _of_units(done: Done) -> list[Row]:
    seen = done.summary
    limit = "accuracy within a point" if done.cell.data.classes else "error within 1 % of its range"
    return [
        ("error at the start, with no unit left", f"{seen.error_start:.6g}, {seen.error_end:.6g}"),
        ("accuracy at the start, held out", f"{seen.accuracy_start:.6f}, {seen.accuracy_start_held_out:.6f}"),
        (f"units removable ({limit})", f"{seen.removable} of {seen.units}"),
        ("rank correlation with the true impact, start", f"{seen.spearman_start:.3f}"),
        ("mean regret, share of the error's range", f"{seen.regret:.2g}"),
    ]


def _of_weights(done: Done) -> list[Row]:
    seen, path = done.summary, done.result.trajectory
    left, rho = int(path["units_left"].iloc[-1]), before_first_cut(done.result)
    stopped, trainings = (done.result.tables.get(name, empty(name)) for name in ("stopped", "trainings"))
    return [
        ("weights left in the end", f"{left:,} of {seen.units:,} ({left / seen.units:.2%})"),
        ("error at the start, in the end", f"{seen.error_start:.6g}, {seen.error_end:.6g}"),
        ("accuracy held out at the start, in the end", _both(path["accuracy_held_out"])),
        *_at_early_stops(stopped, trainings),
        (
            "rank correlation with the true impact before the first cut",
            "not measured" if pd.isna(rho) else f"{rho:.3f}",
        ),
    ]


def _at_early_stops(stopped: pd.DataFrame, trainings: pd.DataFrame) -> list[Row]:
    """Return accuracy and iteration of the first and the last early stop; nothing where no training looked for one."""
    of = stopped[stopped["split"] == "held_out"]
    if of.empty:
        return []
    right = of["correct"].astype("Float64").fillna(of["samples"] - of["error"]) / of["samples"]
    stop = trainings["early_stop"]
    return [
        ("the same at early stops", _both(right)),
        ("iteration of the early stop", f"{stop.iloc[0]}, {stop.iloc[-1]}" if len(stop) > 1 else f"{stop.iloc[0]}"),
    ]


def _both(values: pd.Series) -> str:
    return f"{values.iloc[0]:.6f}, {values.iloc[-1]:.6f}" if len(values) > 1 else f"{values.iloc[0]:.6f}"
