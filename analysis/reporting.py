"""What `python -m analysis` does beside judging: export, self-test, page, summaries for the UI, kept results."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from analysis import report, selftest, start_here
from analysis.claims.rejudge import RELATED_PART
from analysis.frames import Frames
from analysis.pipeline import Judged, judge
from analysis.runs import Found, export, read, read_export
from analysis.sections import Material, kept_parts
from study.common.errors import StudyError
from study.common.steps import Steps


@dataclass(frozen=True, eq=False)
class Made:
    """What a report was made of, and where it is.

    Attributes:
        judged: the store's metrics and verdicts.
        material: what its sections were made of.
        page: the page's path.
        not_summed: why the cells could not be summed up for the UI; empty where they were, or were not to be.
    """

    judged: Judged
    material: Material
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
    rates = selftest.Beside(arguments.out.parent / "selftest", arguments.selftest)
    judged = judge(frames, step)
    tested = rates.result(lambda done, total: step("Self-test of the statistics", done, total))
    material, not_summed = judged.material(tested), ""
    page = report.build(material, arguments.out, step)
    if wanted(arguments):
        step("Summing up for the UI")
        try:
            place = arguments.store, arguments.experiment
            start_here.publish(*place, material.frames, material.table, judged.evaluation, arguments.out, mark)
        except StudyError as error:
            not_summed = f"Not summed up for the UI: {error}"
    return Made(judged, material, page, not_summed)


def keep(made: Made, arguments: argparse.Namespace) -> None:
    """Copy the small results, a part for each of what the cells are for."""
    entered = {
        part: pd.concat([section.cells(made.material)[["key", "network_key", "seed"]] for section in of])
        for part, of in kept_parts().items()
    }
    # A part that the store has nothing of stays as it is, unless it is asked for by name.
    parts = arguments.part or [part for part, cells in entered.items() if len(cells)]
    digests = dict.fromkeys(parts, made.judged.evaluation.digest)
    if made.judged.related is not None:
        digests[RELATED_PART] = made.judged.related.digest
    report.keep(arguments.out, arguments.keep, {p: entered[p] for p in parts}, digests)


def wanted(arguments: argparse.Namespace) -> bool:
    """Say whether the cells are to be summed up in the store."""
    if arguments.exported:
        return False
    if arguments.start_here is None:
        return arguments.sweep is None and start_here.is_local(arguments.store)
    return bool(arguments.start_here)
