"""A strip: every network's value of one tested quantity on a small axis, as an inline SVG element.

A dot is a network, the bar the estimate with its limits, the dashed line the margin of the test, the diamond the
published value. Drawn by hand: a report has hundreds, too many for a plotting library.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from html import escape

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from analysis.claims.verdicts import ABOVE, WITHIN
from analysis.numbers import number

WIDTH, HEIGHT, EDGE = 240, 46, 12
"""Size in pixels, and the room left and right of the axis."""
DOTS, BAR, AXIS = (6, 10, 14), 22, 30
"""Heights, from the top: of the dots (in turn, so that equal values show), of the bar, of the axis."""
MARGINS: dict[str, Callable[[list[float]], list[float]]] = {
    "NI": lambda m: [-m[0]],
    "EQ": lambda m: [-m[0], m[0]],
    "QTY": lambda m: [m[0] - m[1], m[0] + m[1]],
    "ATMOST": lambda m: m,
    "TREND": lambda _: [],
}
"""The place of a test's margin on the axis of its quantity; for other tests the first number of the margin."""


def margins(row: pd.Series) -> list[float]:
    """Return where the margin of a part's test lies, one or two places.

    >>> margins(pd.Series({"template": "QTY", "margin": "0.2 -/+ 0.1"}))
    [0.1, 0.30000000000000004]
    >>> margins(pd.Series({"template": "ATMOST", "margin": "0.5, refuted above 0.8"}))
    [0.5, 0.8]
    """
    numbers = [float(text) for text in re.split(f"{re.escape(WITHIN)}|{ABOVE}", str(row["margin"])) if text]
    return MARGINS.get(row["template"], lambda m: m[:1])(numbers)


def span(rows: pd.DataFrame, values: Sequence[float]) -> tuple[float, float]:
    """Return the range that an axis must show: values, limits, margins and published values of these parts.

    Args:
        rows: of the verdicts, parts that share an axis.
        values: of their networks.
    """
    shown = [*values, *rows["low"], *rows["high"], *rows["published"]]
    shown += [place for _, row in rows.iterrows() for place in margins(row)]
    finite = [float(value) for value in shown if value is not None and math.isfinite(value)]
    return min(finite), max(finite)


def strip(row: pd.Series, values: Sequence[float], ends: tuple[float, float]) -> str:
    """Return the strip of one part.

    Args:
        row: of the verdicts.
        values: one a network.
        ends: of `span`, of all parts that share the axis.
    """
    ticks = MaxNLocator(nbins=4, min_n_ticks=2).tick_values(*ends)
    low, high = min(ticks[0], ends[0]), max(ticks[-1], ends[1])

    def x(value: float) -> float:
        return EDGE + (WIDTH - 2 * EDGE) * (min(max(value, low), high) - low) / (high - low)

    parts = [f'<path class="axis" d="M{EDGE} {AXIS}H{WIDTH - EDGE}"/>']
    for tick in ticks:
        parts.append(
            f'<path class="axis" d="M{x(tick):.1f} {AXIS}v3"/><text x="{x(tick):.1f}" y="43">{tick:.3g}</text>'
        )
    parts += [f'<path class="margin" d="M{x(place):.1f} 2V{AXIS}"/>' for place in margins(row)]
    dots = "".join(f"M{x(v):.1f} {DOTS[n % len(DOTS)]}h0" for n, v in enumerate(np.sort(values)))
    parts.append(f'<path class="dots" d="{dots}"/>')
    if math.isfinite(row["estimate"]):
        left, right = (x(v) if math.isfinite(v) else x(e) for v, e in ((row["low"], low), (row["high"], high)))
        bar = "" if pd.isna(row["low"]) else f"M{left:.1f} {BAR}H{right:.1f}"
        parts.append(f'<path class="bar" d="{bar}M{x(row["estimate"]):.1f} {BAR - 4}v8"/>')
    if row["published"] is not None and math.isfinite(row["published"]):
        parts.append(f'<path class="published" d="M{x(row["published"]):.1f} {BAR - 5}l5 5l-5 5l-5-5z"/>')
    return (
        f'<svg class="strip" role="img" aria-label="{escape(_alt(row, values))}" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}">{"".join(parts)}</svg>'
    )


def _alt(row: pd.Series, values: Sequence[float]) -> str:
    told = f"{len(values)} networks from {number(min(values))} to {number(max(values))}"
    limits = "" if pd.isna(row["low"]) else f", limits {number(row['low'])} and {number(row['high'])}"
    margin = " and ".join(number(place) for place in margins(row))
    published = number(row["published"])
    return f"{told}; estimate {number(row['estimate'])}{limits}; margin {margin}; published {published}."
