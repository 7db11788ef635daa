"""What networks can do with the weights that are left: after training, right after a cut, and when to stop."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.frames import Frames
from analysis.metrics import HELD_OUT, of_split
from analysis.sections.weights.cells import WHOLE, conditions, events_of, groups, in_words, spread
from analysis.sections.weights.panels import by_condition, told
from study.records.words import QUANTITIES, ordered

PANELS = {"trained": "after training", "cut": "right after the cut", "early_stop": "early stop"}


def paths(frames: Frames, cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row an event of these cells.

    Columns: those of `cells`; event, round, phase, left; quantity, the name of what is seen; whole, of the trained
    network; trained and cut, the same after training and right after a cut, else null; stopped, the same of the
    early-stopped network, early_stop and censored, where validation rows were looked at, else null. All on held-out
    rows.
    """
    rows = cells.merge(events_of(frames, cells), on="key").merge(_seen(frames.evaluations), on=["key", "event"])
    rows = rows.sort_values(["key", "event"], ignore_index=True)
    begins = rows["on_path"] & (rows["event"] == 0)
    cut = rows["left"] < WHOLE
    rows = rows.assign(
        whole=rows.groupby("key")["seen"].transform("first"),
        trained=rows["seen"].where(begins | (cut & (rows["phase"] == "train"))),
        cut=rows["seen"].where(cut & (rows["phase"] == "prune")),
    )
    stopped = _seen(frames.stopped)[["key", "event", "seen"]].rename(columns={"seen": "stopped"})
    stops = frames.trainings[["key", "event", "early_stop", "censored"]].merge(stopped, on=["key", "event"], how="left")
    return rows.merge(stops, on=["key", "event"], how="left")


def _seen(evaluations: pd.DataFrame) -> pd.DataFrame:
    """Return key, event, seen and quantity: accuracy on held-out rows, or the error a row in a regression."""
    rows = of_split(evaluations, HELD_OUT)
    right = rows.groupby("key")["correct"].transform(lambda of: of.notna().any()).astype(bool)
    value = rows["correct"].astype("float64").where(right, rows["error"]) / rows["samples"]
    named = right.map({True: "accuracy", False: "error_per_sample"})
    return rows[["key", "event"]].assign(seen=value.astype("float64"), quantity=named)


def draw(rows: pd.DataFrame) -> Iterator[Drawn]:
    """Draw a figure a population and protocol; of several methods controls stand apart, a figure a method."""
    for population, protocol, group in groups(rows):
        parts = {"path": group}
        if group["method"].nunique() > 1:
            controlled = ordered(group.loc[group["control"] != "", "method"])
            parts = {"path": group[group["control"] == ""]}
            parts |= {f"controls_{method}": group[group["method"] == method] for method in controlled}
        for name, of in parts.items():
            if len(of):
                yield from _figure(f"weights_{name}_{population}_{protocol}", f"{population}: ", of)


def _figure(name: str, subject: str, of: pd.DataFrame) -> Iterator[Drawn]:
    quantity, shown, least = str(of["quantity"].iloc[0]), conditions(of), float(of["left"].min())
    stops = of.assign(early_stop=of["early_stop"].where(of["trained"].notna()).astype("float64"))
    curves = {name: spread(stops, ["condition"], name) for name in PANELS}
    curves = {name: curve for name, curve in curves.items() if len(curve)}
    if not curves:
        return
    made = Grid(len(curves), 3, (3.9, 3.1))
    for ax, (panel, curve) in zip(made.axes, curves.items(), strict=True):
        if panel != "early_stop":
            ax.axhline(float(of.drop_duplicates("network_key")["whole"].median()), color="#999999", lw=0.9, ls=":")
        by_condition(ax, curve, shown, least)
        ax.set(title=PANELS[panel], ylabel="iterations" if panel == "early_stop" else QUANTITIES[quantity])
    words = f"{subject}{in_words(str(of['protocol'].iloc[0]), of)}. "
    words += f"{QUANTITIES[quantity].capitalize()} on held-out rows; dotted: the whole network's median."
    seen = told(curves["trained"], "Medians after training") if "trained" in curves else ""
    yield drawn(name, words + _censored(stops), made.finish(), pd.concat(curves.values()), seen)


def _censored(stops: pd.DataFrame) -> str:
    """Return, in words, how many trainings had their smallest validation error at the last look."""
    there = stops.dropna(subset=["early_stop"])
    if there.empty:
        return ""
    late = int((there["censored"] == 1).sum())
    return f" Early stops: {late} of {len(there)} are the last look's, and may come later."
