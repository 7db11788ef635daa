"""Why re-ranking helps: first-order terms and the order of the units along a path, predicted and measured."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid, panels

LINES = {
    "explained": ("foretold, with pairs", "#7B3294", "-"),
    "rho_again": ("made anew after every removal", "#009E73", "-"),
    "rho_quadratic": ("foretold, with pairs", "#7B3294", "-"),
    "rho_alone": ("foretold, without pairs", "#D55E00", "--"),
}
"""Columns of `mechanism.foretold`: name, colour and dashes."""
ORDER = ("rho_again", "rho_quadratic", "rho_alone")
WHAT = "along the path of the exact second derivative, re-ranked. Medians over networks, 10/90 % bands."


def draw(foretold: pd.DataFrame) -> Iterator[Drawn]:
    """Draw the predicted share of the change of the first-order terms, and the rank correlation of the units.

    Args:
        foretold: `mechanism.foretold`.
    """
    caption = (
        "How much of what the removals did to the first-order terms of the units left the Hessian in the gains at the "
        f"start foretells (1: all; 0: no better than terms that stay as they were), {WHAT}"
    )
    place = ["population", "key", "removed"]
    figure = _figure(foretold, ("explained",), (-0.3, 1.05), "share of the change that is foretold")
    yield drawn("mechanism_slopes", caption, figure, foretold[[*place, "explained"]])
    caption = f"Rank correlation with the true impacts of the units left: estimates made anew and foretold, {WHAT}"
    figure = _figure(foretold, ORDER, (-0.5, 1.05), "Spearman with the true impacts of the units left")
    yield drawn("mechanism_order", caption, figure, foretold[[*place, *ORDER]])


def _figure(foretold: pd.DataFrame, columns: tuple[str, ...], limits: tuple[float, float], ylabel: str) -> Figure:
    def one(of: pd.DataFrame, ax: Axes, title: str) -> object:
        return panel(of, ax, title, columns, limits)

    grid = panels(foretold, lambda n: Grid(n, 4, (2.5, 1.9), left=0.5, bottom=0.3), one)
    return grid.finish("share of the units removed", ylabel)


def panel(frame: pd.DataFrame, ax: Axes, title: str, columns: tuple[str, ...], limits: tuple[float, float]) -> Axes:
    """Draw the networks of one population.

    Args:
        frame: rows of `mechanism.foretold`.
        ax: axes to draw on.
        title: of the axes.
        columns: to draw, against the share of units removed.
        limits: of the vertical axis; what lies beyond is cut off.
    """
    by_step = frame.groupby("removed")
    for column in columns:
        name, colour, dashes = LINES[column]
        middle = by_step[column].median()
        ax.plot(middle.index, middle, dashes, lw=1.4, color=colour, label=name)
        low, high = by_step[column].quantile(0.1), by_step[column].quantile(0.9)
        ax.fill_between(middle.index, low, high, color=colour, alpha=0.13, lw=0)
    ax.set(xlim=(0, 1), ylim=limits)
    ax.set_title(title, fontsize=9)
    return ax
