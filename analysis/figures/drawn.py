"""One drawn figure: its SVG, its words and its data."""

from __future__ import annotations

import base64
import io
import re
from dataclasses import dataclass, field
from html import escape

import pandas as pd
from matplotlib.figure import Figure
from PIL import Image

from analysis.numbers import number
from study.records.words import label, ordered

NAMES = re.compile(r' id="(?:figure|axes|patch|line2d|text|legend|matplotlib\.axis|[xy]tick|LineCollection)_\d+"')
"""Names that matplotlib gives to elements: the same in every figure, but names must differ within a page."""
COORDINATES = re.compile(r' (?:d|x|y)="[^"]*"')
DECIMALS = re.compile(r"(\.\d)\d+")
IMAGE = re.compile(r"(?<=data:image/png;base64,)[^\"]+")
SHADES = 128
"""Colours of an image of many thin lines, enough for their mixtures."""


@dataclass(frozen=True)
class Drawn:
    """One figure of the report.

    Attributes:
        name: of its files.
        caption: what is drawn.
        alt: the caption, and in words and numbers what the figure shows, for those who do not see it.
        svg: an SVG element, or file.
        data: what was drawn, one row a marker or point of a line.
    """

    name: str
    caption: str
    alt: str
    svg: str
    data: pd.DataFrame = field(repr=False)


def drawn(name: str, caption: str, figure: Figure, data: pd.DataFrame, seen: str = "") -> Drawn:
    """Return a figure with its caption; `seen` is what the alternative text says besides.

    Args:
        name, caption, data: as in `Drawn`.
        figure: to turn into SVG.
        seen: in words and numbers, what the figure shows.
    """
    alt = f"{caption} {seen}".strip()
    return Drawn(name, caption, alt, svg(figure, alt), data)


def svg(figure: Figure, alt: str) -> str:
    """Return a figure as an SVG element with an alternative text.

    Coordinates are cut to a tenth of a point and images to a palette, which leaves a quarter of a page of many curves.
    """
    out = io.StringIO()
    figure.savefig(out, format="svg", metadata={"Date": None})
    text = out.getvalue()
    text = NAMES.sub("", text[text.index("<svg") :])
    text = COORDINATES.sub(lambda found: DECIMALS.sub(r"\1", found[0]), text)
    text = IMAGE.sub(lambda found: _with_palette(found[0]), text)
    return text.replace("<svg ", f'<svg role="img" aria-label="{escape(alt)}" ', 1)


def _with_palette(png: str) -> str:
    image = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    out = io.BytesIO()
    image.quantize(SHADES, method=Image.Quantize.FASTOCTREE).save(out, format="png", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


def medians(frame: pd.DataFrame, column: str, what: str) -> str:
    """Return the medians of a column as a sentence: of each method, by population where there are several.

    >>> frame = pd.DataFrame({"population": ["p", "p"], "method": ["taylor1", "taylor1"], "r_1": [0.2, 0.4]})
    >>> medians(frame, "r_1", "median R_1")
    'median R_1, p: first order 0.3.'
    """
    told = []
    for population, of in frame.groupby("population"):
        values = of.groupby("method")[column].median().dropna()
        told.append(f"{population}: " + ", ".join(f"{label(m)} {number(values[m])}" for m in ordered(values.index)))
    return f"{what}, {'; '.join(told)}."
