"""The section of error surfaces: E(gain) of the units that a method removed (figures 5 to 7, 10 to 12, 14 to 24)."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.panels import cell_panels, first_cells
from analysis.figures.surfaces import surfaces
from analysis.sections.base import Material, Section, Shown
from study.records.words import label

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
