"""The path of a cell as a small CSV beside its tables: these are parquet, which MLflow's page does not show."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

PATH_FILE = "trajectory.csv"
EVENT_COLUMNS = ["event", "layer", "unit", "units_left", "parameters_left", "estimate"]
"""Of the table events."""


def path_of(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row a removal: what went, what is left, and mean error and accuracy on every split.

    Args:
        tables: of a cell; columns as in `study.records`, an accuracy where there are classes.
    """
    path = tables["events"][EVENT_COLUMNS].set_index("event")
    for split, rows in tables["evaluations"].groupby("split", sort=False):
        of = rows.set_index("event")
        path[f"error_per_sample_{split}"] = of["error"] / of["samples"]
        if of["correct"].notna().any():
            path[f"accuracy_{split}"] = of["correct"].astype("float64") / of["samples"]
    return path.reset_index()


def write_path(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write `trajectory.csv`, six digits of every number: a few kilobytes."""
    path_of(tables).to_csv(folder / PATH_FILE, index=False, float_format="%.6g")
