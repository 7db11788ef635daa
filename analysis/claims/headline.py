"""The findings in plain sentences, made from the numbers."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.claims.verdicts import ABOVE
from analysis.metrics import main_condition, removable_share
from analysis.metrics.names import HELD_OUT_SUFFIX, metric
from analysis.named import is_theirs
from analysis.statistics import INCONCLUSIVE, NOT_RUN, REFUTED, SUPPORTED, TOO_FEW

METHODS = {
    "brute_force": "brute force",
    "taylor2_exact": "the exact second derivative",
    "taylor2": "second order",
    "taylor1": "first order",
    "random": "random",
}
DIFFERENCES = ("SUP", "NI", "EQ")
"""Templates whose quantity is, nearly always, a difference of two methods, rankings or populations."""
CLAIMED = {
    "SUP": "where {margin} or more is claimed",
    "NI": "where -{margin} or more is claimed",
    "EQ": "where {margin} at most is claimed",
    "ATLEAST": "where {margin} is claimed",
    "ATMOST": "where {margin} at most is claimed",
    "QTY": "where {margin} is claimed",
    "PROP": "where over {margin} is claimed",
}


@dataclass(frozen=True)
class Sentence:
    """A sentence of the headline; one on a decided claim names it and its verdict.

    >>> str(Sentence("It holds.", "C04", "supported"))
    'C04 supported: It holds.'
    """

    text: str
    claim: str = ""
    verdict: str = ""

    def __str__(self) -> str:
        return f"{self.claim} {self.verdict}: {self.text}" if self.claim else self.text


def headline(verdicts: pd.DataFrame, networks: pd.DataFrame) -> list[Sentence]:
    """Return sentences: the count of verdicts, what each method removes, then the decided claims with effect sizes.

    Args:
        verdicts: of `claims.verdicts`.
        networks: `metrics.per_network` of the cells that enter.
    """
    main = verdicts[(verdicts["arm"] == "as_published") & (verdicts["tier"] == "A")]
    overall = main[main["part"] == "overall"]
    if overall.empty:
        return []
    fresh = networks[~is_theirs(networks)]
    judged = main.loc[(main["role"] == "decides") & (main["n"] > 0), "population"]
    told = [_count(overall, fresh[fresh["population"].isin(judged)]), *_removed(fresh)]
    sentences = [Sentence(text) for text in told]
    for wanted in (SUPPORTED, REFUTED):
        for _, claim in overall[overall["verdict"] == wanted].iterrows():
            parts = main[(main["claim"] == claim["claim"]) & (main["role"] == "decides")]
            sentences.append(_decided(claim, weakest(parts, wanted)))
    return sentences


def weakest(parts: pd.DataFrame, verdict: str) -> pd.Series | None:
    """Return the part that a claim's verdict depends on: the one with the largest p among those of this verdict.

    Args:
        parts: rows of the verdicts, the deciding parts of one claim and arm.
        verdict: of the claim; None is returned if no part with a p-value has it.
    """
    those = parts[(parts["verdict"] == verdict) & parts["p"].notna()]
    # Several refuted parts may share p = 1: the first in the register's order is taken.
    return None if those.empty else those.iloc[int(those["p"].astype(float).to_numpy().argmax())]


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


def _decided(claim: pd.Series, part: pd.Series | None) -> Sentence:
    told = "" if part is None else f" ({_part(part)})"
    return Sentence(f"{str(claim['statement']).rstrip('.')}{told}.", claim["claim"], claim["verdict"])


def _part(row: pd.Series) -> str:
    plain = str(row["metric"]).removesuffix(HELD_OUT_SUFFIX)
    held_out = ", held out" if plain != row["metric"] else ""
    difference = "difference in " if row["template"] in DIFFERENCES and plain != "m7_20" else ""
    limits = "" if pd.isna(row["low"]) else f" [{row['low']:.2g}, {row['high']:.2g}]"
    wanted = CLAIMED[row["template"]].format(margin=str(row["margin"]).split(ABOVE)[0])  # not what refutes it
    return f"{row['population']}{held_out}: {difference}{metric(plain).said} {row['estimate']:.2g}{limits} {wanted}"


def _removed(networks: pd.DataFrame) -> list[str]:
    """Return one sentence a kind of network: the share that each method removes (range of medians over populations)."""
    main = main_condition(networks)
    main = main[(main["ranking"] == "iterative") & main["method"].isin(METHODS)]
    methods = [name for name in METHODS if name in set(main["method"])]
    # Ranges are over the same populations for every method: those where all of them ran.
    ran = main.groupby("population")["method"].nunique()
    main = main[main["population"].isin(ran.index[ran == len(methods)])]
    regression = main["r_1"].isna().groupby(main["population"]).transform("all").astype(bool)
    deep = main["m7_chance"].notna()
    kinds = {
        "one hidden layer": main[~regression & ~deep],
        "two hidden layers": main[~regression & deep],
        "the cosines": main[regression],
    }
    return [_range_removed(kind, of, methods) for kind, of in kinds.items() if len(of)]


def _range_removed(kind: str, of: pd.DataFrame, methods: list[str]) -> str:
    share = removable_share(of)
    medians = of.groupby(["method", "population"])[share].median() * 100
    told = [f"{METHODS[m]} {_range(f'{medians[m].min():.0f}', f'{medians[m].max():.0f}')} %" for m in methods]
    # The first of them carries the words that the others leave out.
    told[0] = f"{METHODS[methods[0]]} removes {told[0].removeprefix(METHODS[methods[0]]).strip()} of the units"
    populations = sorted(set(of["population"]))
    name = populations[0] if len(populations) == 1 else f"{kind.capitalize()} ({len(populations)} populations)"
    kept = "one per cent of the error's range" if share == "r_1pct" else "one point of accuracy"
    return f"{name}: within {kept} {', '.join(told)}."


def _range(low: object, high: object) -> str:
    return f"{low}" if low == high else f"{low} to {high}"
