"""The report's tables, as frames of text: values with intervals, one row a line that a person reads."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.frames import Frames
from analysis.metrics import removable_share
from study.words import RANKINGS, label, ordered

VERDICT_ORDER = ("supported", "refuted", "inconclusive", "inconclusive (n)", "not run")


def number(value: object, digits: int = 3) -> str:
    """Return a number as text, a dash where there is none.

    >>> number(0.12345), number(float("nan"))
    ('0.123', '–')
    """
    if value is None or (isinstance(value, float) and not np.isfinite(value)) or value is pd.NA:
        return "–"
    return f"{float(value):.{digits}g}"  # type: ignore[arg-type]


def interval(row: pd.Series) -> str:
    """Return the estimate of a verdict with its one-sided limits."""
    if not np.isfinite(row["estimate"]):
        return "–"
    low, high = number(row["low"]), number(row["high"])
    return f"{number(row['estimate'])} [{low}, {high}]"


def test(row: pd.Series) -> str:
    """Return the test of a verdict with its margin, as the register writes it.

    >>> test(pd.Series({"template": "QTY", "margin": "0.2 -/+ 0.1"})), test(pd.Series({"template": "NI", "margin": ""}))
    ('QTY(0.2 -/+ 0.1)', 'NI')
    """
    return f"{row['template']}({row['margin']})" if row["margin"] else str(row["template"])


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


def populations(frames: Frames, table: pd.DataFrame) -> pd.DataFrame:
    """Return populations with their networks, acceptance and starts."""
    rows = []
    one = table.drop_duplicates(["population", "network_key"])
    for population, group in one.groupby("population"):
        bands = group["band"].value_counts()
        cells = frames.cells[frames.cells["population"] == population]
        rows.append(
            {
                "population": population,
                "network": ", ".join(sorted(set(cells["network"]))),
                "output": ", ".join(sorted(set(cells["output"]))),
                "networks": len(group),
                "seeds": f"{group['seed'].min()} to {group['seed'].max()}",
                "band met": int(bands.get("met", 0)),
                "band missed": int(bands.get("missed", 0)),
                "start error E0 (median)": number(group["E0"].median(), 4),
                "start accuracy": number(group["accuracy_0"].median(), 7),
                "held out": number(group["accuracy_0_held_out"].median(), 6),
                "cells": len(cells),
            }
        )
    return pd.DataFrame(rows)


def sensitivities(verdicts: pd.DataFrame) -> pd.DataFrame:
    """Return the sensitivity parts of the arm as published that ran, beside the verdicts of their claims."""
    main = verdicts[verdicts["arm"] == "as_published"]
    overall = main[main["role"] == "overall"].set_index("claim")["verdict"]
    ran = main[(main["role"] == "sensitivity") & (main["n"] > 0)]
    return pd.DataFrame(
        {
            "claim": ran["claim"],
            "sensitivity": ran["part"],
            "population": ran["population"],
            "n": ran["n"],
            "test": [test(row) for _, row in ran.iterrows()],
            "estimate [limits]": [interval(row) for _, row in ran.iterrows()],
            "verdict": ran["verdict"],
            "the claim": ran["claim"].map(overall),
        }
    )
