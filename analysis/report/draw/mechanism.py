"""Why re-ranking helps: first-order terms and the order of the units along a path, foretold and measured."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.mechanism import panel
from analysis.report.draw.drawn import Drawn, drawn
from analysis.report.draw.grid import Grid, panels

ORDER = ("rho_again", "rho_quadratic", "rho_alone")
WHAT = "along the path of the exact second derivative, re-ranked. Medians over networks, 10/90 % bands."


def draw(foretold: pd.DataFrame) -> Iterator[Drawn]:
    """Draw how much of the change of the first-order terms is foretold, and how well units are ordered.

    Args:
        foretold: `regime.foretold`.
    """
    caption = (
        "How much of what the removals did to the first-order terms of the units left the Hessian in the gains at the "
        f"start foretells (1: all; 0: no better than terms that stay as they were), {WHAT}"
    )
    place = ["population", "key", "removed"]
    figure = _figure(foretold, ("explained",), (-0.3, 1.05), "share of the change that is foretold")
    yield drawn("mechanism", "mechanism_slopes", caption, figure, foretold[[*place, "explained"]])
    caption = f"Rank correlation with the true impacts of the units left: estimates made anew and foretold, {WHAT}"
    figure = _figure(foretold, ORDER, (-0.5, 1.05), "Spearman with the true impacts of the units left")
    yield drawn("mechanism", "mechanism_order", caption, figure, foretold[[*place, *ORDER]])


def _figure(foretold: pd.DataFrame, columns: tuple[str, ...], limits: tuple[float, float], ylabel: str) -> Figure:
    def one(of: pd.DataFrame, ax: Axes, title: str) -> object:
        return panel(of, ax, title, columns, limits)

    grid = panels(foretold, lambda n: Grid(n, 4, (2.5, 1.9), left=0.5, bottom=0.3), one)
    return grid.finish("share of the units removed", ylabel)
