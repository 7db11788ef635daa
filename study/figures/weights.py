"""The figures that a cell of single weights draws: what is left, what it can do, and how criteria see the truth."""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from numpy.typing import NDArray

from study.figures.canvas import canvas
from study.figures.style import ALL, layer_colour, layer_marker, over_weights_left, split_colour
from study.records.masks import unpacked
from study.records.words import QUANTITIES, colour, label, layer_name, ordered

PANEL, HEIGHT = 4.6, 4.0
"""Width of a panel and height of a figure with one line of title, in inches."""
ENTRIES, LEGEND = 4, 0.2
"""Of a legend below panels: entries in a line, and the height of a line in inches."""
SHOWN = 5
"""Rounds whose mask is drawn, at most: the first, the last, and some between."""
SMALLEST_IMAGE = 4
"""Pixels of the side of a square from which on inputs are drawn as an image."""
AGREEMENTS = {"spearman": "Spearman, with the true impact", "spearman_absolute": "Spearman, of magnitudes"}
"""The panels of the table bridge."""
CHOOSING = ("pruning", "validation")
"""Splits whose rows choose something: what early-stopped networks do on them says little."""
LOWEST = -0.25
"""An axis of correlations reaches down to it at least."""


def draw_weights(tables: Mapping[str, pd.DataFrame], title: str, filters: int = 0) -> dict[str, Figure]:
    """Draw every figure whose table has rows; the names put them in reading order.

    Args:
        tables: of a cell in which single weights go.
        title: of all figures.
        filters: number of convolutional layers, which come first.
    """
    left = percent_left(tables["events"])
    figures = {"1_accuracy_over_weights_left": accuracy(tables, left, title)}
    if len(bridge := tables.get("bridge", pd.DataFrame())):
        figures["2_rank_correlation"] = rank_correlation(bridge, left, title)
    figures["3_masks_of_the_first_layer"] = first_masks(tables["sparsity"], tables["masks"], left, title)
    figures["4_weights_left_by_layer"] = by_layer(tables["sparsity"], tables["events"], title, filters)
    return figures


def percent_left(events: pd.DataFrame) -> pd.Series:
    """Return the weights left at every event, in percent of those of the trained network."""
    left = events.set_index("event")["units_left"]
    return (100 * left / left.loc[0]).rename("left")


def accuracy(tables: Mapping[str, pd.DataFrame], left: pd.Series, title: str) -> Figure:
    """Draw what the network can do after training and right after cuts, and when its training could have stopped.

    A regression is drawn by its error per sample.

    Args:
        tables: events, evaluations and, where validation rows were looked at, trainings and stopped.
        left: weights left by event, in percent.
        title: of the figure.
    """
    path = tables["evaluations"].merge(tables["events"][["event", "phase"]], on="event")
    right = bool(path["correct"].notna().any())
    path = path.assign(left=path["event"].map(left), seen=_seen(path, right))
    cut = (path["phase"] == "prune") & (path["event"] > 0)
    parts = {"after training": path[~cut], "right after the cut": path[cut]}
    parts = {words: rows for words, rows in parts.items() if len(rows)}
    trainings = tables.get("trainings", pd.DataFrame())
    columns = len(parts) + (len(trainings) > 0)
    figure, axes = canvas(columns, title, (PANEL * max(columns, 1.4), HEIGHT + 2 * LEGEND), legend=2 * LEGEND)
    for axis, (words, rows) in zip(axes, parts.items(), strict=False):
        _by_split(rows, axis)
        axis.set_title(words, fontsize=9)
        axis.set_ylabel(QUANTITIES["accuracy" if right else "error_per_sample"])
        over_weights_left(axis, float(left.min()))
    for number, split in enumerate(path["split"].unique() if "stopped" in tables else ()):
        if split not in CHOOSING:
            of = tables["stopped"][tables["stopped"]["split"] == split]
            (line,) = axes[0].plot(of["event"].map(left), _seen(of, right), "v:", color=split_colour(split, number))
            line.set(markersize=3.5, linewidth=1, label=f"{split.replace('_', '-')} rows, at the early stop")
    if len(trainings):
        early_stops(trainings.assign(left=trainings["event"].map(left)), axes[-1])
        over_weights_left(axes[-1], float(left.min()))
    _legend(figure, axes)
    return figure


def _seen(rows: pd.DataFrame, right: bool) -> pd.Series:
    """Return the share of rows that are right, or the error a row."""
    return (rows["correct" if right else "error"] / rows["samples"]).astype("float64")


def _legend(figure: Figure, axes: list[Axes]) -> None:
    """Put one legend of all panels below them, a name once."""
    named = {name: handle for axis in axes for handle, name in zip(*axis.get_legend_handles_labels(), strict=True)}
    figure.legend(list(named.values()), list(named), loc="lower center", ncols=ENTRIES, frameon=False, fontsize=8)


def _by_split(rows: pd.DataFrame, axis: Axes) -> None:
    for number, (split, of) in enumerate(rows.groupby("split", sort=False)):
        style, name = "o-" if split == "pruning" else "s--", f"{str(split).replace('_', '-')} rows"
        axis.plot(of["left"], of["seen"], style, color=split_colour(str(split), number), ms=3.5, lw=1.4, label=name)


def early_stops(trainings: pd.DataFrame, axis: Axes) -> None:
    """Draw the iteration of the early stop of every training; hollow where the last look was the best.

    Args:
        trainings: the table, with the column left: weights left in percent.
        axis: axes to draw on.
    """
    axis.plot(trainings["left"], trainings["early_stop"], color=ALL, lw=1, zorder=1)
    for censored, face, name in ((0, ALL, "smallest validation error"), (1, "white", "at the last look: not before")):
        of = trainings[trainings["censored"] == censored]
        if len(of):
            points = axis.scatter(of["left"], of["early_stop"], s=22, marker="^" if censored else "o", label=name)
            points.set(facecolor=face, edgecolor=ALL, zorder=2)
    axis.set_title("early stop", fontsize=9)
    axis.set(ylabel="iterations", ylim=(0, 1.25 * float(trainings["early_stop"].max()) or 1))


def rank_correlation(bridge: pd.DataFrame, left: pd.Series, title: str) -> Figure:
    """Draw how criteria order all weights that are left, beside their true impacts: signed, and by magnitude.

    Args:
        bridge: the table.
        left: weights left by event, in percent.
        title: of the figure.
    """
    rows = bridge[bridge["layer"] == -1].assign(left=bridge["event"].map(left))
    lines = LEGEND * -(-rows["criterion"].nunique() // ENTRIES)
    figure, axes = canvas(len(AGREEMENTS), title, (PANEL * len(AGREEMENTS), HEIGHT + lines), 0.25, lines)
    for axis, (column, words) in zip(axes, AGREEMENTS.items(), strict=True):
        criteria_over_weights_left(rows, axis, column)
        axis.set(ylabel=words, ylim=(min(LOWEST, float(rows[column].min()) - 0.05), 1.05))
        over_weights_left(axis, float(left.min()))
    _legend(figure, axes)
    return figure


def criteria_over_weights_left(rows: pd.DataFrame, axis: Axes, column: str) -> None:
    """Draw a column of the table bridge by criterion; the scores that decided are a broad band below the others.

    Args:
        rows: of one layer or of all together (-1), with the column left: weights left in percent.
        axis: axes to draw on.
        column: of the table.
    """
    for criterion in ordered(rows["criterion"]):
        of = rows[(rows["criterion"] == criterion) & rows[column].notna()]
        own, control = criterion == "method", criterion in ("random", "other_rows")
        (line,) = axis.plot(of["left"], of[column], color=colour(criterion), label=label(criterion))
        line.set(
            marker="" if own and len(of) > 1 else "o", markersize=6 if own else 3, linestyle="--" if control else "-"
        )
        line.set(linewidth=6 if own else 1.3, alpha=0.2 if own else 1, zorder=1.5 if own else 2)
    axis.axhline(0, color="#BBBBBB", lw=0.8, zorder=0)


def first_masks(sparsity: pd.DataFrame, masks: pd.DataFrame, left: pd.Series, title: str) -> Figure:
    """Draw the mask of the first layer at some rounds: links by pixel where inputs are a square, else the matrix.

    Args:
        sparsity, masks: the tables.
        left: weights left by event, in percent.
        title: of the figure.
    """
    first = sparsity[sparsity["layer"] == 0].drop_duplicates("mask")
    chosen = first.iloc[np.unique(np.linspace(0, len(first) - 1, SHOWN).round().astype(int))]
    known = {str(row["mask"]): (str(row["shape"]), str(row["bits"])) for row in masks.to_dict("records")}
    figure, axes = canvas(len(chosen), title, (max(2.5 * len(chosen), 4.5), 3.4), between=0.45)
    for axis, digest, event in zip(axes, chosen["mask"], chosen["event"], strict=True):
        mask = unpacked(*known[digest])
        _mask(mask.reshape(len(mask), -1), axis)
        axis.set_title(f"{left.loc[event]:.3g} % left", fontsize=9)
        axis.grid(visible=False)
    return figure


def _mask(mask: NDArray[np.bool_], axis: Axes) -> None:
    """Draw one mask, shape (units, inputs)."""
    units, inputs = mask.shape
    side = isqrt(inputs)
    if side**2 != inputs or side < SMALLEST_IMAGE:
        axis.imshow(mask, cmap="Greys", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        axis.set(xlabel="input", ylabel="unit (black: a link)")
        return
    links = mask.sum(axis=0).reshape(side, side)
    image = axis.imshow(links, cmap="viridis", vmin=0, interpolation="nearest")
    axis.set(xlabel=f"links of {side} x {side} inputs\nto {units} units", ylabel="", xticks=(), yticks=())
    axis.spines[:].set_visible(False)
    bar = axis.figure.colorbar(image, ax=axis, fraction=0.046, pad=0.03)
    bar.ax.tick_params(labelsize=7, length=2)
    bar.ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    bar.outline.set_visible(False)


def by_layer(sparsity: pd.DataFrame, events: pd.DataFrame, title: str, filters: int = 0) -> Figure:
    """Draw the weights left of every layer over the protocol's rounds.

    Args:
        sparsity, events: the tables.
        title: of the figure.
        filters: number of convolutional layers, which come first.
    """
    figure, (axis,) = canvas(1, title, (6.4, 4.2))
    rows = sparsity.merge(events[["event", "round"]], on="event").drop_duplicates(["round", "layer"], keep="last")
    whole = rows.groupby("round")[["left", "weights"]].sum()
    axis.plot(whole.index, 100 * whole["left"] / whole["weights"], color=ALL, lw=2, label="all weights")
    last = int(rows["layer"].max())
    for number in range(last + 1):
        of = rows[rows["layer"] == number]
        name = "output layer" if number == last else layer_name(number, filters)
        (line,) = axis.plot(of["round"], 100 * of["left"] / of["weights"], color=layer_colour(number), label=name)
        line.set(marker=layer_marker(number), markersize=4, linewidth=1.2)
    axis.set_yscale("log")
    axis.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    low = float((100 * rows["left"] / rows["weights"]).min())
    axis.yaxis.set_minor_locator(NullLocator())
    ticks = [t for power in range(-4, 3) for t in (10.0**power, 2 * 10.0**power, 5 * 10.0**power)]
    axis.set(yticks=[t for t in ticks if low / 1.3 <= t <= 100], ylim=(max(low, 1e-4) / 1.3, 130))
    axis.set(xlabel="round of the protocol", ylabel="weights left, % of the layer")
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=10))
    axis.legend(frameon=False, fontsize=8, loc="lower left")
    return figure
