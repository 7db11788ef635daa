"""The overview: units removable by each method, a panel a population."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn, medians
from analysis.figures.grid import Grid, panels
from analysis.figures.removable import removable
from analysis.sections.base import Kept, Material, Section, Shown


class Overview(Section):
    """The share that every method removes from every network."""

    title = "Units removable, network by network"
    place = 30
    short = None
    kept = Kept("claims", figures=("removable",))

    def made(self, of: Material) -> Shown:
        """Draw it, where any population was pruned by several methods."""
        chosen = of.compared
        return Shown([_removable(chosen)] if len(chosen) else [])


def _removable(chosen: pd.DataFrame) -> Drawn:
    # Methods that only some populations were pruned by are for the figures of cost: here they would fill the page.
    places = chosen.groupby("method")["population"].nunique()
    chosen = chosen[chosen["method"].isin(places.index[2 * places >= chosen["population"].nunique()])]
    height = 0.8 + 0.22 * chosen["method"].nunique()

    def panel(of: pd.DataFrame, ax: Axes, population: str) -> None:
        rule = "accuracy within 1 point" if of["r_1"].notna().any() else "error within 1 %"
        removable(of, ax, "removed", f"{population}\n{rule}")

    made = panels(chosen, lambda n: Grid(n, 3, (3.75, height), left=1.75, bottom=0.3, top=0.45), panel)
    figure = made.finish("share of hidden units removed before the limit is first crossed (R_1), re-ranked")
    caption = "Units removable by each method under iterative re-ranking: one circle a network, the bar their median."
    data = chosen[["population", "method", "seed", "removed"]]
    return drawn("removable", caption, figure, data, medians(chosen, "removed", "Median R_1"))
