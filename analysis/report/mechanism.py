"""Why re-ranking helps, in numbers: how much of a path its start foretells."""

from __future__ import annotations

import pandas as pd

from analysis.report.intervals import median

SHARES = (0.1, 0.2, 0.4)
"""Shares of the units removed at which the table looks."""


def in_words(foretold: pd.DataFrame) -> pd.DataFrame:
    """Return one row a population and share removed: medians over networks with 95 % intervals.

    Args:
        foretold: `regime.foretold`.
    """
    lines = []
    for population, of in foretold.groupby("population"):
        for share in SHARES:
            step = of["removed"].drop_duplicates()
            at = of[of["removed"] == step.iloc[(step - share).abs().argmin()]]
            lines.append(
                {
                    "population": population,
                    "networks": len(at),
                    "removed": f"{share:.0%}",
                    "change of first-order terms that is foretold": median(at["explained"]),
                    "Spearman, made anew": median(at["rho_again"]),
                    "foretold with pairs": median(at["rho_quadratic"]),
                    "foretold without": median(at["rho_alone"]),
                }
            )
    return pd.DataFrame(lines)
