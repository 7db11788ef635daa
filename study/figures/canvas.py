"""An empty figure with its title and panels, of fixed margins and a canvas of its own."""

from __future__ import annotations

import textwrap

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

LETTERS_AN_INCH, TITLE_LINE = 12, 0.18
"""Letters of a title, before it takes another line, and the height of one, in inches."""
LEFT, RIGHT, BOTTOM, TOP, BETWEEN = 0.95, 0.2, 0.6, 0.65, 0.3
"""Margins in inches, the upper one with one line of title; between panels, as a share of their width."""


def canvas(
    columns: int, title: str, size: tuple[float, float], between: float = BETWEEN, legend: float = 0.0
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its panels, side by side.

    Margins are fixed: matplotlib's own layout engine draws everything twice, which doubles what figures cost.

    Args:
        columns: panels.
        title: of all of them; a long one takes several lines, and the figure grows by them.
        size: width and height of a figure whose title takes one line, in inches.
        between: two panels, as a share of a panel's width.
        legend: height left below the panels for one legend of them all, in inches.
    """
    width, height = size
    lines = textwrap.wrap(title, int(LETTERS_AN_INCH * width))
    further = TITLE_LINE * max(0, len(lines) - 1)
    figure = Figure(figsize=(width, height + further))
    FigureCanvasAgg(figure)
    margins = {
        "left": LEFT / width,
        "right": 1 - RIGHT / width,
        "bottom": (BOTTOM + legend) / (height + further),
        "top": 1 - (TOP + further) / (height + further),
        "wspace": between,
    }
    axes = list(figure.subplots(1, columns, squeeze=False, gridspec_kw=margins)[0])
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(color="#EEEEEE", lw=0.8)
        axis.set_axisbelow(True)
    figure.suptitle("\n".join(lines), fontsize=10, y=1 - 0.08 / (height + further))
    return figure, axes
