"""How criteria agree with the true impacts of sampled single weights, and what their choice of the next cut would cost.

Correlations are of the weights that some row can feel; a cut takes silent weights, too, which costs nothing, so that
what is chosen is chosen among all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.records.weighted import NULL, Array, mean_of_smallest, spearman

NEAR = 0.1
"""A weight is near the cut within this share of the weights left."""


def criteria(sampled: Mapping[str, Array], seed: int, event: int) -> dict[str, Array]:
    """Return what every criterion says of sampled weights, by its name; smallest goes first, each shape (n,).

    Those that are null throughout are left out: second derivatives by weights of filters, the score where nothing was
    scored, other rows where there are none.

    Args:
        sampled: columns of `records.weights.SAMPLED`, of one event.
        seed, event: of the control, which draws.
    """
    slope, bend, bend_gauss_newton = (sampled[name] for name in ("first_order", "curvature", "gauss_newton"))
    found = {
        "method": sampled["score"],
        "magnitude": np.abs(sampled["value"]),
        "taylor1": slope,
        "taylor1_abs": np.abs(slope),
        "curvature": bend,
        "taylor2": slope + bend,
        "gauss_newton": slope + bend_gauss_newton,
        "random": np.random.default_rng((seed, event)).random(len(slope)),
        "other_rows": sampled["impact_validation"],
    }
    return {name: values for name, values in found.items() if not np.isnan(values).all()}


def bridge(sampled: Mapping[str, Array], together: bool, seed: int) -> list[dict[str, Any]]:
    """Return the rows of `records.weights.BRIDGE` of one event: all weights, then each layer, by criterion.

    Args:
        sampled: columns of `records.weights.SAMPLED`, of one event.
        together: whether the next cut takes the weights of all layers by one threshold, not layer by layer.
        seed: of the control, which draws.
    """
    event, layers = int(sampled["event"][0]), sampled["layer"]
    said = criteria(sampled, seed, event)
    each = [layers == m for m in np.unique(layers)]
    everything = np.ones(len(layers), dtype=bool)
    groups = [(-1, everything, [everything] if together else each)]
    groups += [(int(layers[here][0]), here, [here]) for here in each]
    weight = 1 / sampled["probability"]
    rows: list[dict[str, Any]] = []
    for layer, here, cuts in groups:
        live = here & (sampled["stratum"] >= 0)
        silent = float(weight[here & ~live].sum() / weight[here].sum())
        oracle = chosen_mean(sampled, sampled["impact"], cuts)
        of = {"event": event, "layer": layer, "weights": int(live.sum()), "silent": silent}
        for name, values in said.items():
            chosen = chosen_mean(sampled, values, cuts)
            agreed = agreement(sampled, values, live)
            cost = {"chosen_mean": chosen, "oracle_mean": oracle, "regret": float(np.maximum(chosen - oracle, 0))}
            rows.append({**of, "criterion": name, **agreed, **cost})
    return rows


def agreement(sampled: Mapping[str, Array], values: Array, live: NDArray[np.bool_]) -> dict[str, float]:
    """Return the correlations of a criterion with the impact, among some weights and among those near the cut."""
    impact, weight = sampled["impact"], 1 / sampled["probability"]
    near = live & (np.abs(sampled["from_cut"]) <= NEAR)
    return {
        "spearman": spearman(values[live], impact[live], weight[live]),
        "spearman_absolute": spearman(np.abs(values[live]), np.abs(impact[live]), weight[live]),
        "near": int(near.sum()),
        "near_cut": spearman(values[near], impact[near], weight[near]),
    }


def chosen_mean(sampled: Mapping[str, Array], values: Array, cuts: Sequence[NDArray[np.bool_]]) -> float:
    """Return the mean impact of what a criterion would choose, of every group as much as goes; NaN where nothing does.

    Args:
        sampled: columns, of one event.
        values: the criterion's, shape (n,).
        cuts: the groups that lose a number each, bool, shape (n,).
    """
    weight, total, mass = 1 / sampled["probability"], 0.0, 0.0
    for here in cuts:
        of_group = float(weight[here & (sampled["going"] == 1)].sum())
        if of_group:
            total += of_group * mean_of_smallest(sampled["impact"][here], values[here], weight[here], of_group)
            mass += of_group
    return total / mass if mass else NULL
