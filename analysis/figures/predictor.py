"""A number measured before anything is removed against how close a method then comes to brute force."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.labels import name_points
from analysis.figures.style import plain_ticks

MAPPED, OTHERS = "#BBBBBB", "#0072B2"
MOST = 1.5
"""Largest share of what brute force removes that is shown; what lies beyond is drawn there."""


def predictor(
    known: pd.DataFrame, unseen: pd.DataFrame, ax: Axes, rule: pd.Series, close: float, size: tuple[float, float]
) -> Axes:
    """Draw one method: networks of the map, medians of other populations, the rule's threshold.

    Named are the populations that the rule is wrong about: in a panel of twenty no name could be read.

    Args:
        known, unseen: rows of `regime.networks` of that method; of the map, and of other populations.
        ax: axes to draw on.
        rule: with predictor, threshold and above.
        close: share of what brute force removes from which on the method is close to it.
        size: of the axes in inches.
    """
    name = rule["predictor"]
    ax.plot(known[name], known["of_best"].clip(upper=MOST), "o", ms=2, mew=0, alpha=0.5, color=MAPPED, rasterized=True)
    middle = unseen.groupby("population")[[name, "of_best"]].median().dropna()
    ax.plot(middle[name], middle["of_best"].clip(upper=MOST), "D", ms=4, mec="white", mew=0.6, color=OTHERS)
    if name == "curvature":
        ax.set_xscale("log")
        plain_ticks(ax.xaxis)
    ax.axvline(rule["threshold"], color="black", lw=0.9)
    ax.axhline(close, color="black", lw=0.6, ls=":")
    ax.set_ylim(-0.04, MOST + 0.04)
    trusted = middle[name] >= rule["threshold"] if rule["above"] else middle[name] <= rule["threshold"]
    wrong = middle[trusted != (middle["of_best"] >= close)]
    points = list(zip(wrong[name], wrong["of_best"].clip(upper=MOST), strict=True))
    name_points(ax, points, list(wrong.index), [OTHERS] * len(points), size)
    return ax
