"""The figures that a cell draws for the tracking UI: tables in, figure out, from the records alone.

No global state of matplotlib is touched: every figure has a canvas of its own, so that workers and notebooks can draw.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from study.figures.axes import estimates, surfaces
from study.figures.canvas import canvas
from study.figures.style import ALL, error_scale, layer_colour, split_colour
from study.figures.weights import draw_weights
from study.records.words import QUANTITIES, layer_name


def degradation(evaluations: pd.DataFrame, events: pd.DataFrame, title: str) -> Figure:
    """Draw error and accuracy over the number of removed units, on the pruning rows and on held-out rows.

    The error is the mean over samples, in the units of the error that the cell ranks on. The accuracy is left out where
    there is none (a regression).
    """
    classes = evaluations["correct"].notna().any()
    figure, axes = _figure(2 if classes else 1, title)
    total, gone = int(events["units_left"].max()), events.groupby("event")["removed"].max()
    for number, (split, rows) in enumerate(evaluations.groupby("split", sort=False)):
        curves = [rows["error"] / rows["samples"], (rows["correct"] / rows["samples"]).astype(float)]
        colour, dashes = split_colour(str(split), number), "-" if split == "pruning" else "--"
        label = f"{str(split).replace('_', '-')} rows"
        for axis, curve in zip(axes, curves, strict=False):
            axis.plot(rows["event"].map(gone), curve, color=colour, ls=dashes, label=label, lw=1.6)
    error_scale(axes[0].yaxis, evaluations["error"] / evaluations["samples"])
    axes[0].set_ylabel(QUANTITIES["error_per_sample"])
    if classes:
        axes[1].set(ylabel=QUANTITIES["accuracy"], ylim=(-0.02, 1.02))
    for axis in axes:
        _over_removals(axis, total)
        axis.legend(frameon=False)
    return figure


def estimate_against_impact(
    impacts: pd.DataFrame, title: str, event: int = 0, start_error: float | None = None, filters: int = 0
) -> Figure:
    """Draw every unit's estimate against its true impact at one event; see `axes.estimates`."""
    rows = impacts[(impacts["event"] == event) & impacts["impact"].notna()]
    figure, (axis,) = _figure(1, title, wide=False)
    estimates(rows, axis, start_error, filters)
    after = "the trained network" if event == 0 else f"after {event} removals"
    axis.set_title(f"{len(rows)} units, {after}", fontsize=9)
    axis.legend(frameon=False, fontsize=8)
    return figure


def agreement_along_the_way(agreement: pd.DataFrame, title: str, filters: int = 0) -> Figure:
    """Draw the rank correlation of estimate and true impact over the removed units, over all and per layer."""
    figure, (axis,) = _figure(1, title)
    several = agreement.loc[agreement["layer"] >= 0, "layer"].nunique() > 1
    for layer, rows in agreement.groupby("layer"):
        number = int(str(layer))
        if number < 0:
            axis.plot(rows["event"], rows["spearman"], color=ALL, lw=1.8, label="all units", zorder=3)
        elif several:
            colour, label = layer_colour(number), layer_name(number, filters)
            axis.plot(rows["event"], rows["spearman"], color=colour, lw=1, alpha=0.85, label=label)
    axis.axhline(0, color="#BBBBBB", lw=0.8, zorder=0)
    guess = "estimate" if agreement["sign"].notna().any() else "score"
    axis.set(ylabel=f"Spearman, {guess} and true impact", ylim=(-1.05, 1.05))
    _over_removals(axis, int(agreement.loc[agreement["layer"] < 0, "units"].max()))
    axis.legend(frameon=False, ncols=4, fontsize=8, loc="lower left")
    return figure


def error_surfaces(frame: pd.DataFrame, title: str) -> Figure:
    """Draw E(gain) of the unit that goes next, for every removal that was sampled; see `axes.surfaces`."""
    figure, (axis,) = _figure(1, title)
    surfaces(frame, axis)
    axis.legend(frameon=False, fontsize=8, ncols=1 + frame["event"].nunique() // 9)
    return figure


def draw_all(tables: Mapping[str, pd.DataFrame], title: str, filters: int = 0) -> dict[str, Figure]:
    """Draw every figure whose table has rows; the names put them in reading order.

    A cell of single weights has figures of its own (`weights.draw_weights`).

    Args:
        tables: of the cell.
        title: of all figures.
        filters: number of convolutional layers, which come first and are labelled as such.
    """
    if len(tables.get("sparsity", ())):
        return draw_weights(tables, title, filters)
    start = tables["evaluations"].query("event == 0 and split == 'pruning'")["error"]
    figures = {"1_degradation": degradation(tables["evaluations"], tables["events"], title)}
    if tables["impacts"]["impact"].notna().any():
        first = int(tables["impacts"].dropna(subset=["impact"])["event"].min())
        error = float(start.iloc[0]) if len(start) else None
        figures["2_estimate_against_impact"] = estimate_against_impact(tables["impacts"], title, first, error, filters)
    if tables["agreement"]["spearman"].notna().any():
        gone = tables["events"].groupby("event")["removed"].max()
        along = tables["agreement"].assign(event=tables["agreement"]["event"].map(gone))
        figures["3_agreement_along_the_way"] = agreement_along_the_way(along, title, filters)
    if len(tables["surfaces"]):
        figures["4_error_surfaces"] = error_surfaces(tables["surfaces"], title)
    return figures


def _figure(columns: int, title: str, wide: bool = True) -> tuple[Figure, list[Axes]]:
    return canvas(columns, title, (9.0, 3.8) if columns > 1 else (6.2, 4.2) if wide else (5.4, 5.0))


def _over_removals(axis: Axes, total: int) -> None:
    axis.set(xlabel=f"units removed (of {total})", xlim=(0, total))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
