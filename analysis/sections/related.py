"""The section on related systems: the verdicts on their claims, at this scale."""

from __future__ import annotations

import pandas as pd

from analysis.claims import Evaluation
from analysis.claims.rejudge import RELATED_PART, RELATED_VALUES, RELATED_VERDICTS
from analysis.numbers import interval, number, test
from analysis.sections.base import Kept, Material, Section, Shown

TITLE = "Claims of related systems, at this scale"
FAMILIES = {
    "tickets": "Lottery tickets (Frankle & Carbin 2019)",
    "gradual": "Gradual pruning (Zhu & Gupta 2017)",
    "retrain": "Prune and retrain (Han et al. 2015)",
    "transfer": "Transfer of tickets (Morcos et al. 2019)",
    "bridge": "The bridge: what a criterion knows before a cut",
    "exploratory": "Exploratory",
}
"""Headings of the families; another family's is its name."""


class Related(Section):
    """Lottery tickets, gradual pruning, prune and retrain, transfer: a row a claim, and one a part."""

    title = TITLE
    short = "Related systems"
    place = 103
    kept = Kept(RELATED_PART, tables=(RELATED_VERDICTS, RELATED_VALUES))

    def made(self, of: Material) -> Shown:
        """Return the verdicts, the values, and both in words; nothing where no part of a claim was run."""
        if of.related is None or not (of.related.verdicts["n"] > 0).any():
            return Shown()
        tables = {RELATED_VERDICTS: of.related.verdicts, RELATED_VALUES: of.related.values}
        return Shown(tables=tables, words={"claims": in_words(of.related), "related": of.related})

    def cells(self, of: Material) -> pd.DataFrame:
        """Return the cells of single weights, and those of the populations that they are compared with."""
        return of.table[of.of_related]


def in_words(judged: Evaluation) -> pd.DataFrame:
    """Return one row a claim, followed by one a part that has values, in the order of the families.

    Columns: family, claim (empty for a part), what (statement or part), population, n, estimate, test, p, verdict.
    """
    rows = []
    order = [*judged.register.plan["families"], *FAMILIES]
    claims = sorted(judged.register.claims, key=lambda claim: (order.index(claim.tier), claim.id))
    for claim in claims:
        of = judged.verdicts[judged.verdicts["claim"] == claim.id]
        family = FAMILIES.get(claim.tier, claim.tier)
        for _, row in of[(of["role"] == "overall") | (of["n"] > 0)].iterrows():
            whole = row["role"] == "overall"
            several = whole and len(claim.deciding) != 1
            beside = "" if row["role"] in ("overall", "decides") else f" ({row['role']})"
            rows.append(
                {
                    "family": family,
                    "claim": claim.id if whole else "",
                    "what": claim.statement if whole else f"{row['part']}{beside}",
                    "population": "" if whole else row["population"],
                    "n": str(row["n"] or "–"),
                    "estimate": "–" if several or not row["n"] else interval(row),
                    "test": "–" if several or not row["n"] else row["template"] if whole else test(row),
                    "p": number(row["p_corrected"], 2),
                    "verdict": row["verdict"],
                    "reason": row["reason"],
                }
            )
    return pd.DataFrame(rows)
