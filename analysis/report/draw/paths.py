"""Figures a population: degradation curves, agreement along the way, estimates against impacts, error surfaces."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd
from matplotlib.axes import Axes

from analysis import published
from analysis.figures.agreement import QUANTITIES, along_the_way
from analysis.figures.degradation import averaged, degradation
from analysis.figures.impacts import estimate_against_impact
from analysis.figures.style import IN_OVERVIEWS
from analysis.figures.surfaces import surfaces
from analysis.frames import Frames
from analysis.report.draw.drawn import Drawn, drawn, medians
from analysis.report.draw.grid import Grid
from study.words import RANKINGS, label, ordered

SURFACES_OF = ("brute_force", "taylor1", "taylor2")


def draw(frames: Frames, curves: pd.DataFrame, table: pd.DataFrame, regressions: set[str]) -> Iterator[Drawn]:
    """Draw them all.

    Args:
        frames: the store, freshly trained networks only.
        curves, table: `metrics.curves` and `metrics.table` of it.
        regressions: populations that are regressions.
    """
    yield from degradations(curves, regressions)
    yield from _along(frames, table)
    yield from _impacts(frames, table)
    yield from _surfaces(frames)


def degradations(curves: pd.DataFrame, regressions: set[str]) -> Iterator[Drawn]:
    """Draw the curves of every population and ranking; arguments as of `draw`."""
    mean, reference = averaged(curves[~curves["method"].isin(IN_OVERVIEWS)]), published.curves()
    for (population, ranking), of in mean.groupby(["population", "ranking"], sort=True):
        shown = reference[(reference["population"] == population) & (reference["ranking"] == ranking)]
        figure = both_quantities(of, shown, population in regressions).finish()
        n = of["seed"].nunique()
        words = f"{population}, {RANKINGS.get(str(ranking), ranking)}: {n} networks thin, their median bold."
        if len(shown):
            number = shown["figure"].iloc[0].rstrip("ab")
            words += (
                f" Circles: the paper's figure {number} (the authors' one network, the formulas that their code "
                "implemented)."
            )
        yield drawn("curves", f"degradation_{population}_{ranking}", words, figure, of, halfway(of))


def both_quantities(curves: pd.DataFrame, shown: pd.DataFrame, regression: bool) -> Grid:
    """Return panels of error and, in a classification, accuracy; arguments as of `figures.degradation`."""
    quantities = ["error_per_sample"] if regression else ["error_per_sample", "accuracy"]
    made = Grid(len(quantities), 2, (5.5, 3.5), left=0.8, top=0.1)
    for ax, quantity in zip(made.axes, quantities, strict=True):
        degradation(curves, shown, ax, quantity)
    return made


def halfway(curves: pd.DataFrame) -> str:
    """Return, in words, the median error per sample where half of the units are gone."""
    half = curves[curves["q"].between(0.49, 0.51)]
    return medians(half, "error_per_sample", "Median error per sample with half of the units gone")


def _along(frames: Frames, table: pd.DataFrame) -> Iterator[Drawn]:
    cells = table.set_index("key")
    seen = frames.agreement[frames.agreement["layer"] == -1].join(
        cells[["population", "method", "ranking", "seed", "units", "E0", "E_all"]].rename(columns={"units": "all"}),
        on="key",
        how="inner",
    )
    estimating = set(seen.loc[seen["scale"].notna(), "method"]) - {"brute_force", "worst_first", *IN_OVERVIEWS}
    seen = seen[(seen["ranking"] == "iterative") & seen["method"].isin(estimating)]
    seen = seen.assign(q=seen["event"] / seen["all"], regret=seen["regret"] / (seen["E_all"] - seen["E0"]).abs())
    for population, of in seen.groupby("population"):
        made = Grid(3, 3, (3.7, 2.8), top=0.1)
        for ax, quantity in zip(made.axes, QUANTITIES, strict=True):
            along_the_way(of, ax, quantity)
        words = f"{population}, re-ranked: agreement of estimate and true impact of the remaining units along the way."
        told = medians(of, "spearman_25", "Median rank correlation of the 25 cheapest") + " "
        told += medians(of, "regret", "Median regret")
        data = of[["population", "method", "seed", "q", *QUANTITIES]]
        yield drawn("agreement", f"agreement_{population}", words, made.finish(), data, told)


def _first_cells(frames: Frames, keys: set[str], ranking: str = "iterative") -> pd.DataFrame:
    cells = frames.cells[frames.cells["key"].isin(keys) & (frames.cells["ranking"] == ranking)]
    return cells.sort_values(["population", "seed", "draw"]).drop_duplicates(["population", "method"])


def _impacts(frames: Frames, table: pd.DataFrame) -> Iterator[Drawn]:
    start = frames.impacts[(frames.impacts["event"] == 0) & frames.impacts["estimate"].notna()]
    chosen = _first_cells(frames, set(start["key"]))
    chosen = chosen[~chosen["method"].isin(["brute_force", "worst_first", *IN_OVERVIEWS])]
    words = "estimate against true impact of every unit of the trained network; the line is agreement."
    yield from cell_panels(chosen, "impacts", start, estimates(table), words)


def estimates(table: pd.DataFrame) -> Callable[[pd.DataFrame, Axes, str, str], object]:
    """Return what draws a cell's estimates against impacts, scaled by its start error."""
    errors = table.set_index("key")["E0"]
    return lambda of, ax, key, method: estimate_against_impact(of, ax, label(method), float(errors[key]))


def _surfaces(frames: Frames) -> Iterator[Drawn]:
    chosen = _first_cells(frames, set(frames.surfaces["key"]))
    chosen = chosen[chosen["method"].isin(SURFACES_OF)]
    words = "error against the gain of the unit that goes next; the legend says at which removal."
    yield from cell_panels(
        chosen,
        "surfaces",
        frames.surfaces,
        lambda of, ax, _, method: surfaces(of, ax, label(method)),
        words,
        legends=10,
    )


def cell_panels(
    chosen: pd.DataFrame,
    section: str,
    rows: pd.DataFrame,
    panel: Callable[[pd.DataFrame, Axes, str, str], object],
    words: str,
    legends: int = 4,
    name: str = "",
) -> Iterator[Drawn]:
    """Draw a figure a population with a panel a cell.

    Args:
        chosen: the cells, at most one a population and method.
        section: of the page.
        rows: a table of `study.records` with these cells.
        panel: draws a cell's rows, given the axes, the cell's key and its method.
        words: what is seen.
        legends: entries of the legend in a line.
        name: what the figures' names begin with, if not the section.
    """
    for population, of in chosen.groupby("population"):
        methods = ordered(of["method"])
        made = Grid(len(methods), 3, (3.7, 3.0))
        keys = of.set_index("method")["key"]
        for ax, method in zip(made.axes, methods, strict=True):
            panel(rows[rows["key"] == keys[method]], ax, keys[method], method)
        caption = f"{population}, seed {of['seed'].min()}: {words}"
        data = rows.merge(of[["key", "population", "method", "seed"]], on="key").drop(columns="key")
        yield drawn(section, f"{name or section}_{population}", caption, made.finish(entries=legends), data)
