"""Sanity check: under re-ranking worst-first is no better than random, and random no better than brute force."""

from __future__ import annotations

import pandas as pd

from analysis.metrics import main_condition

METHODS = ("worst_first", "random", "brute_force")
COLUMNS = ["population", "metric", *METHODS, "n", "ok"]


def sanity(networks: pd.DataFrame) -> pd.DataFrame:
    """Return the means over networks of AUC_E and R_1 by population, and whether their order is the expected one.

    Two rows a population: auc_e (m1b if auc_e is undefined in a network; lower is better) and r_1 (r_1pct in a
    regression; higher is better). `n`: the networks with all three methods, of which the means are. `ok`: True, False,
    or None if a method is absent. A population that fails is flagged; nothing is discarded.

    Args:
        networks: `metrics.per_network` of the cells that enter.
    """
    rows = []
    main = main_condition(networks)
    main = main[(main["ranking"] == "iterative") & main["method"].isin(METHODS)]
    for population, part in main.groupby("population"):
        for metric, substitute, sign in (("auc_e", "m1b", -1), ("r_1", "r_1pct", 1)):
            name = substitute if part[metric].isna().any() else metric
            wide = part.pivot_table(index="seed", columns="method", values=name, dropna=False)
            wide = wide.reindex(columns=list(METHODS))
            complete = wide.dropna()
            means = (complete if len(complete) else wide).mean()
            values = sign * means
            ok = None
            if len(complete):
                ok = bool(values["worst_first"] <= values["random"] <= values["brute_force"])
            rows.append({"population": population, "metric": name, **means.to_dict(), "n": len(complete), "ok": ok})
    return pd.DataFrame(rows, columns=COLUMNS)
