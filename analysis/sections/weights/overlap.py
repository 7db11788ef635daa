"""How much masks share: of two criteria on one network, and of one criterion on two networks, beside chance."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.figures.drawn import Drawn, drawn
from analysis.figures.grid import Grid
from analysis.frames import Frames
from analysis.numbers import number
from analysis.sections.weights.cells import GROUP, conditions, events_of, groups, in_words
from study.figures.style import LAYERS, over_weights_left
from study.records.masks import unpacked
from study.records.words import layer_name

EQUAL = 0.01
"""Two masks are of equal sparsity if the weights left differ by no more than this share of them."""
MOST = 6
"""Pairs of criteria that a panel shows; the table has all."""
Bits = NDArray[np.uint8]


def overlaps(frames: Frames, cells: pd.DataFrame) -> pd.DataFrame:
    """Return one row a pair of masks of equal sparsity, round and layer; controls are left out.

    Columns: population, protocol; of, "criteria" (two conditions on one network) or "seeds" (one condition on two
    networks); pair, in words; round, left (percent of all weights), layer, last (the number of the last layer);
    jaccard, the share of the weights in either mask that are in both; chance, the same of two random masks with as
    many weights in the layer.
    """
    rows = _masks(frames, cells[(cells["control"] == "") & (cells["draw"] == 0)])
    known = {
        str(row["mask"]): np.packbits(unpacked(str(row["shape"]), str(row["bits"])))
        for row in frames.masks[frames.masks["mask"].isin(set(rows["mask"]))].drop_duplicates("mask").to_dict("records")
    }
    found = []
    for (population, protocol, step, layer), of in rows.groupby([*GROUP, "round", "layer"], sort=True):
        about = {"population": population, "protocol": protocol, "round": step, "layer": layer}
        for one, other in combinations(of.to_dict("records"), 2):
            same_network = one["network_key"] == other["network_key"]
            if same_network == (one["condition"] == other["condition"]):
                continue  # another draw of the same, or nothing in common
            if abs(one["all"] - other["all"]) > EQUAL * max(one["all"], other["all"]):
                continue
            pair = f"{one['condition']} / {other['condition']}" if same_network else one["condition"]
            about |= {"of": "criteria" if same_network else "seeds", "pair": pair, "last": one["last"]}
            about |= {"left": (one["percent"] + other["percent"]) / 2}
            shared = jaccard(known[one["mask"]], known[other["mask"]], int(one["weights"]))
            found.append(about | dict(zip(("jaccard", "chance"), shared, strict=True)))
    named = [*GROUP, "of", "pair", "round", "left", "layer", "last", "jaccard", "chance"]
    return pd.DataFrame(found, columns=named)


def jaccard(one: Bits, other: Bits, weights: int) -> tuple[float, float]:
    """Return the share of two masks' weights that both have, and that of random masks of the same sizes.

    Args:
        one, other: packed bits.
        weights: of the layer.

    >>> one, other = (np.packbits(np.array(bits, dtype=bool)) for bits in ([1, 1, 0, 0], [1, 0, 1, 0]))
    >>> jaccard(one, other, 4)
    (0.3333333333333333, 0.3333333333333333)
    """
    a, b, both = (int(np.bitwise_count(bits).sum()) for bits in (one, other, one & other))
    expected = a * b / weights
    return both / (a + b - both) if a + b else 1.0, expected / (a + b - expected) if a + b else 1.0


def _masks(frames: Frames, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the masks in which rounds that cut something end, a row a layer."""
    rows = cells.merge(frames.sparsity, on="key").rename(columns={"left": "of_layer"})
    rows = rows.merge(events_of(frames, cells).rename(columns={"left": "percent"}), on=["key", "event"])
    rows = rows.sort_values(["key", "event"]).drop_duplicates(["key", "round", "layer"], keep="last")
    rows = rows.assign(all=rows.groupby(["key", "round"])["of_layer"].transform("sum"))
    rows["last"] = rows.groupby("key")["layer"].transform("max")
    rows = rows[rows["percent"] < 100]
    return rows.sort_values(["condition", "seed"])


def draw(rows: pd.DataFrame, cells: pd.DataFrame) -> Iterator[Drawn]:
    """Draw a figure a population and protocol with several cuts, a panel a layer; `rows` of `overlaps`."""
    for population, protocol, of in groups(rows):
        if not _several(of):
            continue
        mine = cells[(cells["population"] == population) & (cells["protocol"] == protocol)]
        curves = of.groupby(["of", "pair", "layer", "round"], as_index=False).agg(
            left=("left", "median"),
            median=("jaccard", "median"),
            low=("jaccard", "min"),
            high=("jaccard", "max"),
            chance=("chance", "median"),
            pairs=("jaccard", "size"),
        )
        last = int(of["last"].max())
        made = Grid(last + 1, 3, (3.9, 2.9))
        looks = _looks(curves, mine)
        for layer, ax in enumerate(made.axes):
            here = curves[curves["layer"] == layer]
            for (kind, pair), (colour, line) in looks.items():
                one = here[(here["of"] == kind) & (here["pair"] == pair)].sort_values("round")
                name = pair if kind == "criteria" else f"{pair}, two seeds"
                ax.plot(one["left"], one["median"], line, color=colour, lw=1.3, marker=".", ms=5, label=name)
                ax.fill_between(one["left"], one["low"], one["high"], color=colour, alpha=0.12, lw=0)
            chance = here.groupby("round")[["left", "chance"]].median()
            ax.plot(chance["left"], chance["chance"], ":", color="#555555", lw=1.6, marker=".", label="chance")
            name = "output layer" if layer == last else layer_name(layer)
            ax.set(title=name, ylabel="in both masks, of those in either", ylim=(-0.02, 1.02))
            over_weights_left(ax, float(of["left"].min()))
        words = (
            f"{population}: {in_words(protocol, mine)}. Jaccard overlap of masks of equal sparsity, by layer; medians "
        )
        words += "and ranges over pairs."
        end = curves[(curves["layer"] == 0)].sort_values("round").drop_duplicates(["of", "pair"], keep="last")
        said = [f"{row['pair']} ({row['of']}) {row['median']:.2g}" for row in end.to_dict("records")]
        yield drawn(
            f"weights_overlap_{population}_{protocol}",
            words,
            made.finish(entries=3),
            curves,
            f"In the first layer at the end: {'; '.join(said)}.",
        )


def _several(of: pd.DataFrame) -> bool:
    return int(of.groupby("round")["left"].median().nunique()) > 1


def at_once(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return population, protocol and, a row a pair, the overlaps of the groups with one cut, chance in brackets."""
    found = []
    for population, protocol, of in groups(rows):
        if _several(of):
            continue
        last = int(of["last"].max())
        at = of.groupby(["of", "pair", "layer"])[["jaccard", "chance"]].median()
        told = (at["jaccard"].map(number) + " (" + at["chance"].map(number) + ")").unstack("layer")
        names = {n: "output layer" if n == last else layer_name(n) for n in range(last + 1)}
        found.append((population, protocol, told.rename(columns=names).reset_index()))
    return found


def _looks(curves: pd.DataFrame, cells: pd.DataFrame) -> dict[tuple[str, str], tuple[str, str]]:
    """Return colour and line of every pair that is drawn."""
    pairs = curves.loc[curves["of"] == "criteria", "pair"].drop_duplicates().tolist()[:MOST]
    looks = {("criteria", str(pair)): (LAYERS[n % len(LAYERS)], "-") for n, pair in enumerate(pairs)}
    there = set(curves.loc[curves["of"] == "seeds", "pair"])
    return looks | {("seeds", words): (own, "--") for words, own, *_ in conditions(cells) if words in there}
