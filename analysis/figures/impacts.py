"""Estimated against true impact of every unit of the trained network."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.style import LAYERS, MARKERS


def estimate_against_impact(frame: pd.DataFrame, ax: Axes, title: str, start: float) -> Axes:
    """Draw one network's units by layer; both axes are asinh(1000 x / E0): impacts span decades and change sign.

    Args:
        frame: rows of `records.IMPACTS` of one cell at event 0.
        ax: axes to draw on.
        title: of the axes.
        start: E0.
    """
    x, y = (np.arcsinh(1e3 * frame[c] / start) for c in ("impact", "estimate"))
    low, high = float(min(x.min(), y.min())), float(max(x.max(), y.max()))
    ax.plot([low, high], [low, high], color="0.6", lw=0.8)
    for layer, colour, marker in zip(sorted(frame["layer"].unique()), LAYERS, MARKERS, strict=False):
        of = frame["layer"] == layer
        ax.plot(x[of], y[of], marker, ms=4, mfc="none", color=colour, label=f"hidden layer {layer + 1}")
    ax.set(xlabel="true impact, asinh(1000 impact / E0)", ylabel="estimate, same scale", title=title)
    return ax
