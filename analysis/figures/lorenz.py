"""Lorenz curves: how unevenly the impacts of a trained network are spread over its units."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes


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
