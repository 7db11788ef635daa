"""Error and accuracy against the share of units removed: every network, their median, and the published points."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import medians
from analysis.figures.grid import Grid
from study.figures.style import error_scale
from study.records.words import QUANTITIES, colour, dashes, label, ordered


def degradation(curves: pd.DataFrame, published: pd.DataFrame, ax: Axes, quantity: str) -> Axes:
    """Draw one population under one ranking.

    Args:
        curves: `metrics.curves` of these cells, draws of the random method averaged per network.
        published: the same of `published.curves`; may be empty.
        ax: axes to draw on.
        quantity: "error_per_sample" or "accuracy".
    """
    for method in ordered(curves["method"]):
        of = curves[curves["method"] == method].pivot_table(index="q", columns="seed", values=quantity)
        # All single networks lie below all medians: drawn one after another they become one image.
        ax.plot(of.index, of.to_numpy(), color=colour(method), lw=0.5, alpha=0.3, rasterized=True, zorder=1.5)
        ax.plot(of.index, of.median(axis=1), dashes(method), color=colour(method), lw=1.8, label=label(method))
    for method in ordered(published["method"]) if len(published) else []:
        of = published[published["method"] == method].dropna(subset=[quantity])
        every = max(1, len(of) // 25)
        ax.plot(of["q"][::every], of[quantity][::every], "o", ms=3, mfc="none", mew=0.9, color=colour(method))
    ax.set(xlabel="share of hidden units removed", ylabel=f"{QUANTITIES[quantity]}, pruning rows", xlim=(-0.01, 1.01))
    if quantity == "error_per_sample":
        error_scale(ax.yaxis, curves[quantity])
    return ax


def averaged(curves: pd.DataFrame) -> pd.DataFrame:
    """Return curves with the draws of the random method averaged (geometric mean of errors) per network."""
    by = ["population", "method", "ranking", "seed", "removed", "q"]
    logs = curves.assign(error_per_sample=np.log(curves["error_per_sample"].clip(lower=1e-300)))
    mean = logs.groupby(by, as_index=False)[["error_per_sample", "accuracy"]].mean()
    return mean.assign(error_per_sample=np.exp(mean["error_per_sample"]))


def both_quantities(curves: pd.DataFrame, shown: pd.DataFrame, regression: bool) -> Grid:
    """Return panels of error and, in a classification, accuracy; other arguments as of `degradation`."""
    quantities = ["error_per_sample"] if regression else ["error_per_sample", "accuracy"]
    made = Grid(len(quantities), 2, (5.5, 3.5), left=0.8, top=0.1)
    for ax, quantity in zip(made.axes, quantities, strict=True):
        degradation(curves, shown, ax, quantity)
    return made


def halfway(curves: pd.DataFrame) -> str:
    """Return, in words, the median error per sample where half of the units are gone."""
    half = curves[curves["q"].between(0.49, 0.51)]
    return medians(half, "error_per_sample", "Median error per sample with half of the units gone")
