"""The section of error surfaces: E(gain) of the units that a method removed (figures 5 to 7, 10 to 12, 14 to 24)."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.panels import cell_panels, first_cells
from analysis.figures.style import plain_ticks
from analysis.sections.base import Material, Section, Shown
from study.words import label

METHODS = ("brute_force", "taylor1", "taylor2")
"""Methods whose surfaces are drawn."""
WORDS = "error against the gain of the unit that goes next; the legend says at which removal."


class Surfaces(Section):
    """Surfaces of one cell a population and method."""

    title = "Error surfaces"
    place = 160

    def made(self, of: Material) -> Shown:
        """Draw a figure a population."""
        frames = of.frames.of(of.fresh.loc[of.fresh["population"].isin(of.main), "key"].tolist())
        chosen = first_cells(frames, set(frames.surfaces["key"]))
        chosen = chosen[chosen["method"].isin(METHODS)]
        return Shown(list(cell_panels(chosen, frames.surfaces, panel, WORDS, "surfaces", legends=10)))


def panel(frame: pd.DataFrame, ax: Axes, _: str, method: str) -> Axes:
    """Draw the surfaces of one cell; arguments as of `figures.panels.Panel`."""
    return surfaces(frame, ax, label(method))


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
