"""Why re-ranking helps: E and the order of the units along a path, foretold and measured."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analysis.figures.mechanism import panel
from analysis.report.draw.drawn import Drawn, drawn
from analysis.report.draw.grid import Grid, panels

ERROR = ("change", "quadratic", "alone")
ORDER = ("rho_again", "rho_quadratic", "rho_alone")
WHAT = "along the path of the exact second derivative, re-ranked. Medians over networks, 10/90 % bands."


def draw(foretold: pd.DataFrame) -> Iterator[Drawn]:
    """Draw E and the order of the units, a panel a population.

    Args:
        foretold: `regime.foretold`.
    """
    error = _figure(foretold, ERROR, (-0.25, 1.1), "error above the start, share of all that is at stake")
    caption = (
        "E above the start, over E without any unit above the start: measured, and foretold by gradient and Hessian in "
        f"the gains at the start, with and without its pairs, {WHAT}"
    )
    yield drawn("mechanism", "mechanism_error", caption, error, foretold[["population", "key", "removed", *ERROR]])
    order = _figure(foretold, ORDER, (-0.5, 1.02), "Spearman with the true impacts of the units left")
    caption = f"Rank correlation with the true impacts of the units left: estimates made anew and foretold, {WHAT}"
    yield drawn("mechanism", "mechanism_order", caption, order, foretold[["population", "key", "removed", *ORDER]])


def _figure(foretold: pd.DataFrame, columns: tuple[str, ...], limits: tuple[float, float], ylabel: str) -> Figure:
    def one(of: pd.DataFrame, ax: Axes, title: str) -> object:
        return panel(of, ax, title, columns, limits)

    grid = panels(foretold, lambda n: Grid(n, 4, (2.4, 1.9), left=0.4, bottom=0.3), one)
    return grid.finish("share of the units removed", ylabel)
