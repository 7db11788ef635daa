"""The section on layers: the layer that a method removes from first, in networks of several hidden layers."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn, medians
from analysis.figures.grid import panels, small
from analysis.sections.base import Kept, Material, Section, Shown
from study.records.words import colour, dashes, label, ordered

EARLY = {"m7_10": "10 %", "m7_20": "20 %", "m7_40": "40 %"}


class Layers(Section):
    """Share of the layer nearest the output in the first removals."""

    title = "Which layer goes first"
    place = 130
    kept = Kept("claims", figures=("layers",))

    def made(self, of: Material) -> Shown:
        """Draw it, where any network has several hidden layers."""
        chosen = of.compared
        deep = chosen[chosen["m7_chance"].notna()]
        return Shown([_drawn(deep)] if len(deep) else [])


def _drawn(deep: pd.DataFrame) -> Drawn:
    made = panels(deep, small, layer_shares)
    figure = made.finish("first removals, share of all hidden units", "of these, in the layer nearest the output")
    caption = (
        "From which layer the first 10, 20 and 40 % of the removals come, re-ranked: dots are networks, lines join "
        "their medians, the dotted line is the layer's share of all units."
    )
    data = deep[["population", "method", "seed", *EARLY, "m7_chance"]]
    return drawn("layers", caption, figure, data, medians(deep, "m7_20", "Median share in the first 20 %"))


def layer_shares(frame: pd.DataFrame, ax: Axes, title: str) -> Axes:
    """Draw one population: medians over networks joined, one dot a network, the dotted line is chance.

    Args:
        frame: rows of `metrics.per_network`, one a network and method.
        ax: axes to draw on.
        title: of the axes.
    """
    methods = ordered(frame["method"])
    for number, method in enumerate(methods):
        of = frame.loc[frame["method"] == method, list(EARLY)]
        # Methods stand side by side at each share, so that their dots do not hide each other.
        x = [place + 0.08 * (number - (len(methods) - 1) / 2) for place in range(len(EARLY))]
        ax.plot(x, of.to_numpy().T, ".", ms=3, mew=0, alpha=0.4, color=colour(method), rasterized=True, zorder=1.5)
        ax.plot(x, of.median(), dashes(method), marker="o", ms=4, lw=1.2, color=colour(method), label=label(method))
    ax.axhline(frame["m7_chance"].iloc[0], color="0.4", lw=0.9, ls=":")
    ax.set(xticks=range(len(EARLY)), ylim=(-0.04, 1.04))
    ax.set_xticklabels(EARLY.values())
    ax.set_title(title, fontsize=9)
    return ax
