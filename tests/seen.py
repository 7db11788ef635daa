"""What of a figure cannot be read: text beyond the edge, text on text, text on another panel."""

from __future__ import annotations

from unittest.mock import patch

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg, RendererAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.transforms import Bbox

SLACK = 1.5
"""Pixels, of a hundred an inch, that two things may share: fonts are hinted."""


def hidden(figure: Figure) -> list[str]:
    """Return, in words, every text that is cut off, lies on another, or reaches into axes that are not its own."""
    figure.set_dpi(100)
    canvas = FigureCanvasAgg(figure)
    shown = _written(canvas)
    found = []
    for text, box in shown:
        if box.x0 < 0 or box.y0 < 0 or box.x1 > figure.bbox.x1 or box.y1 > figure.bbox.y1:
            found.append(f"cut off: {text.get_text()!r}")
        others = [ax for ax in figure.axes if ax is not text.axes and _meet(ax.bbox, box)]
        found += [f"in another panel: {text.get_text()!r}" for _ in others]
    edges = np.array([box.extents for _, box in shown]).reshape(-1, 4)
    x0, y0, x1, y1 = edges.T
    beside = (x0 < x1[:, None]) & (x0[:, None] < x1) & (y0 < y1[:, None]) & (y0[:, None] < y1)
    return found + [
        f"on each other: {shown[i][0].get_text()!r} and {shown[j][0].get_text()!r}"
        for i, j in np.argwhere(np.triu(beside, 1))
    ]


def _written(canvas: FigureCanvasAgg) -> list[tuple[Text, Bbox]]:
    """Draw, and return every text that was written, with its place; ticks beyond an axis's limits are not."""
    found: dict[Text, None] = {}

    def draw(text: Text, renderer: RendererAgg) -> None:
        if text.get_visible() and text.get_text().strip():
            found[text] = None
        really(text, renderer)

    really = Text.draw
    with patch.object(Text, "draw", draw):
        canvas.draw()
    return [(text, _smaller(text.get_window_extent(canvas.get_renderer()))) for text in found]


def _smaller(box: Bbox) -> Bbox:
    return Bbox.from_extents(box.x0 + SLACK, box.y0 + SLACK, box.x1 - SLACK, box.y1 - SLACK)


def _meet(one: Bbox, other: Bbox) -> bool:
    return one.x0 < other.x1 and other.x0 < one.x1 and one.y0 < other.y1 and other.y0 < one.y1
