"""The last rounds of the cells, by condition: what is left, what it can do, when to stop."""

from __future__ import annotations

import pandas as pd

from analysis.numbers import number
from analysis.sections.weights.cells import GROUP, conditions, groups


def last_rounds(rows: pd.DataFrame) -> pd.DataFrame:
    """Return one row a population, protocol, condition and last round: medians over networks, ranges in brackets.

    Args:
        rows: of `paths.paths`.
    """
    ended = rows.sort_values("event").groupby("key").agg(
        trained=("trained", "last"), cut=("cut", "last"), left=("left", "last"), round=("round", "last")
    )  # fmt: skip
    stopped = rows.dropna(subset=["trained"]).sort_values("event").drop_duplicates("key", keep="last")
    told = ["early_stop", "censored", "stopped"]
    facts = rows.drop_duplicates("key").set_index("key")
    ended = ended.join(facts[["network_key", *GROUP, "condition", "method", "line", "whole"]])
    ended = ended.join(stopped.set_index("key")[told])
    found = []
    for population, protocol, group in groups(ended):
        for words, *_ in conditions(group):
            for step, of in group[group["condition"] == words].groupby("round"):
                about = {"population": population, "protocol": protocol.replace("_", " "), "condition": words}
                found.append(about | _in_words(of, int(str(step))))
    return pd.DataFrame(found)


def _in_words(of: pd.DataFrame, step: int) -> dict[str, object]:
    stops, late = int(of["early_stop"].notna().sum()), int((of["censored"] == 1).sum())
    return {
        "networks": int(of["network_key"].nunique()),
        "round": step,
        "weights left, %": number(of["left"].median()),
        "whole": between(of["whole"]),
        "right after the last cut": between(of["cut"]),
        "after training": between(of["trained"]),
        "early stop, iterations": between(of["early_stop"]),
        "of them the last look": f"{late} of {stops}" if stops else number(float("nan")),
        "at the early stop": between(of["stopped"]),
    }


def between(values: pd.Series, digits: int = 3) -> str:
    """Return the median of some networks' values and their range.

    >>> between(pd.Series([0.9, 0.95, 0.97]))
    '0.95 [0.9, 0.97]'
    """
    there = values.dropna().astype("float64")
    if there.empty:
        return number(float("nan"))
    middle = number(float(there.median()), digits)
    return middle if len(there) == 1 else f"{middle} [{number(there.min(), digits)}, {number(there.max(), digits)}]"
