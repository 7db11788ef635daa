"""How estimate and truth agree along the way: correlation over all units, within the 25 cheapest, and regret."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.style import plain_ticks
from study.words import colour, label, ordered

QUANTITIES = {
    "spearman": "rank correlation, all units",
    "spearman_25": "rank correlation, 25 cheapest",
    "regret": "regret / (E_all - E0)",
}


def along_the_way(frame: pd.DataFrame, ax: Axes, quantity: str) -> Axes:
    """Draw every network thin and their median bold.

    Args:
        frame: columns method, seed, q and the quantity (regret already divided by the error's range).
        ax: axes to draw on.
        quantity: a key of `QUANTITIES`.
    """
    for method in ordered(frame["method"]):
        of = frame[frame["method"] == method].pivot_table(index="q", columns="seed", values=quantity)
        ax.plot(of.index, of.to_numpy(), color=colour(method), lw=0.5, alpha=0.3, rasterized=True, zorder=1.5)
        ax.plot(of.index, of.median(axis=1), color=colour(method), lw=1.6, label=label(method))
    if quantity == "regret":
        ax.set_yscale("symlog", linthresh=1e-3)
        plain_ticks(ax.yaxis)
    ax.set(xlabel="share of hidden units removed", ylabel=QUANTITIES[quantity])
    return ax
