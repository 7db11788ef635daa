"""Units removable by every method: one dot a network, the median as a bar."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from study.records.words import colour, label, ordered


def removable(frame: pd.DataFrame, ax: Axes, column: str, title: str) -> Axes:
    """Draw one population.

    Args:
        frame: rows of `metrics.per_network`, one a network and method.
        ax: axes to draw on.
        column: the share that is drawn, as "r_1" (accuracy within a point) or "r_1pct" (error within 1 % of its range).
        title: of the axes.
    """
    methods = ordered(frame["method"])[::-1]
    for y, method in enumerate(methods):
        values = frame.loc[frame["method"] == method, column].dropna()
        ax.plot(values, [y] * len(values), "o", ms=4, mfc="none", color=colour(method), alpha=0.7)
        ax.plot([values.median()] * 2, [y - 0.35, y + 0.35], color=colour(method), lw=2.5)
    ax.set(yticks=range(len(methods)), xlim=(-0.02, 1.02))
    ax.set_title(title, fontsize=9)
    ax.set_yticklabels([label(m) for m in methods])
    return ax
