"""Why re-ranking helps: a path as gradient and Hessian at the start predict it, beside the measured one.

To second order, removing the units S changes E by sum_S f + 1/2 sum_SxS H, with f = -dE/dalpha and H the Hessian in
the gains; and it changes the first-order term of a unit j that is left by sum_S H_jk. Both hold exactly where E is
quadratic in the gains. Taking the pairs out of the sums leaves what a single ranking assumes: units that do not know
each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import spearmanr

from analysis.frames import Frames
from analysis.metrics.curves import of_split

FEWEST = 5
"""Units left below which a rank correlation says nothing."""
Numbers = NDArray[np.float64]


def foretold(frames: Frames) -> pd.DataFrame:
    """Return one row a cell and recorded step of its path.

    Columns: key, population, network_key, event, removed (share of the units), and

    * change: E less E0, as a share of E_all - E0; quadratic: the same foretold at the start; alone: foretold without
      the pairs;
    * explained: 1 - |f - foretold f|^2 / |f - f at the start|^2 over the units left: 1 where the Hessian foretells all
      that the removals did to the first-order terms, 0 where it is no better than leaving them as they were;
    * rho_again, rho_quadratic, rho_alone: Spearman between the true impacts of the units left and the estimates made
      anew there, foretold at the start, and foretold without the pairs.

    Args:
        frames: cells of the exact second derivative, re-ranked, with the Hessian at the start; others are left out.
    """
    of_cells = {name: dict(iter(getattr(frames, name).groupby("key"))) for name in ("hessian", "impacts", "events")}
    errors = of_split(frames.evaluations, "pruning").set_index(["key", "event"])["error"]
    rows: list[dict[str, Any]] = []
    for cell in frames.cells.itertuples():
        if cell.key in of_cells["hessian"]:
            of = {name: found[cell.key] for name, found in of_cells.items()}
            for step in _steps(of["hessian"], of["impacts"], of["events"], errors.loc[str(cell.key)]):
                rows.append({"key": cell.key, "population": cell.population, "network_key": cell.network_key} | step)
    return pd.DataFrame(rows)


def _steps(
    hessian: pd.DataFrame, impacts: pd.DataFrame, events: pd.DataFrame, errors: pd.Series
) -> Iterator[dict[str, Any]]:
    start = impacts[impacts["event"] == 0]
    place = {pair: n for n, pair in enumerate(zip(start["layer"], start["unit"], strict=True))}
    units = len(place)
    square = np.zeros((units, units))
    a, b = ([place[p] for p in zip(hessian[f"layer_{s}"], hessian[f"unit_{s}"], strict=True)] for s in "ab")
    square[a, b] = square[b, a] = hessian["curvature"].to_numpy()
    first, half = start["first_order"].to_numpy(dtype=float), square.diagonal() / 2
    removals = events[events["event"] > 0].sort_values("event")
    order = [place[p] for p in zip(removals["layer"], removals["unit"], strict=True)]
    span = errors.loc[units] - errors.loc[0]
    for event, now in impacts.groupby("event"):
        gone, left = order[: int(str(event))], [place[p] for p in zip(now["layer"], now["unit"], strict=True)]
        moved = first[left] + square[np.ix_(left, gone)].sum(1)
        measured = now["first_order"].to_numpy(dtype=float)
        shifted = float(((measured - first[left]) ** 2).sum())
        impact = now["impact"].to_numpy(dtype=float)
        yield {
            "event": event,
            "removed": len(gone) / units,
            "change": (errors.loc[event] - errors.loc[0]) / span,
            "quadratic": (first[gone].sum() + square[np.ix_(gone, gone)].sum() / 2) / span,
            "alone": (first[gone] + half[gone]).sum() / span,
            "explained": 1 - float(((measured - moved) ** 2).sum()) / shifted if shifted else np.nan,
            "rho_again": _rho(now["estimate"].to_numpy(dtype=float), impact),
            "rho_quadratic": _rho(moved + half[left], impact),
            "rho_alone": _rho(first[left] + half[left], impact),
        }


def _rho(estimate: Numbers, impact: Numbers) -> float:
    if len(impact) < FEWEST or np.ptp(estimate) == 0 or np.ptp(impact) == 0:
        return np.nan
    return float(spearmanr(estimate, impact).statistic)
