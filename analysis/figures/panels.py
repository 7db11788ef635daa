"""Figures with a panel a cell: one population, a method in each panel."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.figures.impacts import estimate_against_impact
from analysis.frames import Frames
from study.records.words import label, ordered

SIZE = (3.7, 3.0)
"""Of a panel with its margins, in inches."""
INNER = Grid(1, 1, SIZE).inner
"""Of its axes."""
Panel = Callable[[pd.DataFrame, Axes, str, str], object]
"""Draws a cell's rows, given axes, the cell's key and its method."""


def first_cells(frames: Frames, keys: set[str], ranking: str = "iterative") -> pd.DataFrame:
    """Return of every population and method the cell of the smallest seed, among these keys."""
    cells = frames.cells[frames.cells["key"].isin(keys) & (frames.cells["ranking"] == ranking)]
    return cells.sort_values(["population", "seed", "draw"]).drop_duplicates(["population", "method"])


def estimates(table: pd.DataFrame) -> Panel:
    """Return what draws a cell's estimates against impacts, scaled by its start error."""
    errors = table.set_index("key")["E0"]
    return lambda of, ax, key, method: estimate_against_impact(of, ax, label(method), float(errors[key]), INNER)


def cell_panels(
    chosen: pd.DataFrame, rows: pd.DataFrame, panel: Panel, words: str, name: str, legends: int = 4
) -> Iterator[Drawn]:
    """Draw a figure a population with a panel a cell.

    Args:
        chosen: the cells, at most one a population and method.
        rows: a table of `study.records` with these cells.
        panel: draws a cell.
        words: what is seen.
        name: what the figures' names begin with.
        legends: entries of the legend in a line.
    """
    for population, of in chosen.groupby("population"):
        methods = ordered(of["method"])
        made = Grid(len(methods), 3, SIZE)
        keys = of.set_index("method")["key"]
        for ax, method in zip(made.axes, methods, strict=True):
            panel(rows[rows["key"] == keys[method]], ax, keys[method], method)
        caption = f"{population}, seed {of['seed'].min()}: {words}"
        data = rows.merge(of[["key", "population", "method", "seed"]], on="key").drop(columns="key")
        yield drawn(f"{name}_{population}", caption, made.finish(entries=legends), data)
