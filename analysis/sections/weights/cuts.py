"""What came of cuts: weights that are better gone, regret, interaction, instability, and what survivors do later."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.frames import Frames
from analysis.sections.weights.cells import GROUP, conditions, events_of, groups, in_words, several, spread
from analysis.sections.weights.panels import by_condition, told
from study.figures.style import plain_ticks

SHOWN = {
    "better_gone": "of the weights left, better gone",
    "going_better_gone": "of those cut, better gone",
    "regret": "regret a weight, E",
    "interaction": "together / one by one",
    "instability": "accuracy lost at once, share",
    "survivors": "survivors before and after, ρ",
}
"""The panels: columns of the table decisions, and regret, of bridge."""
FAR = 10
"""From this ratio of the largest to the smallest, or of joint and single impacts, on, axes are logarithmic."""


def cuts(frames: Frames, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table decisions with regret, the columns of `cells` and of the events before the cuts."""
    own = (frames.bridge["layer"] == -1) & (frames.bridge["criterion"] == "method")
    rows = frames.decisions.merge(frames.bridge.loc[own, ["key", "event", "regret"]], on=["key", "event"], how="left")
    return cells.merge(rows, on="key").merge(events_of(frames, cells), on=["key", "event"])


def draw(rows: pd.DataFrame) -> Iterator[Drawn]:
    """Draw a figure a population and protocol with several cuts, a panel a quantity.

    Controls are left out: their cuts are the same.
    """
    for population, protocol, of in groups(rows[rows["control"] == ""]):
        if not several(of):
            continue
        curves = {name: spread(of, ["condition"], name) for name in SHOWN}
        curves = {name: curve for name, curve in curves.items() if len(curve)}
        if not curves:
            continue
        made, shown = Grid(len(curves), 3, (3.9, 2.9)), conditions(of)
        for ax, (name, curve) in zip(made.axes, curves.items(), strict=True):
            by_condition(ax, curve, shown, float(of["left"].min()))
            ax.set(ylabel=SHOWN[name])
            _scale(ax, name, curve)
        words = f"{population}: {in_words(protocol, of)}. What the cuts took, over the weights left before them."
        data = pd.concat(curves.values())
        seen = told(curves["better_gone"], "Median share of the weights left that are better gone")
        yield drawn(f"weights_cuts_{population}_{protocol}", words, made.finish(), data, seen)


def _scale(ax: Axes, name: str, curve: pd.DataFrame) -> None:
    """Set the scale that a quantity needs: regret and interaction span decades, from 0 and below it on."""
    low, high = float(curve["low"].min()), float(curve["high"].max())
    small = float(curve.loc[curve["median"] > 0, "median"].min())
    if name == "regret" and high > FAR * small:
        ax.set_yscale("symlog", linthresh=max(small, high / 1e4))
        plain_ticks(ax.yaxis)
        ax.set_ylim(min(low, 0.0), 1.5 * high)
    elif name == "interaction":
        if max(high, -low) > FAR:
            ax.set_yscale("symlog", linthresh=1)
            plain_ticks(ax.yaxis)
        ax.axhline(1, color="#999999", lw=0.9, ls=":")
    elif name == "survivors":
        ax.set_ylim(min(0.0, low) - 0.02, 1.02)
    elif name != "instability":
        ax.set_ylim(0, 1.1 * high or 1)


def medians(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a population, protocol, condition and round: medians over networks."""
    found = rows.groupby([*GROUP, "condition", "round"], as_index=False)[["left", *SHOWN]].median()
    return found.assign(protocol=found["protocol"].str.replace("_", " "))


def in_one_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the medians of one group, with the words of the panels."""
    return medians(rows).drop(columns=GROUP).rename(columns=SHOWN | {"left": "weights left, %"})
