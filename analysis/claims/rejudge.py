"""Judges the kept values again, without a store: `python -m analysis.claims judge`."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.claims.amended import once, side_by_side
from analysis.claims.register import Register, load
from analysis.claims.tested import from_values
from analysis.claims.verdicts import verdicts
from study.common.errors import StudyError
from study.common.spreadsheet import write_csv

TABLES = Path(__file__).parents[1] / "results" / "tables"
PLACE = ["claim", "arm", "part", "role", "population", "metric"]
PART = "claims"
"""The part of the results that rests on the register (`analysis.report.PARTS`)."""


def check_tables(folder: Path) -> None:
    """Refuse a folder without kept tables.

    Raises:
        StudyError: naming the one that is not there.
    """
    for name in ("values", "verdicts", "kept"):
        if not (folder / f"{name}.csv").is_file():
            raise StudyError(f"{folder / name}.csv is not there; name the folder of kept tables (`make results`)")


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
    kept = pd.read_csv(folder / "kept.csv")
    kept.loc[kept["part"] == PART, "register"] = register.digest
    write_csv(kept, folder / "kept.csv", index=False)
    return both


def _reasons(judged: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Return the reasons of the rows; a row without one keeps its earlier reason if its verdict is the same."""
    earlier = before.fillna("").drop_duplicates([*PLACE, "verdict"]).set_index([*PLACE, "verdict"])["reason"]
    there = pd.MultiIndex.from_frame(judged[[*PLACE, "verdict"]].fillna(""))
    return judged["reason"].where(judged["reason"] != "", earlier.reindex(there).fillna("").to_numpy())
