"""The section on concentration: how unevenly the impacts of a trained network are spread over its units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid, panels
from analysis.frames import Frames
from analysis.sections.base import Kept, Material, Section, Shown


class Concentration(Section):
    """Lorenz curves of the true impacts."""

    title = "How impact is spread over the units"
    place = 140
    kept = Kept("claims", figures=("lorenz",))

    def made(self, of: Material) -> Shown:
        """Draw it, where any true impact of a trained network was recorded."""
        impacts = _impacts(of.ours, of.main)
        return Shown([_drawn(impacts)] if len(impacts) else [])


def _impacts(frames: Frames, shown: set[str]) -> pd.DataFrame:
    """Return the true impacts of every unit of every trained network, from one of its cells."""
    start = frames.impacts[(frames.impacts["event"] == 0) & frames.impacts["impact"].notna()]
    cells = frames.cells[frames.cells["key"].isin(set(start["key"])) & frames.cells["population"].isin(shown)]
    one = cells.drop_duplicates("network_key")[["key", "population", "seed"]]
    return start[["key", "layer", "unit", "impact"]].merge(one, on="key").drop(columns="key")


def _drawn(impacts: pd.DataFrame) -> Drawn:
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
    return drawn("lorenz", caption, figure, curves, seen)


def shares(impacts: pd.DataFrame) -> pd.DataFrame:
    """Return the Lorenz curve of each network: columns seed, units (share, cheapest first), impact (share they hold).

    Negative impacts count as 0, as in M5: such a unit carries nothing, but it is a unit all the same.

    Args:
        impacts: columns seed and impact, the true impacts of all units of one trained network a seed.
    """
    curves = []
    for seed, of in impacts.groupby("seed"):
        held = np.cumsum(np.sort(np.maximum(of["impact"].to_numpy(), 0.0)))
        if held[-1] > 0:
            units = np.arange(len(held) + 1) / len(held)
            curves.append(pd.DataFrame({"seed": seed, "units": units, "impact": np.append(0.0, held / held[-1])}))
    return pd.concat(curves, ignore_index=True) if curves else pd.DataFrame(columns=["seed", "units", "impact"])


def lorenz(frame: pd.DataFrame, ax: Axes, title: str) -> Axes:
    """Draw one population: every network thin, their median bold, the diagonal of an even spread.

    Args:
        frame: of `shares`.
        ax: axes to draw on.
        title: of the axes.
    """
    wide = frame.pivot_table(index="units", columns="seed", values="impact")
    ax.plot([0, 1], [0, 1], color="0.6", lw=0.8)
    ax.plot(wide.index, wide.to_numpy(), color="#0072B2", lw=0.5, alpha=0.4, rasterized=True, zorder=1.5)
    ax.plot(wide.index, wide.median(axis=1), color="#0072B2", lw=1.8)
    ax.set(xlim=(0, 1), ylim=(0, 1))
    ax.set_title(title, fontsize=9)
    return ax
