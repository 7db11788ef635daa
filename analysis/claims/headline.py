"""What was found, in plain sentences made from the numbers."""

from __future__ import annotations

import math

import pandas as pd

from analysis.statistics import INCONCLUSIVE, NOT_RUN, REFUTED, SUPPORTED, TOO_FEW

METHODS = {
    "brute_force": "brute force",
    "taylor2_exact": "the exact second derivative",
    "taylor2": "second order",
    "taylor1": "first order",
    "random": "random removal",
}
CLAIMED = {
    "SUP": "a difference of {margin} or more is claimed",
    "NI": "a difference above -{margin} is claimed",
    "EQ": "a difference within {margin} is claimed",
    "ATLEAST": "more than {margin} is claimed",
    "ATMOST": "less than {margin} is claimed",
    "QTY": "{margin} is claimed",
    "PROP": "a share above {margin} is claimed",
}
SHOWN = 3
"""Parts of a claim that a sentence spells out."""


def headline(verdicts: pd.DataFrame, networks: pd.DataFrame) -> list[str]:
    """Return sentences: the count of verdicts, the decided claims with effect sizes, then what each method removes.

    Args:
        verdicts: of `claims.verdicts`.
        networks: `metrics.per_network` of the cells that enter.
    """
    main = verdicts[(verdicts["arm"] == "as_published") & (verdicts["tier"] == "A")]
    overall = main[main["part"] == "overall"]
    if overall.empty:
        return []
    sentences = [_count(overall, networks)]
    for wanted in (SUPPORTED, REFUTED):
        for _, claim in overall[overall["verdict"] == wanted].iterrows():
            parts = main[(main["claim"] == claim["claim"]) & (main["role"] == "decides")]
            sentences.append(_decided(claim, parts[parts["verdict"] == wanted]))
    return sentences + _removed(networks)


def _count(overall: pd.DataFrame, networks: pd.DataFrame) -> str:
    counts = overall["verdict"].value_counts()
    words = {
        SUPPORTED: "supported",
        REFUTED: "refuted",
        INCONCLUSIVE: "inconclusive",
        TOO_FEW: "undecided for too few networks",
        NOT_RUN: "not run",
    }
    found = ", ".join(f"{counts[name]} {text}" for name, text in words.items() if counts.get(name, 0))
    seeds = networks.groupby("population")["seed"].nunique()
    spread = "no network" if seeds.empty else f"{_range(seeds.min(), seeds.max())} trained networks a population"
    return f"Of the paper's {len(overall)} main claims, with its published equations and {spread}: {found}."


def _decided(claim: pd.Series, parts: pd.DataFrame) -> str:
    told = parts.iloc[:SHOWN].apply(_part, axis=1).tolist()
    more = f"; and {len(parts) - SHOWN} more" if len(parts) > SHOWN else ""
    statement = str(claim["statement"]).rstrip(".")
    return f"{claim['claim']} {claim['verdict']}: {statement} ({'; '.join(told)}{more})."


def _part(row: pd.Series) -> str:
    limits = "" if math.isnan(row["low"]) else f" [{row['low']:.3g}, {row['high']:.3g}]"
    p = f", corrected p = {row['p_corrected']:.2g}" if row["verdict"] == SUPPORTED else ""
    wanted = CLAIMED[row["template"]].format(margin=row["margin"])
    method, comma, rest = str(row["part"]).partition(",")
    label = METHODS.get(method, method) + comma + rest
    return f"{row['population']}, {label}: {row['estimate']:.3g}{limits} where {wanted}, n = {row['n']}{p}"


def _removed(networks: pd.DataFrame) -> list[str]:
    """One sentence a population: the share of units that each method removes, median over networks."""
    main = networks[
        (networks["ranking"] == "iterative")
        & (networks["removal"] == "zero")
        & (networks["selection"] == "pruning")
        & (networks["error"] == "half_squared")
    ]
    sentences = []
    for population, part in main.groupby("population"):
        regression = part["r_1"].isna().all()
        medians = part.groupby("method")["r_1pct" if regression else "r_1"].median()
        told = [f"{name} {100 * medians[m]:.0f} %" for m, name in METHODS.items() if m in medians.index]
        if told:
            kept = "one per cent of the error's range" if regression else "one point of accuracy"
            n = part["seed"].nunique()
            sentences.append(
                f"{population}: within {kept} go (median of {n} networks, share of the units) {', '.join(told)}."
            )
    return sentences


def _range(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low} to {high}"
