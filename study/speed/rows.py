"""What a measurement is in the tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from study.speed.timing import Times


@dataclass(frozen=True)
class Row:
    """One path of one work.

    Attributes:
        work: what is done.
        path: how.
        times: seconds of it, scaled where only a part was timed.
        reference: times of the work's reference in the same rounds.
    """

    work: str
    path: str
    times: Times
    reference: Times

    @property
    def ratio(self) -> float:
        """How many times faster than the reference."""
        return self.reference.ratio(self.times)


def table(rows: Iterable[Row]) -> pd.DataFrame:
    """Return the rows as a table; `spread` is half the quartiles' range over the median, `ratio` times faster."""
    return pd.DataFrame(
        {"work": r.work, "path": r.path, "seconds": r.times.median, "spread": r.times.spread, "ratio": r.ratio}
        for r in rows
    )
