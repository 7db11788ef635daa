"""The section on why re-ranking helps: how well the start predicts a path."""

from __future__ import annotations

import pandas as pd

from analysis.numbers import median
from analysis.sections.base import Kept, Material, Section, Shown
from analysis.sections.mechanism.figure import draw
from analysis.sections.mechanism.foretold import foretold

SHARES = (0.1, 0.2, 0.4)
"""The shares of removed units in the table."""


class Mechanism(Section):
    """Paths of the exact second derivative, predicted by gradient and Hessian at their start; exploratory."""

    title = "Why re-ranking helps"
    place = 80
    sweep = "mechanism"
    kept = Kept("regime", tables=("mechanism",), figures=("mechanism_slopes", "mechanism_order"))

    def made(self, of: Material) -> Shown:
        """Return figures and tables, where paths were walked."""
        walked = of.apart[self.sweep]
        if walked.cells.empty:
            return Shown()
        paths = foretold(walked)
        return Shown(list(draw(paths)), {"mechanism": in_words(paths), "mechanism_paths": paths})

    def cells(self, of: Material) -> pd.DataFrame:
        """Return the cells whose paths were walked."""
        return of.apart[self.sweep].cells


def in_words(paths: pd.DataFrame) -> pd.DataFrame:
    """Return one row a population and share removed: medians over networks with 95 % intervals.

    Args:
        paths: `foretold` of the cells.
    """
    lines = []
    for population, of in paths.groupby("population"):
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
