"""The section on estimates: every unit's estimate against its true impact in the trained network."""

from __future__ import annotations

from analysis.figures.panels import cell_panels, estimates, first_cells
from analysis.figures.style import IN_OVERVIEWS
from analysis.sections.base import Material, Section, Shown

WORDS = "estimate against true impact of every unit of the trained network; the line is agreement."


class Impacts(Section):
    """Estimates of one cell a population and method, of the methods that estimate."""

    title = "Estimate against truth in the trained network"
    place = 150

    def made(self, of: Material) -> Shown:
        """Draw a figure a population."""
        table = of.fresh[of.fresh["population"].isin(of.main)]
        frames = of.frames.of(table["key"].tolist())
        start = frames.impacts[(frames.impacts["event"] == 0) & frames.impacts["estimate"].notna()]
        chosen = first_cells(frames, set(start["key"]))
        chosen = chosen[~chosen["method"].isin(["brute_force", "worst_first", *IN_OVERVIEWS])]
        return Shown(list(cell_panels(chosen, start, estimates(table), WORDS, "impacts")))
