"""The section on correlations: the table that the paper planned, with what its correlations hide."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.metrics import removable_share
from analysis.numbers import number
from analysis.sections.base import Kept, Material, Section, Shown
from study.records.words import RANKINGS, label, ordered


class Correlations(Section):
    """How well estimates rank the units, by population, ranking and method."""

    title = "How well estimates rank: the table that the paper planned"
    short = "Correlations"
    place = 170
    kept = Kept("claims", tables=("correlations",))

    def made(self, of: Material) -> Shown:
        """Return the table."""
        return Shown(tables={"correlations": correlations(of.networks)})


def correlations(networks: pd.DataFrame) -> pd.DataFrame:
    """Return the table that the paper planned: per population, ranking and method, over networks.

    Led by what separates methods (units removable, regret, the cheap end); the correlation over all units flatters.
    Medians over networks; for Spearman over all units the mean by Fisher's z with a t-interval over networks.
    """
    rows = []
    for (population, ranking), group in networks.groupby(["population", "ranking"], sort=True):
        for method in ordered(group["method"]):
            of = group[group["method"] == method]
            share = of[removable_share(of)]
            rows.append(
                {
                    "population": population,
                    "ranking": RANKINGS.get(str(ranking), ranking),
                    "method": label(method),
                    "networks": len(of),
                    "removable (R_1)": number(share.median()),
                    "removable at 2 E0": number(of["m2e"].median()),
                    "regret": number(of["regret_mean"].median(), 2),
                    "Spearman, 25 cheapest": number(of["rho_cheap_0"].median(), 2),
                    "overlap of 25": number(of["overlap25_0"].median(), 2),
                    "Spearman, all": fisher(of["rho_0"], of["units"]),
                    "Kendall": number(of["kendall_0"].median(), 2),
                    "forward passes": f"{of['forward_passes'].median():,.0f}",
                    "seconds": number(of["seconds"].median(), 2),
                }
            )
    return pd.DataFrame(rows)


def fisher(rho: pd.Series, units: pd.Series) -> str:
    """Return the mean correlation by Fisher's z with a 95 % t-interval over networks; clipped at 1 - 1/(2K)."""
    known = rho.notna()
    if not known.any():
        return "–"
    limit = 1 - 1 / (2 * units[known].to_numpy())
    z = np.arctanh(np.clip(rho[known].to_numpy(), -limit, limit))
    mean = np.tanh(z.mean())
    if len(z) < 2:
        return f"{mean:.2f} (one network)"
    half = stats.t.ppf(0.975, len(z) - 1) * z.std(ddof=1) / np.sqrt(len(z))
    return f"{mean:.2f} [{np.tanh(z.mean() - half):.2f}, {np.tanh(z.mean() + half):.2f}]"
