"""How figures look: colours and markers of layers and rows, scales and ticks. Those of methods: `records.words`."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import LogLocator, NullFormatter, NullLocator

LAYERS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")
"""Colours of hidden layers, from the one nearest the input on: Okabe and Ito's, which the colour-blind tell apart."""
MARKERS = "osD^vP"
"""Their markers, for eyes that see no colours."""
SPLITS = {"pruning": LAYERS[0], "held_out": LAYERS[5], "validation": LAYERS[3]}
"""Colours of the rows that an error is of."""
FURTHER = (LAYERS[1], LAYERS[2], LAYERS[4])
"""Those of further splits."""
ALL = "#222222"
"""What is of all layers together."""

DECADES = 10.0
"""From this ratio of the largest to the smallest error on, an error axis is logarithmic."""
FEW_DECADES = 50
"""Below this ratio of a logarithmic axis's ends the powers of ten would leave too few ticks, or none."""

ONE_TWO_FIVE, SHORTEST = 25, 80
"""Percent of the weights left: below the first 1, 2 and 5 are ticks enough; an axis reaches down to the second."""

SCALE = 1e3
"""Impacts are drawn as asinh(impact / E0 * SCALE): they span decades and change sign, so no logarithm will do."""
FEWEST_TICKS = 4
DIGIT, LINE = 0.09, 0.3
"""Width of a digit and least distance of two lines of labels, in inches."""


def layer_colour(layer: int) -> str:
    """Return the colour of a hidden layer, 0 nearest the input."""
    return LAYERS[int(layer) % len(LAYERS)]


def layer_marker(layer: int) -> str:
    """Return the marker of a hidden layer, 0 nearest the input."""
    return MARKERS[int(layer) % len(MARKERS)]


def split_colour(split: str, number: int) -> str:
    """Return the colour of a split; `number` counts the splits of a figure, for one that has none of its own."""
    return SPLITS.get(split, FURTHER[number % len(FURTHER)])


def over_weights_left(ax: Axes, least: float, room: float = 1.0) -> Axes:
    """Make the lower axis that of the weights left in percent: logarithmic, falling to the right, plain numbers.

    Args:
        ax: axes to draw on.
        least: the smallest that is drawn, in percent.
        room: ratio that is left free at either end, at least.
    """
    low = min(least, SHORTEST)
    margin = max(room, (100 / low) ** 0.04)
    ax.set_xscale("log")
    ax.set(xlabel="weights left, %", xlim=(100 * margin, low / margin))
    ax.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if low < ONE_TWO_FIVE else range(1, 10)))
    ax.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    ax.xaxis.set_minor_locator(NullLocator())
    return ax


def error_scale(axis: Axis, errors: pd.Series, least: float = DECADES) -> None:
    """Make an axis of errors logarithmic where they are positive and span a ratio of `least` at the least."""
    low, high = float(errors.min()), float(errors.max())
    if low > 0 and high / low >= least:
        (axis.axes.set_xscale if axis is axis.axes.xaxis else axis.axes.set_yscale)("log")
        plain_ticks(axis)


def plain_ticks(axis: Axis) -> Axis:
    """Label a logarithmic axis, whose limits stand, with plain numbers: typeset powers take half of a figure's time."""
    low, high = axis.axes.get_xlim() if axis is axis.axes.xaxis else axis.axes.get_ylim()
    if axis.get_scale() == "log" and high / low < FEW_DECADES:
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.set_minor_formatter(NullFormatter())
    return axis


def asinh(values: pd.Series, unit: float) -> pd.Series:
    """Return asinh(values / unit * SCALE)."""
    return pd.Series(np.arcsinh(values.to_numpy(dtype="float64") / unit * SCALE), index=values.index)


def asinh_ticks(axis: Axis, values: pd.Series, inches: float | None = None) -> None:
    """Label an asinh axis in the quantity itself, at signed powers of ten that lie within the values.

    Args:
        axis: to label.
        values: what is drawn on it, as `asinh` gives them.
        inches: length of the axis; by default what it has in its figure now.
    """
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
    length = inches or axis.axes.get_window_extent().size[0 if across else 1] / axis.axes.figure.get_dpi()
    kept: list[int] = []
    for i in sorted(np.flatnonzero(inside), key=lambda i: (ticks[i] != 0, -abs(places[i]))):  # 0, then outside in
        # The powers of ten crowd around 0; a tenth of the axis is margin.
        room = [DIGIT * (1 + (len(labels[i]) + len(labels[j])) / 2) if across else LINE for j in kept]
        far = [abs(places[i] - places[j]) * length / 1.1 for j in kept]
        if all(apart >= r * (high - low) for apart, r in zip(far, room, strict=True)):
            kept.append(int(i))
    kept.sort()
    axis.set_ticks(places[kept], [labels[i] for i in kept])
