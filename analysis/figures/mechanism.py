"""What is foretold at the start of a path beside what is measured on it: medians over networks, with 10/90 % bands."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

LINES = {
    "explained": ("foretold, with pairs", "#7B3294", "-"),
    "rho_again": ("made anew after every removal", "#009E73", "-"),
    "rho_quadratic": ("foretold, with pairs", "#7B3294", "-"),
    "rho_alone": ("foretold, without pairs", "#D55E00", "--"),
}
"""Columns of `regime.foretold`: name, colour and dashes."""


def panel(frame: pd.DataFrame, ax: Axes, title: str, columns: tuple[str, ...], limits: tuple[float, float]) -> Axes:
    """Draw the networks of one population.

    Args:
        frame: rows of `regime.foretold`.
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
