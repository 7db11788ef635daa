"""The section on amendments of the frozen plan: changes, reasons, and the verdicts of both plans side by side."""

from __future__ import annotations

import pandas as pd

from analysis.claims import Evaluation
from analysis.numbers import number
from analysis.sections.base import Kept, Material, Section, Shown

ARMS = "as_published"
"""The arm that is not named in the table."""


class Amended(Section):
    """Every amendment, and every verdict that it changed."""

    title = "Amendments of the frozen plan"
    short = "Amendments"
    place = 20
    kept = Kept("claims", tables=("amended",))

    def made(self, of: Material) -> Shown:
        """Return the verdicts of both plans, and both in words."""
        words = {"reasons": reasons(of.judged), "side_by_side": side_by_side(of.judged)}
        return Shown(tables={"amended": of.judged.amended}, words=words)

    def present(self, shown: Shown) -> bool:
        """Say whether anything was amended."""
        return len(shown.words["reasons"]) > 0


def reasons(judged: Evaluation) -> pd.DataFrame:
    """Return one row an amendment: its subject, the frozen text, its replacement, the reason."""
    rows = [
        {"id": a.id, "date": a.date, "of": a.about, "as frozen": a.was, "as amended": a.now, "why": a.reason}
        for a in judged.register.amendments
    ]
    return pd.DataFrame(rows)


def side_by_side(judged: Evaluation) -> pd.DataFrame:
    """Return one row for every verdict that changed or whose claim was amended: before and after."""
    amended = judged.amended
    named = {a.claim for a in judged.register.amendments if a.claim}
    shown = amended[(amended["by"] != "") | amended["claim"].isin(named)]
    rows = [
        {
            "claim": row["claim"] + ("" if row["arm"] == ARMS else f" ({row['arm'].replace('_', ' ')})"),
            "statement": row["statement"],
            "as frozen": row["frozen"],
            "n, frozen": str(row["frozen_n"]),
            "p, frozen": number(row["frozen_p"], 2),
            "as amended": row["verdict"],
            "n": str(row["n"]),
            "p": number(row["p_corrected"], 2),
            "p of refutation": number(row["p_refute_corrected"], 2),
            "changed by": row["by"] or "–",
        }
        for _, row in shown.iterrows()
    ]
    return pd.DataFrame(rows)
