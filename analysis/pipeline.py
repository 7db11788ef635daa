"""From frames to a report: metrics, verdicts, self-test, page, the summaries in the UI, the kept results."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import claims, metrics, regime, report, selftest, start_here
from analysis.frames import Frames
from analysis.report.authors import is_theirs
from analysis.runs import Found, export, read, read_export
from study import records
from study.common.steps import Steps
from study.errors import StudyError


@dataclass(frozen=True)
class Made:
    """What a report was made of, and where it is.

    Attributes:
        frames: the store, without the cells of the regime map and of the mechanism (`mapped`, `walked`).
        kept: rows of `metrics.table` that it shows.
        judged: the claims.
        page: the page's path.
        not_summed: why the cells could not be summed up for the UI; empty where they were, or were not to be.
    """

    frames: Frames
    mapped: Frames
    walked: Frames
    kept: pd.DataFrame
    judged: claims.Evaluation
    page: Path
    not_summed: str


def frames_of(arguments: argparse.Namespace, found: Found | None) -> Frames:
    """Return the frames of a store, which are exported, too; without one those of an earlier export."""
    if found is None:
        return read_export(arguments.exported)
    folder = arguments.out.parent / "export"
    frames = read(found, None if arguments.again else folder)
    export(frames, folder)
    return frames


def make(arguments: argparse.Namespace, frames: Frames, mark: str, step: Steps) -> Made:
    """Judge the claims, write the report and sum the cells up; `mark` is what the report is built from."""
    frames, mapped, walked = regime.split(frames)
    rates = selftest.Beside(arguments.out.parent / "selftest", arguments.selftest)
    step("Metrics of every trajectory")
    table = metrics.table(frames)
    step("Judging the claims")
    judged = claims.evaluate(frames, table)
    kept = claims.entering_cells(frames, table, judged.register)
    # A stored network has no seed of its own: it is shown whatever number its cells carry.
    theirs = claims.newest_cells(frames, table[is_theirs(table)])
    kept = pd.concat([kept[~is_theirs(kept)], theirs])
    tested = rates.result(lambda done, total: step("Self-test of the statistics", done, total))
    shown, not_summed = frames.of(kept["key"].tolist()), ""
    page = report.build(shown, kept, judged, tested, (mapped, walked), arguments.out, step)
    if wanted(arguments):
        step("Summing up for the UI")
        try:
            start_here.publish(arguments.store, arguments.experiment, shown, kept, judged, arguments.out, mark)
        except StudyError as error:
            not_summed = f"Not summed up for the UI: {error}"
    return Made(frames, mapped, walked, kept, judged, page, not_summed)


def keep(made: Made, arguments: argparse.Namespace) -> None:
    """Copy the small results, a part for each of what the cells are for."""
    cells, kept = made.frames.cells, made.kept
    # The rules learnt on the map are tested on what the claims rest on, too.
    apart = pd.concat([made.mapped.cells, made.walked.cells])
    entered = {"claims": kept, "regime": pd.concat([apart, kept]) if len(apart) else apart}
    entered["filters"] = cells[cells["network"].map(records.filters_of).map(len) > 0]
    # A part that the store has nothing of stays as it is, unless it is asked for by name.
    parts = arguments.part or [part for part in report.PARTS if len(entered[part])]
    report.keep(arguments.out, arguments.keep, {part: entered[part] for part in parts}, made.judged.digest)


def wanted(arguments: argparse.Namespace) -> bool:
    """Say whether the cells are to be summed up in the store."""
    if arguments.exported:
        return False
    if arguments.start_here is None:
        return arguments.sweep is None and start_here.is_local(arguments.store)
    return bool(arguments.start_here)
