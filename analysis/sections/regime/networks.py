"""The map's numbers: the share that each method removes from every network, and predictors measured before."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Frames
from analysis.metrics import per_network, removable_share

PRUNED = ["network_key", "removal", "error"]
"""The columns within which methods are compared: a network, and how it is pruned."""
BEST = "brute_force"
PROBE = "taylor2_exact"
"""The method whose two terms in the trained network give the predictors."""


def networks(frames: Frames, cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row a network, removal, ranking and method.

    Columns: those of `metrics.per_network`, and

    * share: of the units that go before accuracy has fallen by a point (regression: the error risen by 1 %);
    * of_best: share, over what brute force removes from the same network; null where that is nothing;
    * the predictors (`predictors`) of the network under that removal.

    Args:
        frames: cells of any populations; each network with brute force and the exact second derivative.
        cells: `metrics.table` of them.
    """
    found = per_network(cells)
    by_task = found.groupby("population", group_keys=False)
    found["share"] = pd.concat([of[removable_share(of)] for _, of in by_task]) if len(found) else pd.Series(dtype=float)
    best = found[(found["method"] == BEST) & (found["ranking"] == "iterative")].set_index(PRUNED)["share"]
    found = found.join(best.rename("best"), on=PRUNED)
    found["of_best"] = found["share"] / found["best"].where(found["best"] > 0)
    return found.join(predictors(frames, cells), on=PRUNED).copy()  # in one piece: pandas warns of joined ones


def predictors(frames: Frames, table: pd.DataFrame) -> pd.DataFrame:
    """Return the predictors, from the trained network's gradient and Hessian in the gains, by network and condition.

    * first_order: sum |g_k| / (sum |g_k| + sum |H_kk| / 2): how much of the estimates is their first-order term;
    * curvature: sum |H_kk| / 2 / (E_all - E0): how much of what is at stake the curvature sees; next to nothing where
      outputs are saturated, and E a plateau around gain 1;
    * off_diagonal: sum over j != k |H_jk| / sum over all |H_jk|: how much curvature no single unit shows; null where
      the Hessian was not recorded.

    Args:
        frames: the cells.
        table: `metrics.table` of them.
    """
    of = table[(table["method"] == PROBE) & (table["ranking"] == "iterative")].set_index("key")
    start = frames.impacts[(frames.impacts["event"] == 0) & frames.impacts["key"].isin(of.index)]
    terms = start[["first_order", "curvature"]].abs().groupby(start["key"]).sum()
    found = of[PRUNED].assign(first_order=terms["first_order"] / (terms["first_order"] + terms["curvature"]))
    found["curvature"] = terms["curvature"] / (of["E_all"] - of["E0"])
    found["off_diagonal"] = off_diagonal(frames.hessian).reindex(found.index)
    # A network pruned in two sweeps has two such cells; the one with the Hessian says more.
    found = found.sort_values("off_diagonal").drop_duplicates(PRUNED)
    return found.set_index(PRUNED)


def off_diagonal(hessian: pd.DataFrame) -> pd.Series:
    """Return by key the share of off-diagonal curvature, from the table `hessian` (every pair of units once)."""
    same = (hessian["layer_a"] == hessian["layer_b"]) & (hessian["unit_a"] == hessian["unit_b"])
    size = hessian["curvature"].abs()
    diagonal = size.where(same, 0.0).groupby(hessian["key"]).sum()
    pairs = size.where(~same, 0.0).groupby(hessian["key"]).sum()
    return 2 * pairs / (2 * pairs + diagonal)
