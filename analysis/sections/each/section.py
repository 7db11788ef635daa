"""Claim by claim: its arms, their parts with every network's value, and the commands that repeat them."""

from __future__ import annotations

import pandas as pd

from analysis.claims import Evaluation
from analysis.metrics.names import explained
from analysis.numbers import interval, test
from analysis.sections.base import Material, Section, Shown
from analysis.sections.each.told import told


class Each(Section):
    """An article a claim, and a table of those that were not run."""

    title = "Claim by claim"
    place = 40

    def made(self, of: Material) -> Shown:
        """Return the claims in words, and the sensitivity parts."""
        words = {"claims": told(of.judged), "metrics": explained()}
        return Shown(tables={"sensitivities": sensitivities(of.judged)}, words=words)

    def present(self, _: Shown) -> bool:
        """Every report has its claims."""
        return True


def sensitivities(judged: Evaluation) -> pd.DataFrame:
    """Return the sensitivity parts of the arm as published that ran, beside the verdicts of their claims."""
    main = judged.verdicts[judged.verdicts["arm"] == "as_published"]
    overall = main[main["role"] == "overall"].set_index("claim")["verdict"]
    ran = main[(main["role"] == "sensitivity") & (main["n"] > 0)]
    return pd.DataFrame(
        {
            "claim": ran["claim"],
            "sensitivity": ran["part"],
            "population": ran["population"],
            "n": ran["n"],
            "test": [test(row) for _, row in ran.iterrows()],
            "estimate [limits]": [interval(row) for _, row in ran.iterrows()],
            "verdict": ran["verdict"],
            "the claim": ran["claim"].map(overall),
        }
    )
