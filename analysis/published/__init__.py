"""The paper's curves, as a reference: facts about the publication (arXiv 1701.04465 v1), cited by figure.

`figure_points.csv`: digitised from the vector graphics of figures 2, 3, 4, 8, 9, 13, 17, 21 and 25: squared error
summed over the pruning rows (four significant digits) and, where the figure shows it, the accuracy on them.
`starts.csv`: the point before any removal, which the figures do not draw. They belong to the authors' networks and the
formulas that their code implemented, one network a population; the Taylor curves of figure 2 belong to runs that are
not public.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pandas as pd

METHODS = {"brute_force": "brute_force", "first_order": "taylor1", "second_order": "taylor2"}


@cache
def curves() -> pd.DataFrame:
    """Return the published curves with their start.

    Columns: figure, population, ranking, method (the study's names), removed, q, error_per_sample, accuracy.
    """
    folder = Path(__file__).parent
    points = pd.read_csv(folder / "figure_points.csv", dtype={"figure": str})
    starts = pd.read_csv(folder / "starts.csv").set_index("population")
    first = points.drop_duplicates(["figure", "population", "ranking", "method", "units"]).copy()
    first["removed"] = 0
    first["squared_error"] = first["population"].map(starts["error_at_start"])
    first["accuracy"] = first["population"].map(starts["accuracy_on_pruning_set"])
    points = pd.concat([first, points], ignore_index=True).sort_values(["figure", "method", "removed"])
    points["method"] = points["method"].map(METHODS)
    points["q"] = points["removed"] / points["units"]
    points["error_per_sample"] = points["squared_error"] / points["population"].map(starts["samples"])
    columns = ["figure", "population", "ranking", "method", "removed", "q", "error_per_sample", "accuracy"]
    return points[columns].reset_index(drop=True)
