"""The rates as a table to read."""

from __future__ import annotations

import pandas as pd

from analysis.numbers import number
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
        truth = "" if pd.isna(of["truth"].iloc[0]) else f" ({number(of['truth'].iloc[0])})"
        line = {"test": str(template), "true effect": f"{effect}{truth}", "n": str(n)}
        for size, words in ((1, ""), (family, f", first of {family} claims")):
            there = of[of["family"] == size]
            for rate, kind in (("supported", ""), ("refuted", "refuted_")):
                line[f"{rate}{words}"] = _told(there.iloc[0], rate, kind) if len(there) else ""
        rows.append(line | {"": "" if of["ok"].all() else OUT})
    return pd.DataFrame(rows)


def _told(row: pd.Series, rate: str, kind: str) -> str:
    nominal, binds = row[f"{kind}nominal"], row[f"{kind or 'nominal_'}binds"]
    return f"{row[rate]:.3f}" + (f" ({SIGNS[binds]} {nominal:.3f})" if binds else "")
