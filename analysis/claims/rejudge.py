"""Judges the kept values again, without a store: `python -m analysis.claims judge`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from analysis.claims.amended import once, side_by_side
from analysis.claims.register import RELATED, Register, load
from analysis.claims.tested import from_values
from analysis.claims.verdicts import OVERALL, verdicts
from study.common.errors import StudyError
from study.common.spreadsheet import write_csv

TABLES = Path(__file__).parents[1] / "results" / "tables"
PLACE = ["claim", "arm", "part", "role", "population", "metric"]
PART = "claims"
"""The part of the results that rests on the paper's register."""
RELATED_PART, RELATED_VALUES, RELATED_VERDICTS = "weights", "related_values", "related_verdicts"
"""The part that rests on the register of related systems, and its tables."""


def check_tables(
    folder: Path,
    names: Sequence[str] = ("values", "verdicts"),
    way_out: str = "name the folder of kept tables (`make results`)",
) -> None:
    """Refuse a folder without kept tables.

    Args:
        folder: of the tables.
        names: those that are needed beside kept.csv.
        way_out: what to do where one is not there.

    Raises:
        StudyError: naming the one that is not there.
    """
    for name in (*names, "kept"):
        if not (folder / f"{name}.csv").is_file():
            raise StudyError(f"{folder / name}.csv is not there; {way_out}")


def rejudge(folder: Path = TABLES, register: Register | None = None) -> pd.DataFrame:
    """Judge `values.csv` of a folder by the register, write `verdicts.csv` and `amended.csv`, and return the latter.

    Reasons that the values do not hold stay as they were: why a part was not run, and notes on undefined values.

    Args:
        folder: with `values.csv`, `verdicts.csv` and `kept.csv`, as `make results` leaves them.
        register: another register than the project's own.

    Raises:
        StudyError: where one of these files is not there.
    """
    check_tables(folder)
    register = register or load()
    values = pd.read_csv(folder / "values.csv")
    test = once(lambda plan: from_values(plan, values))
    judged = verdicts(register, test(register))
    judged = judged.assign(reason=_reasons(judged, pd.read_csv(folder / "verdicts.csv")))
    write_csv(judged, folder / "verdicts.csv", index=False)
    both = side_by_side(register, load(amended=False), test)
    write_csv(both, folder / "amended.csv", index=False)
    _judged_by(register, PART, folder)
    return both


def rejudge_related(folder: Path = TABLES) -> pd.DataFrame:
    """Judge the kept values of related systems anew, write their verdicts, and return the overall rows that changed.

    Args:
        folder: with the kept tables; where those of related systems are not among them, nothing is done.
    """
    files = [folder / f"{name}.csv" for name in (RELATED_VALUES, RELATED_VERDICTS)]
    if not all(file.is_file() for file in files):
        return pd.DataFrame(columns=[*PLACE, "verdict", "before"])
    values, before = map(pd.read_csv, files)
    register = load(RELATED)
    judged = verdicts(register, from_values(register, values))
    judged = judged.assign(reason=_reasons(judged, before))
    write_csv(judged, files[1], index=False)
    _judged_by(register, RELATED_PART, folder)
    overall = judged[judged["part"] == OVERALL].set_index(["claim", "arm"])
    earlier = before[before["part"] == OVERALL].set_index(["claim", "arm"])["verdict"]
    overall = overall.assign(before=earlier.reindex(overall.index)).reset_index()
    return overall[overall["verdict"] != overall["before"]]


def _judged_by(register: Register, part: str, folder: Path) -> None:
    """Write the digest of the register that a part of the results was judged by."""
    kept = pd.read_csv(folder / "kept.csv")
    kept.loc[kept["part"] == part, "register"] = register.digest
    write_csv(kept, folder / "kept.csv", index=False)


def _reasons(judged: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Return the reasons of the rows; a row without one keeps its earlier reason if its verdict is the same."""
    earlier = before.fillna("").drop_duplicates([*PLACE, "verdict"]).set_index([*PLACE, "verdict"])["reason"]
    there = pd.MultiIndex.from_frame(judged[[*PLACE, "verdict"]].fillna(""))
    return judged["reason"].where(judged["reason"] != "", earlier.reindex(there).fillna("").to_numpy())
