"""The cells of single weights by population, protocol and condition: how they are told apart, named and drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from analysis.frames import Frames
from study.figures.style import LAYERS
from study.records.condition import parted
from study.records.words import RANKINGS, colour, label, ordered

GROUP = ["population", "protocol"]
"""What a figure is of."""
SAME_IN_ROUNDS = ("lottery_ticket", "transfer")
"""Protocols whose number of rounds says where they end, and nothing of the rounds before."""
CONTROLS = {
    "reinit": "weights drawn anew",
    "random": "random mask",
    "degree": "random mask, same degrees",
    "continued": "trained on, not rewound",
    "one_shot": "one cut",
}
"""What stands in place of a protocol's own round, in words."""
WHOLE = 100
"""Percent of the weights."""
LINES: tuple[Any, ...] = ("-", "--", ":", "-.", (0, (5, 1)), (0, (1, 1)))
MARKERS = "os^DvP"
"""Lines and markers of the conditions that share a colour."""


def cells_of_weights(frames: Frames) -> pd.DataFrame:
    """Return the cells of single weights, their settings told apart.

    Columns: key, network_key, population, seed, draw, method; protocol, its name alone; settings, those that all cells
    of the population under the protocol share; control, "" for the protocol itself; condition, in words what a cell
    differs in from the others of its group; line, the number of its line among those of the method.
    """
    cells = frames.cells[frames.cells["scope"] == "weight"]
    parts = [parted(str(value)) for value in cells["protocol"]]
    cells = cells.assign(
        protocol=[name for name, _ in parts],
        params=pd.Series([params for _, params in parts], index=cells.index, dtype="object"),
    )
    told = [_told(group) for _, _, group in groups(cells)]
    shown = ["key", "network_key", "population", "seed", "draw", "method", "protocol"]
    named = [*shown, "settings", "control", "condition", "line"]
    return pd.concat(told, ignore_index=True)[named] if told else pd.DataFrame(columns=named)


def _told(group: pd.DataFrame) -> pd.DataFrame:
    """Return one group's cells with settings, control, condition and line."""
    ignored = ("rounds", "control") if group["protocol"].iloc[0] in SAME_IN_ROUNDS else ("control",)
    names = sorted({name for params in group["params"] for name in params} - set(ignored))
    params = pd.DataFrame(
        [[of.get(name, "") for name in names] for of in group["params"]], columns=names, index=group.index, dtype="str"
    )
    differ = [name for name in names if params[name].nunique() > 1]
    same = [f"{name}={params[name].iloc[0]}" for name in names if name not in differ]
    control = group["params"].map(lambda of: of.get("control", "")).astype("str")
    varied = [name for name in ("ranking", "removal", "selection", "error") if group[name].nunique() > 1]
    words = []
    for row in group.assign(control=control, **{f"_{name}": params[name] for name in differ}).to_dict("records"):
        said = [CONTROLS.get(str(row["control"]), str(row["control"]))] if row["control"] else []
        said += [f"{name}={row[f'_{name}']}" for name in differ if row[f"_{name}"]]
        said += [RANKINGS.get(str(row[name]), str(row[name])) for name in varied]
        words.append(", ".join(said))
    order = {text: n for n, text in enumerate(sorted(set(words), key=lambda text: (text != "", text)))}
    condition = [f"{label(m)}, {text}" if text else label(m) for m, text in zip(group["method"], words, strict=True)]
    return group.assign(
        settings=", ".join(same), control=control, condition=condition, line=[order[text] for text in words]
    )


def groups(rows: pd.DataFrame) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Yield population, protocol and rows of every figure."""
    for (population, protocol), of in rows.groupby(GROUP, sort=True):
        yield str(population), str(protocol), of


def in_words(protocol: str, of: pd.DataFrame) -> str:
    """Return the name of a protocol with the settings that all of these cells share, and how many networks there are.

    Args:
        protocol: its name.
        of: rows with the columns of `cells_of_weights`, of one group.
    """
    settings = f" ({of['settings'].iloc[0]})" if of["settings"].iloc[0] else ""
    n = of["network_key"].nunique()
    return f"{protocol.replace('_', ' ')}{settings}, {n} network{'s' if n > 1 else ''}"


def conditions(cells: pd.DataFrame) -> list[tuple[str, str, Any, str]]:
    """Return the conditions of a group in the order of its legend: words, colour, line and marker of each."""
    methods = ordered(cells["method"])
    rows = cells.drop_duplicates("condition").to_dict("records")
    rows.sort(key=lambda row: (methods.index(row["method"]), row["line"]))
    found = []
    for row in rows:
        line = int(row["line"])
        own = colour(row["method"])
        if len(methods) == 1 and line:
            others = [other for other in LAYERS if other != own]
            own = others[(line - 1) % len(others)]
        found.append((str(row["condition"]), own, LINES[line % len(LINES)], MARKERS[line % len(MARKERS)]))
    return found


def events_of(frames: Frames, cells: pd.DataFrame) -> pd.DataFrame:
    """Return the events of these cells: key, event, round, phase, left and on_path.

    `left` are the weights left in percent. Event 0, the whole network, is on the path if weights are cut next; else
    another network is trained next.
    """
    events = frames.events[frames.events["key"].isin(set(cells["key"]))].sort_values(["key", "event"])
    of = events.groupby("key")
    events = events.assign(
        left=WHOLE * events["units_left"] / of["units_left"].transform("first"),
        on_path=(events["event"] > 0) | of["phase"].shift(-1).eq("prune"),
    )
    return events[["key", "event", "round", "phase", "left", "on_path"]]


def several(rows: pd.DataFrame) -> bool:
    """Whether the paths of a group lie at several shares of weights left: else there is no line to draw."""
    return int(rows[rows["on_path"]].groupby("round")["left"].median().nunique()) > 1


def spread(rows: pd.DataFrame, by: list[str], value: str) -> pd.DataFrame:
    """Return the median and range over networks, and the median of the weights left, by these columns and round.

    Args:
        rows: columns `by`, round, left, value; null values are left out.
        by: columns of a curve.
        value: column.
    """
    found = rows.dropna(subset=[value]).groupby([*by, "round"], as_index=False)
    named = found.agg(
        left=("left", "median"),
        median=(value, "median"),
        low=(value, "min"),
        high=(value, "max"),
        cells=(value, "size"),
    )
    return named.assign(quantity=value)


def at_one_share(rows: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Return population, protocol and rows of the groups that are no figure, controls apart; see `several`."""
    return [group for group in groups(rows[rows["control"] == ""]) if not several(group[2])]
