"""Panels of a fixed size in lines, with one legend below them.

The axes have the size that was asked for. Margins are those that were asked for, or what the labels measure where that
is more: only labels are measured, while matplotlib's own layouts draw everything twice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from analysis.figures.text import INCH, width

SMALL, NORMAL = 8, 9
"""Sizes of the letters in the legend, and beside and below all panels, in points."""
LINE, HANDLE, BETWEEN = 0.18, 2.8 * SMALL / INCH, 2.0 * SMALL / INCH
"""Height of a line of the legend, width of what stands before a name in it and of what is left between two, inches."""
PAD = 0.06
"""Least distance of a label from the next panel or the figure's edge, in inches."""


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
        self._make_room()
        legend = {
            name: handle for ax in self.axes for handle, name in zip(*ax.get_legend_handles_labels(), strict=True)
        }
        across, lines = self.columns * self.size[0], -(-self.count // self.columns)
        # A line of panels is lower than some labels are long, and one panel narrower.
        beside, under = _lines(ylabel, lines * self.size[1]), _lines(xlabel, across)
        longest = HANDLE + max((width(name, SMALL) for name in legend), default=0.0) + BETWEEN
        entries = min(entries, max(1, int((across + 0.2 * len(beside) + BETWEEN - PAD) / longest)))
        below = LINE * -(-len(legend) // entries) + 0.1 if legend else 0.0
        foot, side = below + (0.07 + 0.15 * len(under) if under else 0.0), 0.2 * len(beside)
        size = side + across, foot + lines * self.size[1]
        self._place(side, size)
        if under:
            self.figure.text(0.5, (below + 0.08) / size[1], "\n".join(under), ha="center", fontsize=NORMAL)
        if beside:
            x, y = 0.5 * (0.04 + side) / size[0], (foot + size[1]) / 2 / size[1]
            words = self.figure.text(x, y, "\n".join(beside), rotation=90, ha="center", va="center", ma="center")
            words.set_fontsize(NORMAL)
        if below:
            names, handles = list(legend), list(legend.values())
            self.figure.legend(handles, names, loc="lower center", ncols=entries, fontsize=SMALL, borderaxespad=0.1)
        return self.figure

    def _make_room(self) -> None:
        """Break long titles, and widen the margins to what labels of ticks and axes and the titles measure."""
        inner = self.inner
        for ax in self.axes:
            size, room = float(ax.title.get_fontsize()), inner[0] + 2 * min(self.left, self.right)
            lines = [line for part in ax.get_title().split("\n") for line in _lines(part, room, size)]
            ax.title.set_text("\n".join(lines))
        self._place(0.0, (self.columns * self.size[0], -(-self.count // self.columns) * self.size[1]))
        renderer, dpi = FigureCanvasAgg(self.figure).get_renderer(), self.figure.dpi
        for ax in self.axes:
            if not ax.axison:
                continue
            box, whole = ax.bbox, ax.get_tightbbox(renderer, bbox_extra_artists=[])
            assert whole is not None
            self.left = max(self.left, (box.x0 - whole.x0) / dpi + PAD)
            self.right = max(self.right, (whole.x1 - box.x1) / dpi + PAD)
            self.bottom = max(self.bottom, (box.y0 - whole.y0) / dpi + PAD)
            self.top = max(self.top, (whole.y1 - box.y1) / dpi + PAD)
        self.size = inner[0] + self.left + self.right, inner[1] + self.bottom + self.top

    def _place(self, side: float, size: tuple[float, float]) -> None:
        """Give the figure its size and the panels their places, right of what stands beside them all."""
        inner = self.inner
        self.figure.set_size_inches(*size)
        for n, ax in enumerate(self.axes):
            x = side + (n % self.columns) * self.size[0] + self.left
            y = size[1] - (n // self.columns + 1) * self.size[1] + self.bottom
            ax.set_position((x / size[0], y / size[1], inner[0] / size[0], inner[1] / size[1]))


def _lines(words: str, room: float, size: float = NORMAL) -> list[str]:
    """Break words so that every line fits into so many inches."""
    letters = len(words)
    while letters > 1 and any(width(line, size) > room - PAD for line in wrap(words, letters)):
        letters -= 1
    lines = wrap(words, max(1, letters))
    while letters > 1 and len(wrap(words, letters - 1)) == len(lines):  # none of them much shorter than the others
        letters -= 1
    return wrap(words, max(1, letters))


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


def small(count: int) -> Grid:
    """Return a grid of panels without axis labels, three in a line."""
    return Grid(count, 3, (3.7, 2.4), left=0.4, bottom=0.3)
