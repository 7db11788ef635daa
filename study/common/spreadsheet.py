"""Tables as CSV that a spreadsheet shows as they are: a text that begins like a formula would be computed there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula, or leaves out before it looks."""
TEXT = "'"
"""Before such a text it says, in every spreadsheet, that it is text."""


def plain(value: object) -> object:
    """Return a value so that no spreadsheet computes it; numbers, also those that are written as text, stay.

    >>> plain("=HYPERLINK(A1)"), plain("+ V1"), plain("-0.5"), plain(-0.5), plain("taylor2")
    ("'=HYPERLINK(A1)", "'+ V1", '-0.5', -0.5, 'taylor2')
    """
    if not isinstance(value, str) or not value.lstrip(" ").startswith(FORMULA):
        return value
    try:
        float(value)
    except ValueError:
        return TEXT + value
    return value


def write_csv(frame: pd.DataFrame, file: Path, **how: Any) -> None:
    """Write a table as CSV, its texts, names and labels by `plain`.

    Args:
        frame: the table.
        file: to write.
        how: further arguments of `pandas.DataFrame.to_csv`.
    """
    safe = frame.copy()
    for at, dtype in enumerate(frame.dtypes):
        if not pd.api.types.is_numeric_dtype(dtype):
            safe.isetitem(at, frame.iloc[:, at].map(plain).array)
    safe = safe.rename(columns=plain)
    if not isinstance(safe.index, pd.RangeIndex):
        safe = safe.rename(index=plain)
    safe.to_csv(file, **how)
