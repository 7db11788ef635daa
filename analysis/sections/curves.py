"""The section of degradation curves: error and accuracy against the units removed, by population and ranking."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis import published
from analysis.figures.degradation import averaged, both_quantities, halfway
from analysis.figures.drawn import Drawn, drawn
from analysis.figures.style import IN_OVERVIEWS
from analysis.sections.base import Material, Section, Shown
from study.records.words import RANKINGS


class Curves(Section):
    """Curves of the main populations; those of series and sensitivities, tens of them, are files only."""

    title = "Degradation curves"
    place = 60

    def made(self, of: Material) -> Shown:
        """Draw them."""
        curves = of.curves[of.curves["key"].isin(set(of.fresh["key"]))]
        within = curves["population"].isin(of.main)
        return Shown(
            list(degradations(curves[within], of.regressions)),
            beside=list(degradations(curves[~within], of.regressions)),
        )


def degradations(curves: pd.DataFrame, regressions: set[str]) -> Iterator[Drawn]:
    """Draw the curves of every population and ranking.

    Args:
        curves: `metrics.curves` of the cells.
        regressions: populations that are regressions.
    """
    mean, reference = averaged(curves[~curves["method"].isin(IN_OVERVIEWS)]), published.curves()
    for (population, ranking), of in mean.groupby(["population", "ranking"], sort=True):
        shown = reference[(reference["population"] == population) & (reference["ranking"] == ranking)]
        figure = both_quantities(of, shown, population in regressions).finish()
        n = of["seed"].nunique()
        words = f"{population}, {RANKINGS.get(str(ranking), ranking)}: {n} networks thin, their median bold."
        if len(shown):
            number = shown["figure"].iloc[0].rstrip("ab")
            words += (
                f" Circles: the paper's figure {number} (the authors' one network, the formulas that their code "
                "implemented)."
            )
        yield drawn(f"degradation_{population}_{ranking}", words, figure, of, halfway(of))
