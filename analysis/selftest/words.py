"""The rates as a table to read."""

from __future__ import annotations

import pandas as pd

from analysis.report.tables import number
from analysis.selftest.nominal import ABOUT, AT_MOST

SIGNS = {AT_MOST: "≤", ABOUT: "≈"}
OUT = "out of nominal"


def in_words(found: pd.DataFrame) -> pd.DataFrame:
    """Return one row a template, truth and n: rates, with their nominal values where any are known.

    Args:
        found: of `rates`.
    """
    family = int(found["family"].max())
    rows = []
    for (template, effect, n), of in found.groupby(["template", "effect", "n"], sort=False):
        corrected, alone = of[of["family"] == family].iloc[0], of[of["family"] == 1]
        truth = "" if pd.isna(corrected["truth"]) else f" ({number(corrected['truth'])})"
        rows.append(
            {
                "test": str(template),
                "true effect": f"{effect}{truth}",
                "n": str(n),
                "supported": _told(alone.iloc[0], "supported", "nominal", "nominal_binds") if len(alone) else "",
                f"supported, first of {family} claims": _told(corrected, "supported", "nominal", "nominal_binds"),
                "refuted": _told(corrected, "refuted", "refuted_nominal", "refuted_binds"),
                "": "" if of["ok"].all() else OUT,
            }
        )
    return pd.DataFrame(rows)


def _told(row: pd.Series, rate: str, nominal: str, binds: str) -> str:
    return f"{row[rate]:.3f}" + (f" ({SIGNS[row[binds]]} {row[nominal]:.3f})" if row[binds] else "")
