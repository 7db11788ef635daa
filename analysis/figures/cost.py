"""What a method costs against what it achieves: one small marker a network, a large one at the medians."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from analysis.figures.style import colour, label, ordered, plain_ticks


def cost(frame: pd.DataFrame, ax: Axes, column: str, title: str) -> Axes:
    """Draw one population.

    Args:
        frame: rows of `metrics.per_network`, one a network and method, with `seconds` spent on scores.
        ax: axes to draw on.
        column: the share of units removable that is drawn, "r_1" or "r_1pct".
        title: of the axes.
    """
    for method in ordered(frame["method"]):
        of = frame[frame["method"] == method]
        # What the authors' code computed has the criterion's colour; a square tells it apart.
        marker = "s" if method.endswith("_as_implemented") else "o"
        ax.plot(
            of["seconds"],
            of[column],
            marker,
            ms=2.5,
            mew=0,
            alpha=0.35,
            color=colour(method),
            rasterized=True,
            zorder=1.5,
        )
        middle = [of["seconds"].median()], [of[column].median()]
        ax.plot(*middle, marker, ms=7, mec="white", mew=0.7, color=colour(method), label=label(method))
    ax.set(xscale="log", ylim=(-0.04, 1.04))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    plain_ticks(ax.xaxis)
    ax.set_title(title, fontsize=9)
    return ax
