"""Panels of a fixed size in lines, with one legend below them.

Margins are fixed in inches: nothing has to be measured, which matplotlib's layouts do by drawing everything twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

LINE, LETTER, HANDLE = 0.18, 0.062, 0.45
"""Height of a line of the legend, widths of a letter (8 points) and of what stands before the letters, in inches."""


@dataclass
class Grid:
    """A figure with `count` panels.

    Attributes:
        count, columns: panels, and how many make a line.
        size: of a panel with its margins, in inches.
        left, right, bottom, top: margins of a panel, in inches.
        figure, axes: to draw on; sizes and places are set by `finish`.
    """

    count: int
    columns: int
    size: tuple[float, float]
    left: float = 0.65
    right: float = 0.1
    bottom: float = 0.5
    top: float = 0.3
    figure: Figure = field(default_factory=Figure)
    axes: list[Axes] = field(init=False)

    def __post_init__(self) -> None:
        self.columns = min(self.columns, self.count)
        self.axes = [self.figure.add_axes((0, 0, 1, 1)) for _ in range(self.count)]

    @property
    def inner(self) -> tuple[float, float]:
        """Size of a panel's axes, in inches."""
        return self.size[0] - self.left - self.right, self.size[1] - self.bottom - self.top

    def finish(self, xlabel: str = "", ylabel: str = "", entries: int = 4) -> Figure:
        """Put panels, labels and legend in their places and return the figure.

        Args:
            xlabel, ylabel: of all panels together.
            entries: of the legend in a line, at most; fewer where the figure is narrow.
        """
        legend = {
            name: handle for ax in self.axes for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        longest = HANDLE + LETTER * max(map(len, legend), default=0)
        entries = min(entries, max(1, int(self.columns * self.size[0] / longest)))
        below = LINE * -(-len(legend) // entries) + 0.1 if legend else 0.0
        lines = -(-self.count // self.columns)
        # A line of panels is lower than some labels are long.
        beside = wrap(ylabel, max(1, int(lines * self.size[1] / LETTER * 8 / 9)))
        foot, side = below + (0.22 if xlabel else 0.0), 0.2 * len(beside)
        width, height = side + self.columns * self.size[0], foot + lines * self.size[1]
        self.figure.set_size_inches(width, height)
        for n, ax in enumerate(self.axes):
            x = side + (n % self.columns) * self.size[0] + self.left
            y = height - (n // self.columns + 1) * self.size[1] + self.bottom
            ax.set_position((x / width, y / height, self.inner[0] / width, self.inner[1] / height))
        if xlabel:
            self.figure.text(0.5, (below + 0.08) / height, xlabel, ha="center", fontsize=9)
        if beside:
            x, y = 0.5 * (0.04 + side) / width, (foot + height) / 2 / height
            self.figure.text(x, y, "\n".join(beside), rotation=90, ha="center", va="center", ma="center", fontsize=9)
        if below:
            names, handles = list(legend), list(legend.values())
            self.figure.legend(handles, names, loc="lower center", ncols=entries, fontsize=8, borderaxespad=0.1)
        return self.figure


def panels(
    frame: pd.DataFrame, grid: Callable[[int], Grid], panel: Callable[[pd.DataFrame, Axes, str], object]
) -> Grid:
    """Return a grid with a panel a population.

    Args:
        frame: with a column population.
        grid: makes one of a number of panels.
        panel: draws the rows of one population, given axes and title.
    """
    groups = list(frame.groupby("population"))
    made = grid(len(groups))
    for ax, (population, of) in zip(made.axes, groups, strict=True):
        panel(of, ax, str(population))
    return made
