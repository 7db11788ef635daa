"""How wide words are in the font of the figures: measured, since letters differ and names get longer."""

from __future__ import annotations

from functools import cache

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

INCH = 72.0
"""Points."""


@cache
def width(words: str, size: float) -> float:
    """Return the width of a line of text in inches.

    Args:
        words: without a line break.
        size: of the letters, in points.

    >>> 0.3 < width("random", 8) < 0.5 < width("as implemented", 8)
    True
    """
    across, _, _ = text_to_path.get_text_width_height_descent(words, FontProperties(size=size), ismath=False)
    return float(across) / INCH
