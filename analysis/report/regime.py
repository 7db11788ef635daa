"""The regime map in words: what each method is worth at each stage of training."""

from __future__ import annotations

import pandas as pd

from analysis.figures.style import RANKINGS, label, ordered
from analysis.regime import ORDER
from analysis.report.tables import number

CLOSE = 0.8
"""Share of what brute force removes from which on a method is close to it."""


def in_words(found: pd.DataFrame) -> pd.DataFrame:
    """Return one row a stage, removal and method: over tiles, what goes and how much of brute force's that is.

    Args:
        found: `regime.tiles`.
    """
    lines = []
    for (stage, removal), of in found.groupby(["stage", "removal"]):
        for method in ordered(of["method"]):
            mine = of[of["method"] == method]
            for ranking, them in mine.groupby("ranking"):
                lines.append(
                    {
                        "stage": stage,
                        "removal": removal,
                        "method": label(method),
                        "ranking": RANKINGS.get(str(ranking), ranking),
                        "kinds of network": len(them),
                        "networks": int(them["networks"].sum()),
                        "units removed, share": number(them["share"].median(), 2),
                        "of brute force's": number(them["of_best"].median(), 2),
                        "kinds within 20 % of it": number((them["of_best"] >= CLOSE).mean(), 2),
                    }
                )
    table = pd.DataFrame(lines)
    place = {stage: n for n, stage in enumerate(ORDER)}
    return table.sort_values("stage", key=lambda s: s.map(place), kind="stable") if len(table) else table
