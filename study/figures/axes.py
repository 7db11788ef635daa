"""What a cell's figures and the report's panels share: a table and axes in, the picture of one cell on them."""

from __future__ import annotations

import matplotlib
import pandas as pd
from matplotlib.axes import Axes

from study.figures.style import DECADES, asinh, asinh_ticks, error_scale, layer_colour, layer_marker
from study.records.words import GAIN, layer_name


def estimates(
    impacts: pd.DataFrame,
    ax: Axes,
    start: float | None = None,
    filters: int = 0,
    size: tuple[float | None, float | None] = (None, None),
) -> Axes:
    """Draw every unit's estimate (its score where the method has none) against its true impact, by layer.

    Both axes show asinh(1000 x / E0), labelled in x / E0. Points on the line are estimated exactly. A score without
    units is drawn as its rank, since only its order means anything.

    Args:
        impacts: rows of `records.IMPACTS` of one cell at one event, with the true impact.
        ax: axes to draw on.
        start: E0, the error of the trained network; by default the largest magnitude drawn.
        filters: number of convolutional layers, which come first and are labelled as such.
        size: of the axes in inches, where the figure does not know it yet.
    """
    signed = bool(impacts["estimate"].notna().any())
    values = impacts["estimate"] if signed else impacts["score"].rank()
    unit = start or float(impacts["impact"].abs().max()) or 1.0
    truth = asinh(impacts["impact"], unit)
    guess = asinh(values, unit) if signed else values
    for layer in sorted(impacts["layer"].unique()):
        of, colour = impacts["layer"] == layer, layer_colour(layer)
        points = ax.scatter(truth[of], guess[of], s=17, marker=layer_marker(layer), label=layer_name(layer, filters))
        points.set(facecolor="none", edgecolor=colour, linewidth=0.9, alpha=0.85)
    words = "start error E0" if start else "largest magnitude"
    ax.set_xlabel(f"true impact / {words}")
    asinh_ticks(ax.xaxis, pd.concat([truth, guess]) if signed else truth, size[0])
    if signed:
        low, high = min(truth.min(), guess.min()), max(truth.max(), guess.max())
        ax.plot([low, high], [low, high], color="#888888", lw=1, zorder=0, label="estimate = impact")
        ax.set_ylabel(f"estimate / {words}")
        asinh_ticks(ax.yaxis, pd.concat([truth, guess]), size[1])
    else:
        ax.set_ylabel("rank of the score (1 = goes first)")
    if truth.min() < 0 < truth.max():
        ax.axvline(0, color="#BBBBBB", lw=0.8, zorder=0)
    return ax


def surfaces(frame: pd.DataFrame, ax: Axes, least: float = DECADES) -> Axes:
    """Draw E(gain) of the unit that goes next, for every removal that was sampled, coloured by when it went.

    Args:
        frame: rows of `records.SURFACES` of one cell.
        ax: axes to draw on.
        least: ratio of the errors from which on their axis is logarithmic.
    """
    last = max(int(frame["event"].max()), 1)
    colours = matplotlib.colormaps["viridis"]
    for event in sorted(frame["event"].unique().tolist()):
        rows = frame[frame["event"] == event].sort_values("gain")
        ax.plot(rows["gain"], rows["error"], color=colours(0.92 * event / last), lw=1.3, label=f"removal {event + 1}")
    ax.axvline(1, color="#888888", lw=0.8, ls=":", zorder=0)
    ax.set(xlabel=GAIN, ylabel="error E on the pruning rows")
    error_scale(ax.yaxis, frame["error"], least)
    return ax
