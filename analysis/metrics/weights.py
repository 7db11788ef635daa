"""Metrics of cells of single weights: what the network came to, and what its criterion knew before every cut.

Here they are of cells of single weights alone; `table` gives cells of units their dense_accuracy. Accuracies are shares
of the held-out rows.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from analysis.frames import Frames
from analysis.metrics.curves import HELD_OUT, of_split
from study.records.condition import DIMENSIONS

LATE = 0.20
"""A cut is late if less than this share of the weights is left before it."""
FEWEST = 3
"""Methods that a rank correlation over methods needs."""
COLUMNS = [
    *("end_accuracy", "dense_accuracy", "end_gain", "weights_left"),
    *("stop_accuracy", "stop_accuracy_dense", "stop_gain", "stop_iteration", "stop_earlier", "stop_log_ratio"),
    *("stop_censored", "rho_magnitude_max", "rho_gap", "rho_method", "noise_ceiling", "interaction_late", "survivors"),
    *("better_gone", "instability", "rho_instability_tau"),
]
CUT = ["key", "event"]
"""Columns that name a cut, by the event right before it."""
GROUP = ["population", "network_key", "seed", *(name for name in DIMENSIONS if name != "method")]
"""The columns that the cells of several methods share whose cuts leave equal numbers of weights."""


def of_weights(frames: Frames) -> pd.DataFrame:
    """Return the metrics of the cells of single weights, by key (columns: `COLUMNS`)."""
    cells = frames.cells[frames.cells["scope"] == "weight"]
    if cells.empty:
        return pd.DataFrame(columns=COLUMNS, dtype="float64")
    frames = frames.of(cells["key"].tolist())
    parts: list[pd.DataFrame | pd.Series] = [_ends(frames), _stops(frames), _known(frames), _decided(frames)]
    joined = cells.set_index("key")[[]].join(parts)
    joined["rho_instability_tau"] = _by_method(frames)
    return joined.reindex(columns=COLUMNS).astype("float64")


def _accuracies(evaluations: pd.DataFrame) -> pd.DataFrame:
    """Return the held-out accuracy of every cell at its first and at its last event (columns: first, last)."""
    path = of_split(evaluations, HELD_OUT)
    share = path["correct"].astype("float64") / path["samples"]
    return share.groupby(path["key"]).agg(["first", "last"])


def _ends(frames: Frames) -> pd.DataFrame:
    """Return accuracies of the whole network and of the last event's, and the share of the weights left in the end."""
    found = _accuracies(frames.evaluations).rename(columns={"first": "dense_accuracy", "last": "end_accuracy"})
    left = frames.events.sort_values(CUT).groupby("key")["units_left"].agg(["first", "last"])
    gain = found["end_accuracy"] - found["dense_accuracy"]
    return found.assign(end_gain=gain).join((left["last"] / left["first"]).rename("weights_left"))


def _stops(frames: Frames) -> pd.DataFrame:
    """Return what became of the early-stopped networks of the whole network's training and of the last one."""
    trained = frames.trainings.sort_values(CUT)
    # The first is the whole network's: a cell without it has nothing to compare with.
    trained = trained[trained["key"].isin(trained.loc[trained["event"] == 0, "key"])]
    stop = trained["early_stop"].astype("float64").groupby(trained["key"]).agg(["first", "last"])
    stop = stop[trained.groupby("key").size() > 1]
    accuracy = _accuracies(frames.stopped).reindex(stop.index)
    censored = trained.groupby("key")["censored"].agg(["first", "last"]).max(axis=1).astype("float64")
    whole, ratio = stop["first"].where(stop["first"] > 0), stop["last"].where(stop["last"] > 0)
    return pd.DataFrame(
        {
            "stop_accuracy": accuracy["last"],
            "stop_accuracy_dense": accuracy["first"],
            "stop_gain": accuracy["last"] - accuracy["first"],
            "stop_iteration": stop["last"],
            "stop_earlier": 1 - stop["last"] / whole,
            "stop_log_ratio": np.log(whole / ratio),
            "stop_censored": censored.where(stop["last"].notna()),
        },
        index=stop.index,
    )


def _known(frames: Frames) -> pd.DataFrame:
    """Return how criteria agreed with the true impacts, right before the cuts."""
    rows = frames.bridge.merge(frames.decisions[CUT], on=CUT)
    within = rows[rows["layer"] >= 0]
    means = within.groupby([*CUT, "criterion"])["spearman"].mean().unstack("criterion")
    means = means.reindex(columns=["magnitude", "taylor2", "other_rows"])
    own = rows[(rows["layer"] == -1) & (rows["criterion"] == "method")].groupby("key")["spearman"].mean()
    found = pd.DataFrame(
        {
            "rho_magnitude_max": means["magnitude"].groupby("key").max(),
            "rho_gap": (means["taylor2"] - means["magnitude"]).groupby("key").mean(),
            "noise_ceiling": means["other_rows"].groupby("key").mean(),
        }
    )
    return found.join(own.rename("rho_method"), how="outer")


def _decided(frames: Frames) -> pd.DataFrame:
    """Return what came of the cuts."""
    cuts = frames.decisions
    whole = frames.events[frames.events["event"] == 0].set_index("key")["units_left"]
    late = cuts[cuts["weights_left"] < LATE * cuts["key"].map(whole).astype("float64")]
    means = cuts.groupby("key")[["survivors", "better_gone", "instability"]].mean()
    # The sum's size alone: where single impacts promise a gain, what the cut costs is still measured by it.
    ratio = (late["joint"] / late["single_sum"].abs()).groupby(late["key"]).median()
    return means.join(ratio.rename("interaction_late"))


def _by_method(frames: Frames) -> pd.Series:
    """Return by key how a cut's instability goes with the correlation of the method that chose it, over methods.

    Kendall's tau-b over the methods of one network and protocol, in every round with a cut; the mean over the rounds,
    for every cell of the group. Methods are compared where equal numbers of weights are left.
    """
    own = frames.bridge[(frames.bridge["layer"] == -1) & (frames.bridge["criterion"] == "method")]
    cuts = frames.decisions[[*CUT, "instability"]].merge(own[[*CUT, "spearman"]], on=CUT).dropna()
    rounds = frames.events[[*CUT, "round"]].assign(event=frames.events["event"] - 1)  # the cut that an event comes of
    cells = frames.cells[["key", "method", *GROUP]]
    cuts = cuts.merge(rounds, on=CUT).merge(cells, on="key")
    cuts = cuts.groupby([*GROUP, "round", "method"], as_index=False)[["spearman", "instability"]].mean()  # over draws
    taus = pd.DataFrame(list(_taus(cuts)), columns=[*GROUP, "tau"])
    means = taus.groupby(GROUP, as_index=False)["tau"].mean()
    return cells.merge(means, on=GROUP, how="left").set_index("key")["tau"]


def _taus(cuts: pd.DataFrame) -> Iterator[tuple[object, ...]]:
    """Yield the group and Kendall's tau-b of every round with enough methods."""
    for (*group, _), of in cuts.groupby([*GROUP, "round"]):
        if len(of) >= FEWEST:
            yield (*group, float(kendalltau(of["spearman"], of["instability"]).statistic))
