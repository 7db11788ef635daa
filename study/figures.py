"""The figures that a cell draws for the tracking UI: tables in, figure out, from the records alone.

No global state of matplotlib is touched: every figure has a canvas of its own, so that workers and notebooks can draw.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

SPLIT_COLOURS = {"pruning": "#0072B2", "held_out": "#D55E00"}
LAYER_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
ALL_COLOUR = "#222222"
"""Okabe and Ito's palette, which the colour-blind tell apart."""

FEWEST_TICKS = 4
DIGIT, LINE = 0.09, 0.3
"""Width of a digit and least distance of two lines of labels, in inches."""

LETTERS_AN_INCH, TITLE_LINE = 12, 0.18
"""Letters of a title, before it takes another line, and the height of one, in inches."""

DECADES = 10.0
"""From this ratio of the largest to the smallest error on, an error axis is logarithmic."""

SCALE = 1e3
"""Impacts are drawn as asinh(impact / E0 * SCALE): they span decades and change sign, so no logarithm will do."""


def degradation(evaluations: pd.DataFrame, events: pd.DataFrame, title: str) -> Figure:
    """Draw error and accuracy over the number of removed units, on the pruning rows and on held-out rows.

    The error is the mean over samples, in the units of the error that the cell ranks on. The accuracy is left out where
    there is none (a regression).
    """
    classes = evaluations["correct"].notna().any()
    figure, axes = _figure(2 if classes else 1, title)
    total = int(events["units_left"].max())
    for number, (split, rows) in enumerate(evaluations.groupby("split", sort=False)):
        curves = [rows["error"] / rows["samples"], (rows["correct"] / rows["samples"]).astype(float)]
        colour, dashes = _split_colour(str(split), number), "-" if split == "pruning" else "--"
        label = f"{str(split).replace('_', '-')} rows"
        for axis, curve in zip(axes, curves, strict=False):
            axis.plot(rows["event"], curve, color=colour, ls=dashes, label=label, lw=1.6)
    means = evaluations["error"] / evaluations["samples"]
    if means.min() > 0 and means.max() / means.min() >= DECADES:
        axes[0].set_yscale("log")
    axes[0].set_ylabel("error a sample (mean)")
    if classes:
        axes[1].set(ylabel="accuracy (share correct)", ylim=(-0.02, 1.02))
    for axis in axes:
        _over_removals(axis, total)
        axis.legend(frameon=False)
    return figure


def estimate_against_impact(
    impacts: pd.DataFrame, title: str, event: int = 0, start_error: float | None = None, filters: int = 0
) -> Figure:
    """Draw every unit's estimate (its score where the method has none) against its true impact, coloured by layer.

    Both axes show asinh(impact / E0 * 1000), labelled in impact / E0, where E0 is the error of the trained network
    (`start_error`; by default the largest magnitude drawn). Points on the line are estimated exactly. A score without
    units is drawn as its rank, since only its order means anything.
    """
    rows = impacts[(impacts["event"] == event) & impacts["impact"].notna()]
    figure, (axis,) = _figure(1, title, wide=False)
    signed = bool(rows["estimate"].notna().any())
    values = rows["estimate"] if signed else rows["score"].rank()
    unit = start_error or float(np.nanmax(np.abs(rows["impact"]), initial=0.0)) or 1.0
    truth = _asinh(rows["impact"], unit)
    guess = _asinh(values, unit) if signed else values
    for layer in sorted(rows["layer"].unique()):
        of = rows["layer"] == layer
        colour, label = _layer_colour(layer), _layer_label(layer, filters)
        axis.scatter(truth[of], guess[of], s=20, alpha=0.75, linewidths=0, color=colour, label=label)
    words = "error before any removal" if start_error else "largest magnitude"
    axis.set_xlabel(f"true impact / {words}")
    _asinh_ticks(axis.xaxis, pd.concat([truth, guess]) if signed else truth)
    if signed:
        low, high = min(truth.min(), guess.min()), max(truth.max(), guess.max())
        axis.plot([low, high], [low, high], color="#888888", lw=1, zorder=0, label="estimate = impact")
        axis.set_ylabel(f"estimate / {words}")
        _asinh_ticks(axis.yaxis, pd.concat([truth, guess]))
    else:
        axis.set_ylabel("rank of the score (1 = goes first)")
    if truth.min() < 0 < truth.max():
        axis.axvline(0, color="#BBBBBB", lw=0.8, zorder=0)
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
            axis.plot(rows["event"], rows["spearman"], color=ALL_COLOUR, lw=1.8, label="all units", zorder=3)
        elif several:
            colour, label = _layer_colour(number), _layer_label(number, filters)
            axis.plot(rows["event"], rows["spearman"], color=colour, lw=1, alpha=0.85, label=label)
    axis.axhline(0, color="#BBBBBB", lw=0.8, zorder=0)
    guess = "estimate" if agreement["sign"].notna().any() else "score"
    axis.set(ylabel=f"Spearman, {guess} and true impact", ylim=(-1.05, 1.05))
    _over_removals(axis, int(agreement.loc[agreement["layer"] < 0, "units"].max()))
    axis.legend(frameon=False, ncols=4, fontsize=8, loc="lower left")
    return figure


def error_surfaces(surfaces: pd.DataFrame, title: str) -> Figure:
    """Draw E(gain) of the unit that goes next, for every removal that was sampled; gain 1 = trained, 0 = removed."""
    figure, (axis,) = _figure(1, title)
    events = sorted(surfaces["event"].unique())
    shades = np.linspace(0.05, 0.9, max(len(events), 2))
    for event, shade in zip(events, shades, strict=False):
        rows = surfaces[surfaces["event"] == event].sort_values("gain")
        axis.plot(rows["gain"], rows["error"], color=colormaps["viridis"](shade), lw=1.4, label=f"{event + 1}")
    axis.axvline(1, color="#888888", lw=0.8, ls=":", zorder=0)
    error = surfaces["error"]
    if error.min() > 0 and error.max() / error.min() >= DECADES:
        axis.set_yscale("log")
    axis.set(xlabel="gain of the unit (1 = trained, 0 = removed)", ylabel="error on the pruning rows (sum)")
    axis.legend(frameon=False, title="removal", fontsize=8, title_fontsize=8, ncols=1 + len(events) // 9)
    return figure


def draw_all(tables: Mapping[str, pd.DataFrame], title: str, filters: int = 0) -> dict[str, Figure]:
    """Draw every figure whose table has rows; the names put them in reading order.

    Args:
        tables: of the cell.
        title: of all figures.
        filters: number of convolutional layers, which come first and are labelled as such.
    """
    start = tables["evaluations"].query("event == 0 and split == 'pruning'")["error"]
    figures = {"1_degradation": degradation(tables["evaluations"], tables["events"], title)}
    if tables["impacts"]["impact"].notna().any():
        first = int(tables["impacts"].dropna(subset=["impact"])["event"].min())
        error = float(start.iloc[0]) if len(start) else None
        figures["2_estimate_against_impact"] = estimate_against_impact(tables["impacts"], title, first, error, filters)
    if tables["agreement"]["spearman"].notna().any():
        figures["3_agreement_along_the_way"] = agreement_along_the_way(tables["agreement"], title, filters)
    if len(tables["surfaces"]):
        figures["4_error_surfaces"] = error_surfaces(tables["surfaces"], title)
    return figures


def _figure(columns: int, title: str, wide: bool = True) -> tuple[Figure, list[Axes]]:
    width, height = (9.0, 3.8) if columns > 1 else (6.2, 4.2) if wide else (5.4, 5.0)
    lines = textwrap.wrap(title, int(LETTERS_AN_INCH * width))
    further = TITLE_LINE * max(0, len(lines) - 1)
    figure = Figure(figsize=(width, height + further))
    FigureCanvasAgg(figure)
    axes = list(figure.subplots(1, columns, squeeze=False, gridspec_kw=_margins(width, height, further))[0])
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(color="#EEEEEE", lw=0.8)
        axis.set_axisbelow(True)
    figure.suptitle("\n".join(lines), fontsize=10, y=1 - 0.08 / (height + further))
    return figure, axes


def _margins(width: float, height: float, further: float) -> dict[str, float]:
    """Return fixed margins: matplotlib's own layout engine draws everything twice, which doubles what figures cost.

    Args:
        width, height: of a figure whose title takes one line, in inches.
        further: what the title's further lines add to the height.
    """
    left, right, bottom, top, between = 0.95, 0.2, 0.6, 0.65 + further, 0.3
    height += further
    return {
        "left": left / width,
        "right": 1 - right / width,
        "bottom": bottom / height,
        "top": 1 - top / height,
        "wspace": between,
    }


def _over_removals(axis: Axes, total: int) -> None:
    axis.set(xlabel=f"units removed (of {total})", xlim=(0, total))
    axis.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))


def _split_colour(split: str, number: int) -> str:
    return SPLIT_COLOURS.get(split, LAYER_COLOURS[(number + 2) % len(LAYER_COLOURS)])


def _layer_label(layer: int, filters: int) -> str:
    return f"layer {int(layer) + 1}" + (" (filters)" if layer < filters else "")


def _layer_colour(layer: int) -> str:
    return LAYER_COLOURS[int(layer) % len(LAYER_COLOURS)]


def _asinh(values: pd.Series, unit: float) -> pd.Series:
    return pd.Series(np.arcsinh(values.to_numpy(dtype="float64") / unit * SCALE), index=values.index)


def _asinh_ticks(axis: Axis, values: pd.Series) -> None:
    """Label an asinh axis in the quantity itself, at signed powers of ten that lie within the values."""
    low, high = float(values.min()), float(values.max())
    margin = 0.05 * max(high - low, 1e-9)
    for factors in ((1,), (1, 3), (1, 2, 5)):
        sizes = [factor * 10.0**power for power in range(-3, 12) for factor in factors]
        ticks = np.array([-size for size in reversed(sizes)] + [0.0] + sizes)
        places = np.arcsinh(ticks * SCALE)
        inside = (places >= low - margin) & (places <= high + margin)
        if inside.sum() >= FEWEST_TICKS:
            break
    labels = [f"{tick:g}".replace("e+0", "e").replace("-", "\N{MINUS SIGN}") for tick in ticks]
    across = axis is axis.axes.xaxis
    inches = axis.axes.get_window_extent().size[0 if across else 1] / axis.axes.figure.get_dpi() / 1.1  # less margins
    kept: list[int] = []
    for i in sorted(np.flatnonzero(inside), key=lambda i: (ticks[i] != 0, -abs(places[i]))):  # 0, then outside in
        # The powers of ten crowd around 0.
        room = [DIGIT * (1 + (len(labels[i]) + len(labels[j])) / 2) if across else LINE for j in kept]
        if all(abs(places[i] - places[j]) * inches >= r * (high - low) for j, r in zip(kept, room, strict=True)):
            kept.append(int(i))
    kept.sort()
    axis.set_ticks(places[kept], [labels[i] for i in kept])
