"""Panels over the weights left: a line a condition, its median and the range over networks."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from study.figures.style import over_weights_left

Condition = tuple[str, str, Any, str]
"""Words, colour, line and marker."""
APART = 1.012
"""Ratio of the places of two conditions at the same share of weights, so that their ranges can be told apart."""


def by_condition(ax: Axes, curves: pd.DataFrame, shown: list[Condition], least: float) -> None:
    """Draw medians and ranges of every condition.

    Args:
        ax: axes to draw on.
        curves: of `cells.spread`, with a column condition.
        shown: of `cells.conditions`.
        least: the smallest share of weights left of the figure, in percent.
    """
    there = [one for one in shown if one[0] in set(curves["condition"])]
    for n, (words, colour, line, marker) in enumerate(there):
        of = curves[curves["condition"] == words].sort_values("round")
        at = of["left"] * APART ** ((len(there) - 1) / 2 - n)
        reach = [of["median"] - of["low"], of["high"] - of["median"]]
        ax.errorbar(at, of["median"], reach, color=colour, elinewidth=0.7, lw=0, alpha=0.6)
        (drawn,) = ax.plot(at, of["median"], color=colour, ls=line, label=words)
        drawn.set(marker=marker, markersize=3.5, linewidth=1.3)
    over_weights_left(ax, least, room=APART ** (len(there) / 2 + 1))  # half a mark stands beyond the last one


def told(curves: pd.DataFrame, what: str) -> str:
    """Return, in words, the medians at the end of every condition.

    >>> told(pd.DataFrame({"condition": ["a", "a"], "round": [1, 2], "left": [80.0, 64.0], "median": [0.9, 0.8]}), "R")
    'R at the end: a 0.8 with 64 % left.'
    """
    last = curves.sort_values("round").drop_duplicates("condition", keep="last")
    said = [f"{row['condition']} {row['median']:.3g} with {row['left']:.3g} % left" for row in last.to_dict("records")]
    return f"{what} at the end: {'; '.join(said)}." if said else ""
