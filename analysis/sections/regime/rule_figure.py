"""The rules' figure: the predictor against the result, a panel a method."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.figures.labels import name_points
from analysis.sections.regime.rules import CLOSE, decided
from analysis.sections.regime.trust import NAMES
from study.figures.style import plain_ticks
from study.records.words import label

MAPPED, OTHERS = "#BBBBBB", "#0072B2"
MOST = 1.5
"""Largest share of what brute force removes that is shown; what lies beyond is drawn there."""


def draw(known: pd.DataFrame, unseen: pd.DataFrame, rules: pd.DataFrame) -> Drawn:
    """Draw the rule of each method that other populations can test.

    Args:
        known: `networks.networks` of the map.
        unseen: the same of other populations.
        rules: one a method.
    """
    both = [(rule, decided(known, rule["method"]), decided(unseen, rule["method"])) for _, rule in rules.iterrows()]
    there = [(rule, here, elsewhere) for rule, here, elsewhere in both if len(elsewhere)]
    grid = Grid(len(there), 2, (4.6, 3.0), left=0.5, bottom=0.5)
    for ax, (rule, here, elsewhere) in zip(grid.axes, there, strict=True):
        predictor(here, elsewhere, ax, rule, CLOSE, grid.inner)
        ax.set_title(f"{label(rule['method'])}: trusted {'right' if rule['above'] else 'left'} of the line", fontsize=9)
        ax.set_xlabel(NAMES[rule["predictor"]], fontsize=8)
    grid.axes[0].plot([], [], "o", ms=3, color=MAPPED, label="a network of the map (digits)")
    grid.axes[0].plot([], [], "D", ms=4, color=OTHERS, label="a population that the rule has not seen (median)")
    figure = grid.finish(ylabel="units removed, share of what brute force removes")
    caption = (
        "What can be measured before anything is removed, and how close a method then comes to brute force. The line "
        f"is the rule learnt on the map; from the dotted line on ({CLOSE:g}) a method is close to brute force. "
        "Named are the populations that the rule is wrong about."
    )
    columns = ["population", "network_key", "method", "ranking", "removal", "of_best", "share", *NAMES]
    data = pd.concat([of[columns] for _, *places in there for of in places])
    return drawn("predictor", caption, figure, data)


def predictor(
    known: pd.DataFrame, unseen: pd.DataFrame, ax: Axes, rule: pd.Series, close: float, size: tuple[float, float]
) -> Axes:
    """Draw one method: networks of the map, medians of other populations, the rule's threshold.

    Named are the populations that the rule is wrong about: in a panel of twenty no name could be read.

    Args:
        known, unseen: rows of `networks.networks` of that method; of the map, and of other populations.
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
