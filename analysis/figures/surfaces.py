"""Error surfaces E(gain) of the units that a method removed."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from study.figures import axes as shared

ANY = 1.0
"""Panels side by side are all logarithmic, whatever the ratio of their errors."""


def surfaces(frame: pd.DataFrame, ax: Axes, title: str) -> Axes:
    """Draw E(gain) of one cell's removals, coloured by when they went.

    Args:
        frame: rows of `records.SURFACES` of one cell.
        ax: axes to draw on.
        title: of the axes.
    """
    shared.surfaces(frame, ax, least=ANY)
    ax.set_title(title)
    return ax
