"""How criteria order the weights that are left, beside their true impacts."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from matplotlib.axes import Axes

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.frames import Frames
from analysis.sections.weights.cells import GROUP, conditions, events_of, groups, in_words, several, spread
from analysis.sections.weights.panels import told
from study.figures.style import over_weights_left
from study.figures.weights import AGREEMENTS, LOWEST, criteria_over_weights_left
from study.records.words import colour, label, ordered


def agreements(frames: Frames, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the table bridge of all weights together, with the columns of `cells` and of their events."""
    rows = frames.bridge[frames.bridge["layer"] == -1].drop(columns="layer")
    return cells.merge(rows, on="key").merge(events_of(frames, cells), on=["key", "event"])


def draw(rows: pd.DataFrame) -> Iterator[Drawn]:
    """Draw a figure a population and protocol with several cuts, two panels a condition; controls are left out."""
    for population, protocol, of in groups(rows[(rows["control"] == "") & rows["on_path"]]):
        if not several(of):
            continue
        shown = [words for words, *_ in conditions(of)]
        made = Grid(2 * len(shown), 2, (4.6, 3.0))
        drawn_as: list[pd.DataFrame] = []
        for n, words in enumerate(shown):
            for ax, column in zip(made.axes[2 * n :], AGREEMENTS, strict=False):
                curves = spread(of[of["condition"] == words], ["condition", "criterion"], column)
                _by_criterion(ax, curves, float(of["left"].min()))
                ax.set(title=f"cut by {words}", ylabel=AGREEMENTS[column])
                drawn_as.append(curves)
        data = pd.concat(drawn_as)
        text = f"{population}: {in_words(protocol, of)}. Rank correlation of criteria with the true impacts of the "
        text += "weights left: on the left signed, on the right of magnitudes."
        own = data[(data["criterion"] == "method") & (data["quantity"] == "spearman")]
        seen = told(own, "Median correlation of the scores that decided")
        yield drawn(f"weights_criteria_{population}_{protocol}", text, made.finish(), data, seen)


def medians(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a population, protocol, condition, round and criterion: medians over networks."""
    by = [*GROUP, "condition", "round", "criterion"]
    found = rows.groupby(by, as_index=False)[["left", *AGREEMENTS, "near_cut", "silent", "regret"]].median()
    return found.assign(protocol=found["protocol"].str.replace("_", " "), criterion=found["criterion"].map(label))


def in_one_table(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the signed correlations of one group, a row a condition and round, a column a criterion."""
    wide = rows.pivot_table(index=["condition", "round"], columns="criterion", values="spearman", aggfunc="median")
    return wide[ordered(wide.columns)].rename(columns=label).reset_index()


def _by_criterion(ax: Axes, curves: pd.DataFrame, least: float) -> None:
    criteria_over_weights_left(curves, ax, "median")
    for criterion, of in curves[curves["criterion"] != "method"].groupby("criterion"):
        ax.fill_between(of["left"], of["low"], of["high"], color=colour(str(criterion)), alpha=0.12, lw=0)
    ax.set_ylim(min(LOWEST, float(curves["low"].min()) - 0.05), 1.05)
    over_weights_left(ax, least)
