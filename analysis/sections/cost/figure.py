"""Cost of a method against the share that it removes: a small marker a network, a large named one at the medians."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator

from analysis.figures.drawn import Drawn, drawn, medians
from analysis.figures.grid import Grid, panels, small
from analysis.figures.labels import name_points
from analysis.named import AS_IMPLEMENTED
from study.figures.style import plain_ticks
from study.records.words import colour, label, ordered

MANY = 8
"""The number of methods whose names need a larger panel."""
SPENT = {
    "seconds": ("cost", "seconds spent on scores over the whole path (log)", "costs in seconds"),
    "forward_passes": (
        "cost_passes",
        "passes over the ranking rows spent on scores, over the whole path (log; at the left end none)",
        "costs in passes over the rows (a backward or tangent pass counts as one)",
    ),
}
"""Column of the cost -> the figure's name, its axis, and the words of its caption."""
FREE = 0.5
"""Where a method without any pass stands on the axis of passes, which is logarithmic from 1 on."""


def cost(
    frame: pd.DataFrame, ax: Axes, column: str, title: str, size: tuple[float, float], spent: str = "seconds"
) -> Axes:
    """Draw one population.

    Args:
        frame: rows of `metrics.per_network`, one a network and method, with what was spent on scores.
        ax: axes to draw on.
        column: the share of units removable that is drawn, "r_1" or "r_1pct".
        title: of the axes.
        size: of the axes in inches, for the names beside the points.
        spent: "seconds", above 0, or "forward_passes", of which there may be none.
    """
    frame = frame.assign(**{spent: frame[spent].clip(lower=FREE)}) if spent == "forward_passes" else frame
    methods = ordered(frame["method"])
    points = []
    for method in methods:
        of = frame[frame["method"] == method]
        # What the authors' code computed has the criterion's colour; a square tells it apart.
        marker = "s" if method.endswith(AS_IMPLEMENTED) else "o"
        ax.plot(
            of[spent],
            of[column],
            marker,
            ms=2.5,
            mew=0,
            alpha=0.35,
            color=colour(method),
            rasterized=True,
            zorder=1.5,
        )
        points.append((of[spent].median(), of[column].median()))
        ax.plot(*([x] for x in points[-1]), marker, ms=6, mec="white", mew=0.7, color=colour(method))
    ax.set(xscale="log", ylim=(-0.04, 1.04), xlim=(frame[spent].min() / 1.5, frame[spent].max() * 1.5))
    if spent == "seconds":
        ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    plain_ticks(ax.xaxis)
    ax.set_title(title, fontsize=9)
    name_points(ax, points, [label(m) for m in methods], [colour(m) for m in methods], size)
    return ax


def draw(chosen: pd.DataFrame, spent: str) -> Drawn:
    """Draw the cost against the removed share, a panel a population.

    Args:
        chosen: networks that several methods pruned (`Material.compared`).
        spent: a key of `SPENT`.
    """
    name, axis, words = SPENT[spent]
    chosen = chosen[chosen["seconds"] > 0]
    large = chosen["method"].nunique() > MANY

    def grid(count: int) -> Grid:
        return Grid(count, 2, (5.6, 3.7), left=0.4, bottom=0.3) if large else small(count)

    size = grid(1).inner
    made = panels(chosen, grid, lambda of, ax, title: cost(of, ax, "removed", title, size, spent))
    figure = made.finish(axis, "units removable (R_1)")
    caption = (
        f"What a method {words} against what it removes, re-ranked (the quadratic model, which is there to look once, "
        "ranked once): small markers networks, large ones the medians. Up and left is better. Squares: as the authors' "
        "code implemented it."
    )
    data = chosen[["population", "method", "seed", "forward_passes", "seconds", "removed"]]
    return drawn(name, caption, figure, data, medians(chosen, spent, f"Median {axis.split(' spent')[0]}"))
