"""From a store to verdicts and to a report: metrics, claims, self-test, page, summaries for the UI, kept results.

Verdicts in a notebook take three lines:

```python
import analysis

found = analysis.judge()                     # outputs/mlflow/mlflow.db; or uri=..., sweep=...
found.verdicts.query("part == 'overall'")[["claim", "arm", "n", "verdict"]]
```

`found.table` has the metrics of every cell, `found.report("report")` writes the report of these cells, and
`found.related`, where the store has such cells, the verdicts on the claims of related systems.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import claims, metrics, sections, selftest
from analysis.doubles import merged
from analysis.frames import Frames
from analysis.named import is_theirs
from analysis.sections import Material

Say = Callable[..., None]
"""Told what is being done: a step, and how far it is of how many."""
FEW = 100
"""Draws of the self-test of a report that a notebook writes."""


@dataclass(frozen=True, eq=False)
class Judged:
    """What a store says.

    Attributes:
        frames: the store, one cell a trajectory, without the cells that sections of the report have for themselves.
        apart: those cells, by sweep.
        table: `metrics.table(frames)`, one row a cell.
        shown: the rows of it that verdicts and the report rest on.
        evaluation: `claims.evaluate` of it: verdicts, values, headline, ...
        related: the same of the register of related systems; None where the store has none of its populations.
    """

    frames: Frames
    apart: Mapping[str, Frames]
    table: pd.DataFrame
    shown: pd.DataFrame
    evaluation: claims.Evaluation
    related: claims.Evaluation | None = None

    @property
    def verdicts(self) -> pd.DataFrame:
        """One row a claim, arm and part, an `overall` row first."""
        return self.evaluation.verdicts

    def material(self, rates: pd.DataFrame) -> Material:
        """Return what the sections of a report are made of; `rates`: of `selftest.rates`."""
        frames = self.frames.of(self.shown["key"].tolist())
        return Material(
            frames, metrics.seen_along(frames, self.shown), self.evaluation, rates, self.apart, self.related
        )

    def report(self, folder: Path | str, draws: int = FEW) -> Path:
        """Write the report of these cells and return its page.

        Args:
            folder: to write into.
            draws: of the self-test, which takes a minute for some hundreds.
        """
        from analysis.report import build

        return build(self.material(selftest.rates(draws)), Path(folder), lambda *_: None)


def judge(frames: Frames, say: Say = lambda *_: None) -> Judged:
    """Return metrics and verdicts of a store.

    Args:
        frames: of the store (`runs.read_store`), or of an export (`runs.read_export`).
        say: told what is being done.
    """
    frames, apart = sections.set_apart(frames)
    frames = merged(frames)
    say("Metrics of every trajectory")
    table = metrics.table(frames)
    say("Judging the claims")
    evaluation = claims.evaluate(frames, table)
    entering = claims.entering_cells(frames, table, evaluation.register)
    # A stored network has no seed of its own: it is shown whatever number its cells carry.
    theirs = claims.newest_cells(frames, table[is_theirs(table)])
    shown, related = pd.concat([entering[~is_theirs(entering)], theirs]), claims.evaluate_related(frames, table)
    return Judged(frames, apart, table, shown, evaluation, related)
