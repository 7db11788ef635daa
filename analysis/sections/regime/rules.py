"""Rules that predict, from a number of the trained network, whether a method can be trusted on it.

A rule is one threshold on one number (`networks.predictors`). It is learnt on the regime map and tested on populations
that the map does not have: other data, sizes and recipes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import balanced_accuracy_score, roc_auc_score, roc_curve

from analysis.metrics import as_meant

CLOSE = 0.8
"""The share of brute force's removals from which on a method can be trusted."""
PREDICTORS = ("curvature", "first_order", "off_diagonal")
DRAWS = 500
"""Samples of the bootstrap."""
SEED = 0


def learn(networks: pd.DataFrame, methods: list[str]) -> pd.DataFrame:
    """Return one rule a method and predictor: the threshold of the largest balanced accuracy (Youden 1950).

    Columns: method, predictor, above (whether larger numbers speak for the method), threshold, and those of `_rates`.
    A method that can always or never be trusted has no rule.

    Args:
        networks: `networks.networks` of the map, with a column cluster: what the bootstrap draws.
        methods: for which.
    """
    rules: list[dict[str, Any]] = []
    for method in methods:
        of = decided(networks, method)
        for predictor in PREDICTORS:
            known = of[of[predictor].notna()]
            good = known["good"].to_numpy()
            if not len(good) or good.all() or not good.any():
                continue
            above = bool(roc_auc_score(good, known[predictor]) >= 0.5)
            signed = known[predictor] if above else -known[predictor]
            false, true, at = roc_curve(good, signed)
            best = float(at[np.argmax(true - false)])
            rule = {"method": method, "predictor": predictor, "above": above, "threshold": best if above else -best}
            rules.append(rule | _rates(known, rule))
    return pd.DataFrame(rules)


def best(rules: pd.DataFrame) -> pd.DataFrame:
    """Return each method's rule of the largest balanced accuracy where it was learnt."""
    return rules.loc[rules.groupby("method", sort=False)["balanced"].idxmax()]


def tested(rules: pd.DataFrame, networks: pd.DataFrame) -> pd.DataFrame:
    """Return the rules with their rates on networks that they were not learnt from; untested ones are left out.

    Args:
        rules: of `learn`.
        networks: `networks.networks` of other populations, with a column cluster.
    """
    found: list[dict[str, Any]] = []
    for row in rules[["method", "predictor", "above", "threshold"]].to_dict("records"):
        rule = {str(name): value for name, value in row.items()}
        of = decided(networks, rule["method"])
        of = of[of[rule["predictor"]].notna()]
        if of["good"].nunique() == 2:
            found.append(rule | _rates(of, rule))
    return pd.DataFrame(found)


def _rates(of: pd.DataFrame, rule: dict[str, Any]) -> dict[str, Any]:
    """Return how well a rule separates networks.

    * networks, clusters: their numbers; good: share of networks where the method comes close to brute force;
    * auc: probability that a good network has the better number than one that is not (Hanley & McNeil 1982);
    * balanced: mean of the shares of good and of other networks that the rule is right on; .5 is chance;
    * right: share good among those that the rule trusts; trusts: share that it trusts;
    * auc_low to balanced_high: 95 % intervals, clusters drawn with replacement.
    """
    better = of[rule["predictor"]].to_numpy(dtype=float) * (1 if rule["above"] else -1)
    trusted = better >= (rule["threshold"] if rule["above"] else -rule["threshold"])
    good = of["good"].to_numpy(dtype=bool)
    drawn = np.array(_bootstrap(better, trusted, good, of["cluster"].to_numpy()))
    low, high = np.nanpercentile(drawn, [2.5, 97.5], axis=0) if len(drawn) else np.full((2, 2), np.nan)
    return {
        "networks": len(of),
        "clusters": int(of["cluster"].nunique()),
        "good": float(good.mean()),
        "auc": float(roc_auc_score(good, better)),
        "auc_low": low[0],
        "auc_high": high[0],
        "balanced": float(balanced_accuracy_score(good, trusted)),
        "balanced_low": low[1],
        "balanced_high": high[1],
        "trusts": float(trusted.mean()),
        "right": float(good[trusted].mean()) if trusted.any() else np.nan,
    }


def _bootstrap(
    better: NDArray[np.float64], trusted: NDArray[np.bool_], good: NDArray[np.bool_], cluster: NDArray[np.object_]
) -> list[tuple[float, float]]:
    draw = np.random.default_rng(SEED)
    members = [np.flatnonzero(cluster == name) for name in pd.unique(cluster)]
    found = []
    for _ in range(DRAWS):
        chosen = np.concatenate([members[i] for i in draw.integers(0, len(members), len(members))])
        of = good[chosen]
        if of.any() and not of.all():
            found.append((area(of, better[chosen]), balanced(of, trusted[chosen])))
    return found


def area(good: NDArray[np.bool_], better: NDArray[np.float64]) -> float:
    """Return scikit-learn's `roc_auc_score` to the last bit; its checks take most of the time of a bootstrap.

    >>> area(np.array([False, True, False, True]), np.array([0.1, 0.4, 0.35, 0.8]))
    1.0
    """
    order = np.argsort(-better, kind="stable")
    last = np.append(np.flatnonzero(np.diff(better[order])), len(order) - 1)  # of those with the same number
    true = np.cumsum(good[order])[last]
    false = 1 + last - true
    corner = np.ones(len(last), dtype=bool)
    corner[1:-1] = np.logical_or(np.diff(false, 2), np.diff(true, 2))  # points on a straight line add nothing
    x, y = (np.append(0, counts[corner]) / counts[-1] for counts in (false, true))
    return float(np.trapezoid(y, x))


def balanced(good: NDArray[np.bool_], trusted: NDArray[np.bool_]) -> float:
    """Return scikit-learn's `balanced_accuracy_score` to the last bit.

    >>> balanced(np.array([False, True, False, True]), np.array([True, True, False, True]))
    0.75
    """
    return float((trusted[good].mean() + (~trusted[~good]).mean()) / 2)


def decided(networks: pd.DataFrame, method: str) -> pd.DataFrame:
    """Return a method's networks on which it can be told whether it was right to trust it; `good` says so."""
    of = as_meant(networks[(networks["method"] == method) & networks["of_best"].notna()])
    return of.assign(good=of["of_best"] >= CLOSE)
