"""`python -m tests.pinned write`: record the cells anew, for new ones. `... check`: hold a run of the profile smoke
(`make reproduce PROFILE=smoke`) against the pinned digests; `... smoke`: pin them."""

from __future__ import annotations

import json
import sqlite3
import sys
import tarfile
import tempfile
from contextlib import closing
from pathlib import Path

import pandas as pd

from study.cells.run import run_cell, store_of
from study.common.paths import ROOT
from study.tracking import Store
from study.tracking.digest import tables_digest
from tests.pinned.cells import ASKED, PINNED, STORE, cell, machine, of_profile, of_version_1, pinned, recorded


def write() -> None:
    """Record all cells and pin their keys, digests and the names of their tags; the digests of smoke stay."""
    found = pinned() if PINNED.exists() else {"smoke": {}}
    found |= {"machine": machine(), "keys": {}, "cells": {}}
    for name in ASKED["keys"]:
        one = cell(of_profile(name))
        found["keys"][name] = {"key": one.key, "network_key": one.network_key}
    with tempfile.TemporaryDirectory() as folder:
        for name in ASKED["cells"]:
            cfg = recorded(name, Path(folder))
            run = run_cell(cfg, alone=False)
            store = store_of(cfg)
            assert run is not None
            assert store is not None
            tags = store.statuses().runs.client.get_run(run).data.tags
            kept = {word: tags[f"study.{word}"] for word in ("key", "network_key", "tables_digest")}
            found["cells"][name] = kept
            found["tags"] = sorted({*found.get("tags", ()), *(t for t in tags if t.startswith("study."))})
        with closing(sqlite3.connect(Path(folder) / "mlflow" / "mlflow.db")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("VACUUM")
        with tarfile.open(STORE, "w:gz") as packed:
            for part in ("mlflow", "networks"):
                packed.add(Path(folder) / part, part)
    PINNED.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n")


def smoke() -> dict[str, str]:
    """Return key -> digest of the cells of the profile smoke that lie in `outputs/`."""
    store = Store(f"sqlite:///{ROOT}/outputs/mlflow/mlflow.db")
    runs = store.statuses().runs
    found = runs.client.search_runs(
        [runs.experiment], "tags.`study.sweep` = 'smoke' AND tags.`study.status` = 'finished'"
    )
    cells = {run.info.run_id: run.data.tags for run in found if run.data.tags["study.kind"] == "cell"}
    return {tags["study.key"]: _digest(store.artifacts / run / "artifacts" / "tables") for run, tags in cells.items()}


def _digest(folder: Path) -> str:
    return tables_digest(of_version_1({file.stem: pd.read_parquet(file) for file in folder.glob("*.parquet")}))


def check() -> int:
    """Compare them with the pinned ones: their keys on any machine, their bits on one like that of the pins."""
    was, now = pinned(), smoke()
    missing = sorted(set(was["smoke"]) - set(now))
    same = machine() == was["machine"]
    changed = sorted(key for key in now if same and was["smoke"].get(key, now[key]) != now[key])
    print(f"{len(now)} cells of smoke, {len(missing)} pinned ones missing (six need MNIST), {len(changed)} changed")
    print("" if same else "another machine than that of the pins: the last bits are not compared", end="")
    return int(bool(changed) or len(missing) > 6)


if __name__ == "__main__":
    if sys.argv[1:] == ["write"]:
        write()
    elif sys.argv[1:] == ["smoke"]:
        PINNED.write_text(json.dumps(pinned() | {"smoke": smoke()}, indent=1, sort_keys=True) + "\n")
    elif sys.argv[1:] == ["check"]:
        sys.exit(check())
    else:
        sys.exit(__doc__)
