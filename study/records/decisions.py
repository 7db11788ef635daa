"""What came of every cut of single weights: what went, what it cost together, and what was measured again later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from study.records.weighted import NULL, Array, spearman

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, Array]


def decisions(sampled: pd.DataFrame, events: pd.DataFrame, evaluations: pd.DataFrame) -> list[dict[str, float]]:
    """Return the rows of `records.weights.DECISIONS`: one for every sampled event that a cut follows.

    Args:
        sampled, events, evaluations: the tables of one trajectory, as recorded.
    """
    drawn = {int(event): _columns(sampled[sampled["event"] == event]) for event in sampled["event"].unique()}
    path = {int(row["event"]): row for row in events.to_dict("records")}
    splits = {str(split): _columns(of[["event", "error", "correct"]]) for split, of in evaluations.groupby("split")}
    rows = []
    for event, of in drawn.items():
        if (of["going"] < 0).all() or event + 1 not in path:
            continue
        row = {"event": event, "weights_left": path[event]["units_left"], **_cut(of)}
        row |= dict.fromkeys(("going", "joint", "interaction", "instability", "survivors"), NULL)
        if path[event + 1]["phase"] == "prune":
            row["going"] = path[event + 1]["removed"] - path[event]["removed"]
            row |= _cost(event, row["single_sum"], splits)
        trained = [later for later in drawn if later > event and path[later]["phase"] == "train"]
        if trained:
            row["survivors"] = _survivors(of, drawn[min(trained)])
        rows.append(row)
    return rows


def _columns(table: pd.DataFrame) -> dict[str, Any]:
    """Return the numbers of a table as float64, null as NaN."""
    numbers = table.select_dtypes("number")
    return {str(name): numbers[name].to_numpy(dtype="float64", na_value=np.nan) for name in numbers}


def _cut(of: Columns) -> dict[str, float]:
    """Return what the sample says of the weights left and of those that go."""
    weight, better, goes = 1 / of["probability"], of["impact"] < 0, of["going"] == 1
    return {
        "better_gone": _share(better, weight),
        "going_better_gone": _share(better[goes], weight[goes]),
        "silent": _share(of["stratum"] < 0, weight),
        "single_sum": float((of["impact"] * weight)[goes].sum()),
    }


def _share(where: NDArray[np.bool_], weight: Array) -> float:
    return float(weight[where].sum() / weight.sum()) if len(weight) else NULL


def _cost(event: int, single_sum: float, splits: Mapping[str, Columns]) -> dict[str, float]:
    """Return what a cut did at once: to E on the pruning rows, and to the accuracy."""
    errors, judged = splits["pruning"], splits.get("validation", splits["pruning"])
    before, after = (errors["error"][errors["event"] == e][0] for e in (event, event + 1))
    right, left = (judged["correct"][judged["event"] == e][0] for e in (event, event + 1))
    joint = float(after - before)
    return {
        "joint": joint,
        "interaction": joint / single_sum if single_sum else NULL,
        "instability": float(1 - left / right) if right else NULL,
    }


def _survivors(now: Columns, then: Columns) -> float:
    """Return how the impacts of the weights of both samples agree, of those that are silent in neither."""
    _, here, there = np.intersect1d(_places(now), _places(then), assume_unique=True, return_indices=True)
    live = (now["stratum"][here] >= 0) & (then["stratum"][there] >= 0)
    here, there = here[live], there[live]
    # By one priority a weight, it is in both samples as often as in the one where it is rarer.
    weight = 1 / np.minimum(now["probability"][here], then["probability"][there])
    return spearman(now["impact"][here], then["impact"][there], weight)


def _places(of: Columns) -> NDArray[np.int64]:
    """Return one number for layer and index of every weight."""
    return (of["layer"] * 2**32 + of["weight"]).astype(np.int64)
