"""Error surfaces E(gain) of the units that a method removed."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.style import plain_ticks


def surfaces(frame: pd.DataFrame, ax: Axes, title: str) -> Axes:
    """Draw E(gain) of one cell's removals, coloured by when they went.

    Args:
        frame: rows of `records.SURFACES` of one cell.
        ax: axes to draw on.
        title: of the axes.
    """
    last = max(int(frame["event"].max()), 1)
    colours = matplotlib.colormaps["viridis"]
    for event in sorted(frame["event"].unique().tolist()):
        rows = frame[frame["event"] == event]
        ax.plot(rows["gain"], rows["error"], color=colours(0.92 * event / last), lw=1.2, label=f"removal {event + 1}")
    ax.axvline(1.0, color="0.5", lw=0.8, ls=":")
    ax.set(xlabel="gain of the unit that goes next", ylabel="error E", yscale="log", title=title)
    plain_ticks(ax.yaxis)
    return ax
