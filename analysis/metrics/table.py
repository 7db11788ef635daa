"""All metrics of every cell: M1 to M8, cost, and those of single weights, one row a cell."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from analysis.frames import Frames
from analysis.metrics import gains, greedy, path, together, units
from analysis.metrics.curves import HELD_OUT, of_split
from analysis.metrics.trajectory import trajectory
from analysis.metrics.weights import of_weights
from study.records import hidden_of
from study.records.condition import DIMENSIONS, USUAL

SETTINGS = ["population", "network_key", "seed", *DIMENSIONS, "band"]
"""The columns that identify a network and a condition; only draws differ within them."""

CELL = ["key", "draw", *SETTINGS]
LAYER_SHARES = {"m7_10": 0.10, "m7_20": 0.20, "m7_40": 0.40}


LOOKS_ONCE = "quadratic_once"
"""The method that needs one look at the data."""


def table(frames: Frames) -> pd.DataFrame:
    """Return one row a cell: its settings (`CELL`), and the metrics that `names.yaml` explains, null where not defined.

    M1, M2, breakdown, accuracy and M8 come on the pruning rows and, suffixed `_held_out`, on the held-out rows.
    """
    cells = frames.cells[[*CELL, "task", "network"]]
    rows = cells.set_index("key")
    weights = of_weights(frames)
    frames = _one_by_one(frames)
    parts: list[pd.DataFrame | pd.Series] = [
        _on_split(of_split(frames.evaluations, "pruning"), rows["task"], complete=_complete(frames)),
        _on_split(of_split(frames.evaluations, HELD_OUT), rows["task"], _complete(frames)).add_suffix("_held_out"),
        _removals(frames.events, rows["network"]),
        _concentration(frames.impacts),
        gains.of_surfaces(frames.surfaces, frames.evaluations),
        gains.interaction_share(frames.pairs, frames.impacts),
        together.put_back_worse(frames.reinserted, frames.impacts),
        greedy.regrets(frames.searched, frames.evaluations),
    ]
    joined = rows.join(parts)
    joined["log2_e0"] = np.log2((joined["E0"] / joined["samples"]).where(joined["E0"] > 0))
    joined = joined.join([_faults(frames.impacts, joined), _predicted(frames), _held_out_change(frames, joined)])
    joined = joined.join(together.superadditive(frames, joined))
    joined = joined.join([_agreement(frames.agreement, joined), weights])
    joined["dense_accuracy"] = joined["dense_accuracy"].fillna(joined["accuracy_0_held_out"])
    dropped = [f"{name}_held_out" for name in PRUNING_ONLY if f"{name}_held_out" in joined]
    return joined.drop(columns=["task", "network", *dropped]).reset_index()


PRUNING_ONLY = [
    *("units", "m4", "m4n", "m6", "m6_at", "m6_10", *(f"m6b_{k}" for k in range(1, 6))),
    *("left_1pct", "at_most_11", "gini_rises", "recovers", "lost", "first_lowers"),
]
"""Columns of `_on_split` that are reported on the pruning rows alone."""


def seen_along(frames: Frames, metrics: pd.DataFrame) -> pd.DataFrame:
    """Return the metrics without the regret of cells that recorded it at the start alone, where it says little.

    Args:
        frames: with these cells.
        metrics: rows of `table`.
    """
    seen = frames.agreement.loc[frames.agreement["layer"] == -1, "key"].value_counts()
    return metrics.assign(regret_mean=metrics["regret_mean"].where(metrics["key"].map(seen) > 1))


def per_network(metrics: pd.DataFrame) -> pd.DataFrame:
    """Return one row a network and method: the draws of a random method averaged, `draws` counting them.

    >>> columns = dict.fromkeys(SETTINGS, "x") | {"key": ["a", "b"], "draw": [0, 1], "auc_e": [0.2, 0.4]}
    >>> per_network(pd.DataFrame(columns))[["auc_e", "draws"]].round(3).to_numpy().tolist()
    [[0.3, 2.0]]
    """
    numbers = metrics.drop(columns=["key", "draw"])
    grouped = numbers.groupby(SETTINGS, sort=True, dropna=False)
    means = grouped.mean(numeric_only=True).reset_index()
    return means.merge(grouped.size().rename("draws").reset_index(), on=SETTINGS)


def as_meant(networks: pd.DataFrame) -> pd.DataFrame:
    """Return the rows under the ranking that their method is meant for: iterative, one-shot for the quadratic model.

    Under re-ranking the quadratic model is the exact second derivative at a higher cost.
    """
    meant = networks["method"].eq(LOOKS_ONCE).map({True: "single_overall", False: "iterative"})
    return networks[networks["ranking"] == meant]


def removable_share(of: pd.DataFrame) -> str:
    """Return the column with the share of units that can be removed: by accuracy, in regressions by error.

    Args:
        of: rows of `per_network`, all of classifications or all of regressions.
    """
    return "r_1" if of["r_1"].notna().any() else "r_1pct"


def main_condition(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the main condition: units set to zero, ranked by half squared error on the pruning rows.

    The rows are of cells or networks, under both rankings of the paper, without retraining. Other conditions enter
    verdicts, but would be counted twice in a figure or table of methods.
    """
    usual = table["ranking"].isin(("single_overall", "iterative"))
    for name in USUAL.keys() - {"ranking"}:
        usual &= table[name] == USUAL[name]
    return table[usual]


def _one_by_one(frames: Frames) -> Frames:
    """Return the cells in which every event is the removal of one unit: what the metrics of units are defined for."""
    events = frames.events
    others = set(events.loc[(events["removed"] != events["event"]) | (events["scope"] == "weight"), "key"])
    return frames.of([key for key in frames.cells["key"] if key not in others]) if others else frames


def _complete(frames: Frames) -> set[str]:
    """Return the keys of the cells whose trajectory removes every unit: only they have E_all."""
    last = frames.events.groupby("key")["units_left"].min()
    return set(last.index[last == 0])


def _on_split(evaluations: pd.DataFrame, task: pd.Series, complete: set[str]) -> pd.DataFrame:
    rows = {}
    for key, part in evaluations.groupby("key", sort=False):
        if key in complete and key in task.index:
            regression = task[key] == "regression"
            correct = None if regression else part["correct"].to_numpy(dtype=float)
            rows[key] = trajectory(part["error"].to_numpy(dtype=float), correct, int(part["samples"].iloc[0]))
    columns = trajectory(np.array([1.0, 2.0]), None, 1)
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(columns), dtype="float64")


def _removals(events: pd.DataFrame, network: pd.Series) -> pd.DataFrame:
    rows = {}
    for key, part in events.sort_values(["key", "event"]).groupby("key", sort=False):
        if key not in network.index:
            continue
        layers = part.loc[part["event"] > 0, "layer"].to_numpy()
        hidden = hidden_of(str(network[key]))
        last = len(hidden) - 1
        rows[key] = {
            **{name: units.last_layer_share(layers, last, share) for name, share in LAYER_SHARES.items()},
            "m7_chance": hidden[-1] / sum(hidden) if last > 0 else math.nan,
            "forward_passes": part["forward_passes"].iloc[-1],
            "seconds": part["seconds"].iloc[-1],
        }
    columns = [*LAYER_SHARES, "m7_chance", "forward_passes", "seconds"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")


def _concentration(impacts: pd.DataFrame) -> pd.DataFrame:
    rows = {}
    known = impacts[(impacts["event"] == 0) & impacts["impact"].notna()]
    for key, part in known.groupby("key", sort=False):
        impact = part["impact"].to_numpy()
        rows[key] = {
            "m5_gini": units.gini(impact),
            "m5_top20": units.top_share(impact),
            "m5_effective": units.effective_number(impact),
            "bimodal": units.bimodal(impact),
            "mae_0": units.relative_error(part["estimate"].to_numpy(), impact),
        }
    columns = ["m5_gini", "m5_top20", "m5_effective", "bimodal", "mae_0"]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns, dtype="float64")


def _faults(impacts: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    start = impacts[(impacts["event"] == 0) & impacts["impact"].notna()]
    span = (cells["E_all"] - cells["E0"]).where(lambda s: s > 0)
    of_cell = start["key"].map(span).astype("float64")
    faults = (start["impact"] > path.FAULT * of_cell).astype("float64").where(of_cell.notna())
    share = faults.groupby(start["key"]).mean()
    return pd.DataFrame({"fault_share": share, "has_fault": (share > 0).astype("float64").where(share.notna())})


def _predicted(frames: Frames) -> pd.Series:
    """Return the share of removals with regret whose estimate is within 20 % of the change of the error."""
    path_ = of_split(frames.evaluations, "pruning")[["key", "event", "error"]]
    path_["change"] = path_.groupby("key")["error"].diff()
    regretted = frames.agreement[(frames.agreement["layer"] == -1) & (frames.agreement["regret"] > 0)]
    chosen = regretted[["key", "event"]].assign(event=regretted["event"] + 1)  # the removal that the choice leads to
    estimates = frames.events[["key", "event", "estimate"]].dropna()
    both = chosen.merge(estimates, on=["key", "event"]).merge(path_, on=["key", "event"])
    met = (both["estimate"] - both["change"]).abs() <= 0.2 * both["change"].abs()
    return met.astype("float64").groupby(both["key"]).mean().rename("predicted_share")


def _held_out_change(frames: Frames, cells: pd.DataFrame) -> pd.Series:
    """Return the held-out accuracy at half of the removals that R_1 (pruning rows) allows, less that at the start."""
    right = of_split(frames.evaluations, HELD_OUT)[["key", "event", "correct", "samples"]].dropna()
    half = (cells["r_1"] * cells["units"] / 2).round()
    share = (right["correct"].astype("float64") / right["samples"]).to_numpy()
    at = right.assign(share=share).set_index("key")
    start, there = at[at["event"] == 0]["share"], at[at["event"] == half.reindex(at.index)]["share"]
    return (there - start).rename("held_out_change")


AT_START = {
    "spearman": "rho_0",
    "kendall": "kendall_0",
    "spearman_25": "rho_cheap_0",
    "overlap_25": "overlap25_0",
    "sign": "sign_0",
}


def _agreement(agreement: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    overall = agreement[agreement["layer"] == -1]
    start = overall[overall["event"] == 0].set_index("key")[list(AT_START)].rename(columns=AT_START)
    first_layer = agreement[(agreement["event"] == 0) & (agreement["layer"] == 0)].set_index("key")["spearman"]
    start = start.join(first_layer.where(_deep(first_layer.index, cells)).rename("rho_first_layer_0"))
    along = overall.drop(columns="units").merge(cells[["units", "E0", "E_all"]], left_on="key", right_index=True)
    along = along.assign(distance=(along["event"] - along["units"] / 2).abs())
    nearest = along.sort_values(["distance", "event"]).drop_duplicates("key").set_index("key")["spearman"]
    span = along["E_all"] - along["E0"]
    regret = (along["regret"] / span.where(span > 0)).groupby(along["key"]).mean()
    return start.join([nearest.rename("rho_mid"), regret.rename("regret_mean")], how="outer")


def _deep(keys: pd.Index, cells: pd.DataFrame) -> np.ndarray:
    return np.asarray(cells["m7_chance"].reindex(keys).notna())
