"""What is declared of a column of a table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column: its type (a pandas dtype), its unit and what it holds. `timing` columns differ from run to run."""

    dtype: str
    unit: str
    meaning: str
    timing: bool = False
