"""The section on agreement along the way: correlation over all units, within the 25 cheapest, and regret."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn, medians
from analysis.figures.grid import Grid
from analysis.figures.style import IN_OVERVIEWS
from analysis.frames import Frames
from analysis.sections.base import Material, Section, Shown
from study.figures.style import plain_ticks
from study.records.words import QUANTITIES, colour, label, ordered

SHOWN = ("spearman", "spearman_25", "regret")
"""The columns of the table agreement that are drawn, one panel each."""


class Agreement(Section):
    """Agreement of estimate and true impact of the remaining units after every removal, on the main populations."""

    title = "Regret and agreement along the way"
    place = 120

    def made(self, of: Material) -> Shown:
        """Draw a figure a population."""
        shown = of.fresh[of.fresh["population"].isin(of.main)]
        return Shown(list(agreements(of.frames, shown)))


def agreements(frames: Frames, table: pd.DataFrame) -> Iterator[Drawn]:
    """Draw the agreement of the methods that estimate, re-ranked.

    Args:
        frames: with these cells, at least.
        table: `metrics.table` of the cells.
    """
    cells = table.set_index("key")
    seen = frames.agreement[frames.agreement["layer"] == -1].join(
        cells[["population", "method", "ranking", "seed", "units", "E0", "E_all"]].rename(columns={"units": "all"}),
        on="key",
        how="inner",
    )
    estimating = set(seen.loc[seen["scale"].notna(), "method"]) - {"brute_force", "worst_first", *IN_OVERVIEWS}
    seen = seen[(seen["ranking"] == "iterative") & seen["method"].isin(estimating)]
    seen = seen.assign(q=seen["event"] / seen["all"], regret=seen["regret"] / (seen["E_all"] - seen["E0"]).abs())
    for population, of in seen.groupby("population"):
        made = Grid(3, 3, (3.7, 2.8), top=0.1)
        for ax, quantity in zip(made.axes, SHOWN, strict=True):
            along_the_way(of, ax, quantity)
        words = f"{population}, re-ranked: agreement of estimate and true impact of the remaining units along the way."
        told = medians(of, "spearman_25", "Median rank correlation of the 25 cheapest") + " "
        told += medians(of, "regret", "Median regret")
        data = of[["population", "method", "seed", "q", *SHOWN]]
        yield drawn(f"agreement_{population}", words, made.finish(), data, told)


def along_the_way(frame: pd.DataFrame, ax: Axes, quantity: str) -> Axes:
    """Draw every network thin and their median bold.

    Args:
        frame: columns method, seed, q and the quantity (regret already divided by the error's range).
        ax: axes to draw on.
        quantity: of `SHOWN`.
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
