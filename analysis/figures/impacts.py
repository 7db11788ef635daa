"""Estimated against true impact of every unit of a network."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from study.figures.axes import estimates


def estimate_against_impact(
    frame: pd.DataFrame, ax: Axes, title: str, start: float, size: tuple[float | None, float | None] = (None, None)
) -> Axes:
    """Draw one network's units by layer; both axes are asinh(1000 x / E0), labelled in x / E0.

    Args:
        frame: rows of `records.IMPACTS` of one cell at event 0.
        ax: axes to draw on.
        title: of the axes.
        start: E0.
        size: of the axes in inches, where the figure does not know it yet.
    """
    estimates(frame, ax, start, size=size).set_title(title)
    return ax
