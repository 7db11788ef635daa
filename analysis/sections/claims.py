"""The table of all claims: statement, estimate, test and verdict of each."""

from __future__ import annotations

from analysis.sections.base import Kept, Material, Section, Shown
from analysis.sections.each.told import told


class Claims(Section):
    """One row a claim, as published; verdicts of the other arms beside it."""

    title = "All claims"
    place = 10
    kept = Kept("claims", tables=("verdicts", "values"))

    def made(self, of: Material) -> Shown:
        """Return verdicts and values, and the claims in words."""
        tables = {"verdicts": of.judged.verdicts, "values": of.judged.values}
        return Shown(tables=tables, words={"claims": told(of.judged), "judged": of.judged})
