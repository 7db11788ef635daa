"""The regime map in words: what each method is worth at each stage of training."""

from __future__ import annotations

import pandas as pd

from analysis.regime import CLOSE, ORDER
from analysis.report.intervals import median, share
from study.words import RANKINGS, label, ordered


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
                        "units removed, share": median(them["share"]),
                        "of brute force's": median(them["of_best"]),
                        "kinds within 20 % of it": share(them["of_best"].dropna() >= CLOSE),
                    }
                )
    table = pd.DataFrame(lines)
    place = {stage: n for n, stage in enumerate(ORDER)}
    return table.sort_values("stage", key=lambda s: s.map(place), kind="stable") if len(table) else table
