"""The section on cost: cost of the scores of a method, against the share that it removes."""

from __future__ import annotations

import pandas as pd

from analysis.numbers import number
from analysis.sections.base import Kept, Material, Section, Shown
from analysis.sections.cost.figure import SPENT, draw
from study.records.words import RANKINGS, ordered

COMPARED = ["digits_1x100", "digits_2x50", "mnist_1x100", "mnist_2x50", "diamond_2x50", "cosine_2x10"]
"""Populations that every method pruned (the profile `methods`)."""


class Cost(Section):
    """Passes over the rows and seconds, against the units that go."""

    title = "Cost against quality"
    place = 70
    kept = Kept("claims", tables=("quality",), figures=("cost", "cost_passes"))

    def made(self, of: Material) -> Shown:
        """Draw both costs, and tabulate them over populations."""
        chosen = of.compared
        figures = [draw(chosen, spent) for spent in SPENT] if len(chosen) else []
        return Shown(figures, {"quality": quality(of.networks, COMPARED)})


def quality(networks: pd.DataFrame, populations: list[str]) -> pd.DataFrame:
    """Return what each method removes and what its scores cost, over populations: medians of medians over networks.

    Args:
        networks: `metrics.per_network` of the main condition.
        populations: those that all methods pruned.
    """
    of = networks[networks["population"].isin(populations)]
    of = of.assign(removed=of["r_1"].fillna(of["r_1pct"]))
    columns = ["removed", "forward_passes", "seconds"]
    medians = of.groupby(["method", "ranking", "population"])[columns].median()
    values = medians.groupby(["method", "ranking"]).median()
    rows = []
    for method in ordered(of["method"]):
        places = of.loc[of["method"] == method, "population"].nunique()
        spent = {
            f"{name.replace('_', ' ')}, {words}": number(values[name].get((method, ranking)))
            for ranking, words in RANKINGS.items()
            for name in columns
        }
        rows.append({"method": method, "populations": places} | spent)
    return pd.DataFrame(rows)
