"""The authors' own networks: as published, as implemented and exact, and the ladder between the first two."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.figures.style import label, ordered
from analysis.report.tables import number

PREFIX = "authors_"
"""What the names of their populations begin with."""

RUNGS = {
    "V1": "passed_back=weight_gradient",
    "V3a": "slope_of=input",
    "V3b": "output_curvature=truncated",
    "V4a": "order=descending",
    "V4b": "cap=median",
}
"""The switches of the ladder in its order, as they stand in a method's label."""

LIMITS = {"1.1 E0": 1.1, "2 E0": 2.0}


def is_theirs(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows are of the authors' networks."""
    return frame["population"].str.startswith(PREFIX)


def is_rung(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows are of methods with a switch set: rungs of the ladder."""
    return frame["method"].str.contains("[", regex=False)


def compared(table: pd.DataFrame, curves: pd.DataFrame) -> pd.DataFrame:
    """Return one row a network and method: units that go before each limit, the cheap end, regret, correlation.

    Args:
        table: `metrics.table` of all cells.
        curves: `metrics.curves` of them.
    """
    chosen = table[is_theirs(table) & ~is_rung(table) & (table["ranking"] == "iterative")]
    rows = []
    for population, group in chosen.groupby("population"):
        for method in ordered(group["method"]):
            of = group[group["method"] == method]
            before = units_before(curves[(curves["population"] == population) & (curves["method"] == method)])
            accuracy = (of["r_1"] * of["units"]).mean()
            rows.append(
                {
                    "network": str(population).removeprefix(PREFIX),
                    "method": label(method) + (f", mean of {len(of)} orders" if len(of) > 1 else ""),
                    **{f"units before {name}": number(before[name]) for name in LIMITS},
                    "units before a point of accuracy": number(accuracy),
                    "overlap of 25": number(of["overlap25_0"].mean(), 2),
                    "Spearman, 25 cheapest": number(of["rho_cheap_0"].mean(), 2),
                    "regret": number(of["regret_mean"].mean(), 2),
                    "Spearman, all": number(of["rho_0"].mean(), 2),
                    "first layer": number(of["rho_first_layer_0"].mean(), 2),
                }
            )
    return pd.DataFrame(rows)


def units_before(curves: pd.DataFrame) -> dict[str, float]:
    """Return how many units go before E first exceeds each limit, mean over the orders of a random method.

    Args:
        curves: `metrics.curves` of one network and method under re-ranking.
    """
    curves = curves[curves["ranking"] == "iterative"]
    found: dict[str, list[int]] = {name: [] for name in LIMITS}
    for _, of in curves.groupby("key"):
        error = of.sort_values("removed")["error_per_sample"].to_numpy()
        for name, limit in LIMITS.items():
            above = np.flatnonzero(error > limit * error[0])
            found[name].append(int(above[0]) - 1 if len(above) else len(error) - 1)
    return {name: float(np.mean(counts)) if counts else math.nan for name, counts in found.items()}


def ladder(table: pd.DataFrame) -> pd.DataFrame:
    """Return the steps from the published to the implemented criteria: each switch added to those before it, and alone.

    Medians over networks of one population of units removable (R_1, as a share) and AUC_E; `share` is the part of the
    whole difference in AUC_E between the two ends that a step makes, which may exceed 1 or be negative.
    """
    iterative = table[table["ranking"] == "iterative"]
    # The ends of the ladder are those of the very networks that its rungs pruned.
    iterative = iterative[iterative["network_key"].isin(set(iterative.loc[is_rung(iterative), "network_key"]))]
    rows = []
    for population in sorted(set(iterative.loc[is_rung(iterative), "population"])):
        of = iterative[iterative["population"] == population].groupby("method")[["r_1", "auc_e"]].median()
        for base in ("taylor1", "taylor2"):
            rungs = [name for name in RUNGS if base == "taylor2" or name != "V3b"]
            ends = (base, f"{base}_as_implemented")
            if not set(ends) <= set(of.index):
                continue
            whole = of.loc[ends[1], "auc_e"] - of.loc[ends[0], "auc_e"]
            before = of.loc[ends[0]]
            rows.append(_step(population, base, "as published", before, None, whole))
            for n in range(1, len(rungs) + 1):
                method = ends[1] if n == len(rungs) else f"{base}[{','.join(_settings(rungs[:n]))}]"
                if method not in of.index:
                    continue
                last = " = as implemented" if n == len(rungs) else ""
                rows.append(_step(population, base, f"+ {rungs[n - 1]}{last}", of.loc[method], before, whole))
                before = of.loc[method]
            for name in rungs[1:]:
                method = f"{base}[{RUNGS[name]}]"
                if method in of.index:
                    rows.append(_step(population, base, f"{name} alone", of.loc[method], of.loc[ends[0]], whole))
    return pd.DataFrame(rows)


def _settings(rungs: list[str]) -> list[str]:
    """Return switches in the order of the method's fields, in which a label names them."""
    fields = ["passed_back", "slope_of", "order", "cap", "output_curvature"]
    return sorted((RUNGS[name] for name in rungs), key=lambda text: fields.index(text.split("=")[0]))


def _step(
    population: str, base: str, step: str, here: pd.Series, before: pd.Series | None, whole: float
) -> dict[str, str]:
    share = math.nan if before is None or not whole else (here["auc_e"] - before["auc_e"]) / whole
    return {
        "population": population,
        "criterion": label(base),
        "step": step,
        "removable (R_1)": number(here["r_1"]),
        "AUC_E": number(here["auc_e"]),
        "share of the difference in AUC_E": number(share, 2),
    }
