"""The section on greedy removal: brute force against the best sets that a search found (C43)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.claims.register import Register
from analysis.numbers import number
from analysis.sections.base import Kept, Material, Section, Shown
from analysis.statistics import ALPHA, signed_rank

SEARCH = {"exhaustive": "all sets", "beam": "a beam: at least"}
"""The names of the searches in the table."""


class Greedy(Section):
    """Regret of re-ranked brute force, population by population (C43)."""

    title = "How good is greedy?"
    place = 110
    kept = Kept("claims", tables=("greedy",))

    def made(self, of: Material) -> Shown:
        """Return the table, and a sentence a kind of search."""
        searched = searches(of.networks, of.judged.register)
        return Shown(tables={"greedy": in_words(searched)}, words={"sentences": said(searched)})


def searches(networks: pd.DataFrame, register: Register) -> pd.DataFrame:
    """Return the networks of C43, pruned by re-ranked brute force, with the kind of their search.

    Args:
        networks: `metrics.per_network` of the main condition; networks outside their band are left out, as in verdicts.
        register: which says how each population is searched.
    """
    kinds = {p.population: p.search for c in register.claims for p in c.parts if p.search != "none"}
    chosen = (networks["method"] == "brute_force") & (networks["ranking"] == "iterative")
    known = networks["population"].isin(kinds) & networks["greedy_regret"].notna() & (networks["band"] != "missed")
    of = networks[chosen & known]
    return of.assign(search=of["population"].map(kinds))


def in_words(found: pd.DataFrame) -> pd.DataFrame:
    """Return one row a population: what goes one by one, what the best sets remove, and the difference with limits.

    Shares of the units within two points of accuracy, in a regression within 1 % of the error's range; medians over
    networks. Regret and excess: Hodges-Lehmann estimates with one-sided 95 % limits, those of the claim's tests. No
    bootstrap: medians of shares of a few units are degenerate under it.

    Args:
        found: `searches`.
    """
    rows = []
    for (search, population), of in found.groupby(["search", "population"], sort=False):
        best = of["searched_r_2"].fillna(of["searched_r_1pct"])
        rows.append(
            {
                "population": population,
                "searched": SEARCH[str(search)],
                "networks": len(of),
                "one by one": number((best - of["greedy_regret"]).median()),
                "best sets": number(best.median()),
                "regret [limits]": limits(of["greedy_regret"]),
                "networks with regret": f"{(of['greedy_regret'] > 0).sum()}",
                "error above the best sets', share of its range [limits]": limits(of["greedy_excess"].dropna()),
            }
        )
    return pd.DataFrame(rows)


def said(found: pd.DataFrame) -> list[str]:
    """Return one sentence a kind of search: the regret of each of its populations, with limits and seeds.

    Args:
        found: `searches`.
    """
    told = {
        "exhaustive": "Where every set of units can be looked at, brute force removes fewer than the best sets do",
        "beam": "Where a beam of the best sets was followed, it removes fewer, at least",
    }
    sentences = []
    for search, text in told.items():
        of = found[found["search"] == search]
        regrets = [
            f"by {limits(some['greedy_regret'])} of the units on {name} ({len(some)} networks, "
            f"seeds {some['seed'].min()} to {some['seed'].max()})"
            for name, some in of.groupby("population", sort=False)
        ]
        if regrets:
            sentences.append(f"{text} {', '.join(regrets)}.")
    return sentences


def limits(values: pd.Series) -> str:
    """Return the Hodges-Lehmann estimate with its one-sided 95 % limits.

    >>> limits(pd.Series([0.0, 0.1, 0.1, 0.1, 0.2]))
    '0.1 [0, 0.2]'
    >>> limits(pd.Series(dtype=float))
    '–'
    """
    if values.empty:
        return "–"
    x = values.to_numpy(dtype=float)
    low, high = (number(np.round(limit, 12)) for limit in signed_rank.limits(x, ALPHA))
    return f"{number(np.round(signed_rank.hodges_lehmann(x), 12))} [{low}, {high}]"
