"""Figures with one panel a population: units removable, their cost, layers that go first, spread of the impacts."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.cost import cost
from analysis.figures.layers import EARLY, layer_shares
from analysis.figures.lorenz import lorenz, shares
from analysis.figures.removable import removable
from analysis.frames import Frames
from analysis.metrics import as_meant
from analysis.report.draw.drawn import Drawn, drawn, medians
from analysis.report.draw.grid import Grid, panels

MANY = 8
"""Methods from which on their names need a larger panel."""
SPENT = {
    "seconds": ("cost", "seconds spent on scores over the whole path (log)", "costs in seconds"),
    "forward_passes": (
        "cost_passes",
        "passes over the ranking rows spent on scores, over the whole path (log; at the left end none)",
        "costs in passes over the rows (a backward or tangent pass counts as one)",
    ),
}
"""What is spent -> the figure's name, its axis, and its caption's words."""
COMPARED = 3
"""Methods that a population must have for a panel of these figures."""


def draw(frames: Frames, networks: pd.DataFrame, main: set[str]) -> Iterator[Drawn]:
    """Draw them all.

    Args:
        frames: the store, freshly trained networks only.
        networks: `metrics.per_network` of it.
        main: populations to show, where any of them ran; a panel for each of a whole series would be too many.
    """
    ran = set(networks["population"])
    shown = ran & main or ran
    chosen = as_meant(networks[networks["population"].isin(shown)])
    methods = chosen.groupby("population")["method"].transform("nunique")
    chosen = chosen[methods >= COMPARED]
    if len(chosen):
        # A regression has no accuracy: there the rule is that of the error.
        chosen = chosen.assign(removed=chosen["r_1"].fillna(chosen["r_1pct"]))
        yield _removable(chosen)
        yield from (_cost(chosen, spent) for spent in SPENT)
    deep = chosen[chosen["m7_chance"].notna()]
    if len(deep):
        yield _layers(deep)
    impacts = _impacts(frames, shown)
    if len(impacts):
        yield _lorenz(impacts)


def _small(count: int) -> Grid:
    return Grid(count, 3, (3.7, 2.4), left=0.4, bottom=0.3)


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
    return drawn("found", "removable", caption, figure, data, medians(chosen, "removed", "Median R_1"))


def _cost(chosen: pd.DataFrame, spent: str) -> Drawn:
    name, axis, words = SPENT[spent]
    chosen = chosen[chosen["seconds"] > 0]
    large = chosen["method"].nunique() > MANY

    def grid(count: int) -> Grid:
        return Grid(count, 2, (5.6, 3.7), left=0.4, bottom=0.3) if large else _small(count)

    size = grid(1).inner
    made = panels(chosen, grid, lambda of, ax, title: cost(of, ax, "removed", title, size, spent))
    figure = made.finish(axis, "units removable (R_1)")
    caption = (
        f"What a method {words} against what it removes, re-ranked (the quadratic model, which is there to look once, "
        "ranked once): small markers networks, large ones the medians. Up and left is better. Squares: as the authors' "
        "code implemented it."
    )
    data = chosen[["population", "method", "seed", "forward_passes", "seconds", "removed"]]
    return drawn("cost", name, caption, figure, data, medians(chosen, spent, f"Median {axis.split(' spent')[0]}"))


def _layers(deep: pd.DataFrame) -> Drawn:
    made = panels(deep, _small, layer_shares)
    figure = made.finish("first removals, share of all hidden units", "of these, in the layer nearest the output")
    caption = (
        "From which layer the first 10, 20 and 40 % of the removals come, re-ranked: dots are networks, lines join "
        "their medians, the dotted line is the layer's share of all units."
    )
    data = deep[["population", "method", "seed", *EARLY, "m7_chance"]]
    return drawn("layers", "layers", caption, figure, data, medians(deep, "m7_20", "Median share in the first 20 %"))


def _impacts(frames: Frames, shown: set[str]) -> pd.DataFrame:
    """Return the true impacts of every unit of every trained network, from one of its cells."""
    start = frames.impacts[(frames.impacts["event"] == 0) & frames.impacts["impact"].notna()]
    cells = frames.cells[frames.cells["key"].isin(set(start["key"])) & frames.cells["population"].isin(shown)]
    one = cells.drop_duplicates("network_key")[["key", "population", "seed"]]
    return start[["key", "layer", "unit", "impact"]].merge(one, on="key").drop(columns="key")


def _lorenz(impacts: pd.DataFrame) -> Drawn:
    curves = impacts.groupby("population")[["seed", "impact"]].apply(shares).reset_index("population")
    made = panels(curves, lambda n: Grid(n, 4, (2.7, 2.5), left=0.4, bottom=0.3), lorenz)
    figure = made.finish("share of the units, cheapest first", "share of the positive impact that they hold")
    caption = (
        "How concentrated the true impacts are in the trained networks: thin lines networks, the bold one their "
        "median, the diagonal an even spread."
    )
    cheap = curves[curves["units"].between(0.79, 0.81)].groupby("population")["impact"].median()
    held = ", ".join(f"{population} {1 - share:.2f}" for population, share in cheap.items())
    seen = f"The most expensive fifth of the units holds, in the median network: {held}."
    return drawn("concentration", "lorenz", caption, figure, curves, seen)
