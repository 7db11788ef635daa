"""The tables that a cell records: names, columns, types and units, in one place.

Every table is one parquet file, `tables/<name>.parquet`, among the artefacts of the cell's run. An *event* is a point
of the trajectory: event 0 is the trained network, each further one an evaluation of the protocol. Errors and impacts
are float64 sums over samples (not means), in the units of the error that the cell ranks on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from study.records.column import Column
from study.records.masks import MASKED
from study.records.weights import WEIGHTS

if TYPE_CHECKING:  # whoever needs a name or a word alone waits for no pandas
    import pandas as pd

RECORDS_VERSION = 2
"""Raised when a column changes its meaning or comes; readers refuse what they do not know."""

EVENTS: dict[str, Column] = {
    "event": Column("int32", "", "0 = the trained network, then counted on; one a removal where units go one by one"),
    "kind": Column("str", "", "start | remove | train: what came last"),
    "layer": Column("int16", "", "hidden layer of the removed unit, 0 = nearest the input; -1 where not one unit went"),
    "unit": Column("int32", "", "index of the removed unit in its layer; -1 where not one unit went"),
    "units_left": Column("int32", "units", "units that remain of those that may go"),
    "parameters_left": Column("int64", "numbers", "weights and biases of the physically smaller network"),
    "multiply_adds_left": Column("int64", "operations a sample", "multiply-adds of the smaller network"),
    "estimate": Column("float64", "error", "the chosen unit's estimate when it was chosen; null where there is none"),
    "score": Column("float64", "", "the chosen unit's score when it was chosen; null at the start"),
    "forward_passes": Column("int64", "passes over the ranking rows", "spent by the method on scores, so far"),
    "seconds": Column("float64", "s", "spent by the method on scores, so far", timing=True),
    "scope": Column(
        "str",
        "",
        "unit | filter | neuron | weight: what may go; units with filters among them say filter",
    ),
    "removed": Column("int32", "units", "gone so far"),
    "round": Column("int32", "", "of the protocol; 0 = the trained network"),
    "phase": Column("str", "", "prune | train: whether what is left was trained since the removal, in a round"),
}

REMOVALS: dict[str, Column] = {
    "event": Column("int32", "", "as in events, of those in which several units went"),
    "layer": Column("int16", "", "hidden layer of a unit that went, 0 = nearest the input; in the order of removal"),
    "unit": Column("int32", "", "its index in its layer"),
    "score": Column("float64", "", "its score when it was chosen"),
    "estimate": Column("float64", "error", "its estimate when it was chosen; null where there is none"),
}

EVALUATIONS: dict[str, Column] = {
    "event": Column("int32", "", "as in events"),
    "split": Column("str", "", "pruning | held_out | a further held-out split of the data set"),
    "samples": Column("int64", "samples", "rows of the split"),
    "error": Column("float64", "error", "error that is ranked on, summed over the split"),
    "second_error": Column("float64", "error", "the other error under a softmax, summed; null elsewhere"),
    "correct": Column("int64", "samples", "correctly classified samples; null in a regression"),
    "correct_per_class": Column("object", "samples", "the same for every class, a list; empty in a regression"),
    "samples_per_class": Column("object", "samples", "rows of the split in every class, a list"),
}

IMPACTS: dict[str, Column] = {
    "event": Column("int32", "", "the network in which the impact was measured (before the next removal)"),
    "layer": Column("int16", "", "hidden layer, 0 = nearest the input"),
    "unit": Column("int32", "", "index in its layer"),
    "estimate": Column("float64", "error", "signed prediction of the impact; null for methods without one"),
    "first_order": Column("float64", "error", "the first-order term of the estimate, -E'(1); null where there is none"),
    "curvature": Column(
        "float64", "error", "the second-order term of the estimate, E''(1)/2; null where there is none"
    ),
    "score": Column("float64", "", "smallest goes first"),
    "impact": Column("float64", "error", "true impact E(0) - E(1) on the pruning rows"),
}

AGREEMENT: dict[str, Column] = {
    "event": Column("int32", "", "as in impacts"),
    "layer": Column("int16", "", "-1 = all remaining units, else the units of this hidden layer"),
    "units": Column("int32", "units", "remaining units compared"),
    "ties": Column("int32", "units", "units whose true impact equals another one's (dead or duplicate units)"),
    "spearman": Column("float64", "", "rank correlation of estimate (score where there is none) and true impact"),
    "kendall": Column("float64", "", "Kendall's tau-b of the same"),
    "spearman_25": Column("float64", "", "Spearman within the 25 cheapest by truth"),
    "overlap_10": Column("float64", "share", "of the 10 smallest scores that are among the 10 cheapest by truth"),
    "overlap_25": Column("float64", "share", "the same for 25"),
    "regret": Column("float64", "error", "true impact of the method's choice minus the smallest true impact"),
    "sign": Column("float64", "share", "units whose estimate has the sign of the impact; null without an estimate"),
    "scale": Column("float64", "", "median of estimate / impact; null without an estimate"),
}

SURFACES: dict[str, Column] = {
    "event": Column("int32", "", "before the removal of the unit that is drawn"),
    "layer": Column("int16", "", "of the unit that goes next"),
    "unit": Column("int32", "", "of the unit that goes next"),
    "gain": Column("float64", "", "factor on the unit's output; 1 = trained, 0 = removed"),
    "error": Column("float64", "error", "E(gain) on the pruning rows"),
}

PAIRS: dict[str, Column] = {
    "layer_a": Column("int16", "", "hidden layer of the first unit, 0 = nearest the input"),
    "unit_a": Column("int32", "", "its index in its layer"),
    "layer_b": Column("int16", "", "hidden layer of the second unit"),
    "unit_b": Column("int32", "", "its index in its layer"),
    "impact": Column("float64", "error", "true impact of removing both from the trained network, on the pruning rows"),
}

REINSERTED: dict[str, Column] = {
    "event": Column("int32", "units removed", "the pruned network that the units were put back into, one at a time"),
    "layer": Column("int16", "", "hidden layer, 0 = nearest the input"),
    "unit": Column("int32", "", "index in its layer"),
    "impact": Column(
        "float64", "error", "E(0) - E(1) of the unit in that network; negative: back, it raises the error"
    ),
}

HESSIAN: dict[str, Column] = {
    "layer_a": Column("int16", "", "hidden layer of the first unit, 0 = nearest the input"),
    "unit_a": Column("int32", "", "its index in its layer"),
    "layer_b": Column("int16", "", "hidden layer of the second unit; every pair once, a unit with itself, too"),
    "unit_b": Column("int32", "", "its index in its layer"),
    "curvature": Column("float64", "error", "d2E/dgain_a dgain_b of the trained network, on the pruning rows"),
}

SEARCHED: dict[str, Column] = {
    "event": Column("int32", "units removed", "the size of the set"),
    "error": Column("float64", "error", "the smallest E on the pruning rows that was found for a set of that size"),
    "correct": Column("int64", "samples", "correct on the pruning rows without that set; null in a regression"),
}

SEARCHED_SETS: dict[str, Column] = {
    "event": Column("int32", "units removed", "the size of the set, as in searched"),
    "layer": Column("int16", "", "hidden layer of a unit in it, 0 = nearest the input"),
    "unit": Column("int32", "", "its index in its layer"),
}

TABLES: dict[str, dict[str, Column]] = {
    "events": EVENTS,
    "evaluations": EVALUATIONS,
    "impacts": IMPACTS,
    "agreement": AGREEMENT,
    "surfaces": SURFACES,
    "pairs": PAIRS,
    "reinserted": REINSERTED,
    "hessian": HESSIAN,
    "searched": SEARCHED,
    "searched_sets": SEARCHED_SETS,
    "removals": REMOVALS,
    **WEIGHTS,
    **MASKED,
    "stopped": EVALUATIONS,
}

ON_DEMAND = (
    *("pairs", "reinserted", "hessian", "searched", "searched_sets", "removals"),
    *WEIGHTS,
    *MASKED,
    "stopped",
)
"""Tables that only some cells have; the others record none of them, so that a new one disowns no old result."""


def empty(table: str, declared: Mapping[str, Column] | None = None) -> pd.DataFrame:
    """Return a table without rows, with the declared columns and types.

    >>> list(empty("surfaces").columns)
    ['event', 'layer', 'unit', 'gain', 'error']
    """
    return conform(table, {name: [] for name in declared or TABLES[table]}, declared)


def conform(
    table: str, columns: Mapping[str, object] | pd.DataFrame, declared: Mapping[str, Column] | None = None
) -> pd.DataFrame:
    """Return `columns` as the declared table: its columns in order, in their types, nulls where one is missing.

    Args:
        table: its name.
        columns: by name.
        declared: of a table that a measure of one's own declares; None for one that is declared here.

    Raises:
        KeyError: for a table or a column that is not declared.
    """
    import numpy as np
    import pandas as pd

    declared = declared or TABLES[table]
    frame = pd.DataFrame(columns)
    unknown = set(frame.columns) - set(declared)
    if unknown:
        raise KeyError(f"table {table!r} has no column {sorted(unknown)}; declared: {list(declared)}")
    out = {}
    for name, column in declared.items():
        values = frame[name] if name in frame else pd.Series(np.nan, index=frame.index, dtype="float64")
        if column.dtype == "int64" and values.isna().any():
            out[name] = values.astype("Int64")
        else:
            out[name] = values.astype(column.dtype)  # type: ignore[call-overload]
    return pd.DataFrame(out, columns=list(declared))


def without_timing(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that the same cell reproduces bit by bit; of a table of an earlier version, those it has."""
    timing = {name for name, column in TABLES.get(table, {}).items() if column.timing}
    return frame[[name for name in frame if name not in timing]]
