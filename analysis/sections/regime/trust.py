"""The rules that predict whether a method can be trusted, in words."""

from __future__ import annotations

import pandas as pd

from analysis.numbers import number
from analysis.sections.regime.rules import best
from study.records.words import label

NAMES = {
    "curvature": "curvature's share of what is at stake",
    "first_order": "first-order terms' share of the estimates",
    "off_diagonal": "off-diagonal share of the curvature",
}


def in_words(rules: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
    """Return one row a method and predictor: the rule, how it does on the map and on other populations.

    Args:
        rules: `rules.learn` on the map.
        rates: `rules.tested` of them on other populations.
    """
    chosen = set(map(tuple, best(rules)[["method", "predictor"]].to_numpy()))
    there = {(rate.method, rate.predictor): rate for rate in rates.itertuples()}
    lines = []
    for rule in rules.itertuples():
        place = (str(rule.method), str(rule.predictor))
        line = {
            "method": label(str(rule.method)),
            "trusted where": f"{NAMES[str(rule.predictor)]} {'≥' if rule.above else '≤'} {number(rule.threshold, 2)}",
            "chosen": "yes" if place in chosen else "",
            "map: networks (kinds)": f"{rule.networks} ({rule.clusters})",
            "map: close to brute force": number(rule.good, 2),
            "map: AUC": _with(rule, "auc"),
            "map: balanced accuracy": _with(rule, "balanced"),
        }
        if other := there.get(place):
            line |= {
                "others: networks (populations)": f"{other.networks} ({other.clusters})",
                "others: close to brute force": number(other.good, 2),
                "others: AUC": _with(other, "auc"),
                "others: balanced accuracy": _with(other, "balanced"),
                "others: close where trusted": number(other.right, 2),
            }
        lines.append(line)
    return pd.DataFrame(lines).fillna("–")


def _with(row: object, name: str) -> str:
    value, low, high = (number(getattr(row, f"{name}{end}"), 2) for end in ("", "_low", "_high"))
    return f"{value} [{low}, {high}]"
