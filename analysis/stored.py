"""The tables of finished cells, read from the store's files: each as it was written, or its cell is told as damaged."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.frames import DAMAGED_COLUMNS, READ, no_damaged, no_rows
from study.records import conform, upgraded
from study.tracking.inspection import CELL, Kind, flaw, listed, tables_of
from study.tracking.manifest import DamagedError, beside
from study.tracking.runs import Runs

GLANCE, DIGEST = "at a glance", "by its digest"
"""How it was seen that a run is damaged: by the sizes of its files, or only by reading them."""


def looked_at(runs: Runs, kind: Kind, listing: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the newest whole run of every key, older whole ones, and the keys of which none is whole.

    Where the store's files are behind a server they are not looked at: each costs a request.

    Args:
        runs: of the experiment.
        kind: of the runs.
        listing: their tags and `run_id`, oldest first.
    """
    reasons = [
        None if runs.folder is None else flaw(runs, kind, run, digest, thorough=False)
        for run, digest in zip(listing["run_id"], listing[kind.digest], strict=True)
    ]
    wrong = pd.Series(reasons, index=listing.index, dtype="object")
    whole = listing[wrong.isna()]
    newest = whole.drop_duplicates(kind.key, keep="last")
    lost = listing[~listing[kind.key].isin(set(newest[kind.key]))].drop_duplicates(kind.key, keep="last")
    lost = lost.assign(reason=wrong.loc[lost.index])
    return newest, whole.drop(newest.index), damaged(lost, GLANCE)


def damaged(lost: pd.DataFrame, how: str) -> pd.DataFrame:
    """Return runs with the column `reason` as rows of `Frames.damaged`."""
    return pd.concat([no_damaged(), lost.assign(seen=how)[list(DAMAGED_COLUMNS)].astype("str")], ignore_index=True)


def read_cells(
    runs: Runs, cells: pd.DataFrame, spare: pd.DataFrame, names: Sequence[str] = READ
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame], pd.DataFrame]:
    """Return the cells that were read, their tables, and those that are damaged.

    Args:
        runs: of the experiment.
        cells: a row a cell.
        spare: older runs of the same cells; one of them is read where the newest is damaged.
        names: of the tables that are kept; the others are looked at by their digest, and forgotten.
    """
    older: dict[str, list[str]] = {}
    for key, run in spare.loc[::-1, ["key", "run_id"]].itertuples(index=False):
        older.setdefault(key, []).append(run)
    known = pd.concat([cells, spare]).set_index("run_id", drop=False)
    digest_of = dict(zip(known["run_id"], known["tables_digest"], strict=True))
    candidates = [[run, *older.get(key, [])] for key, run in cells[["key", "run_id"]].itertuples(index=False)]
    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(partial(_first_whole, runs, digest_of, names), candidates))
    reasons = {run: held for run, held in found if isinstance(held, str)}
    kept = {str(known.at[run, "key"]): held for run, held in found if not isinstance(held, str)}
    read = known.loc[[run for run, held in found if not isinstance(held, str)]]
    lost = known.loc[list(reasons)].assign(reason=pd.Series(reasons, dtype="str"))
    out, network_of = {}, dict(zip(read["key"], read["network"], strict=True))
    for name in names:
        of_key = {key: table for key, tables in kept.items() if len(table := tables.pop(name, ()))}
        out[name] = _frame(name, of_key, network_of) if of_key else no_rows(name)
    return read, out, damaged(lost, DIGEST)


def _first_whole(
    runs: Runs, digest_of: Mapping[str, str], names: Sequence[str], candidates: Sequence[str]
) -> tuple[str, dict[str, pa.Table] | str]:
    """Return the first of a cell's runs that can be read, with its tables; else the newest, with what is wrong."""
    reasons = []
    for run in candidates:
        try:
            with runs.reading(run) as folder:
                tables = tables_of(listed(folder, CELL, digest_of[run]), digest_of[run])
                return run, {name: table for name, table in tables.items() if name in names}
        except DamagedError as error:
            reasons.append(str(error))
    return candidates[0], reasons[0]


def _frame(name: str, of_key: dict[str, pa.Table], network_of: Mapping[str, str]) -> pd.DataFrame:
    frame = pa.concat_tables(of_key.values(), promote_options="permissive").to_pandas()
    lengths = [len(table) for table in of_key.values()]
    networks = np.repeat(np.array([network_of[key] for key in of_key], dtype=object), lengths)
    frame = conform(name, upgraded(name, frame, networks))
    frame.insert(0, "key", pd.Series(np.repeat(np.array(list(of_key), dtype=object), lengths), dtype="str"))
    return frame


def environment(runs: Runs, run: str) -> dict[str, str]:
    """Return what a cell's numbers may depend on beside its settings; nothing where that is lost."""
    try:
        with runs.reading(run) as folder:
            found = json.loads(beside(folder)["environment.json"])
    except (DamagedError, KeyError, ValueError):
        return {}
    return {str(name): str(value) for name, value in found.items()} if isinstance(found, dict) else {}
