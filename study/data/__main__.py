"""Fetch what data sets need and say for each whether it is there: `python -m study.data`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from study.common.command import exit_code
from study.common.errors import StudyError
from study.data._fetch import fetch
from study.data._registry import collection, load_dataset, missing, names
from study.data.base import DataUnavailableError


def main(arguments: list[str] | None = None) -> int:
    """Fetch, then load every data set.

    Returns:
        0 if all are there, but for those whose files cannot be downloaded by anybody; else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m study.data", description=__doc__)
    parser.add_argument("--folder", type=Path, help="data folder (default: STUDY_DATA, else data/ in the checkout)")
    folder = parser.parse_args(arguments).folder
    console = Console()
    files = {name: collection(name) for name in names()}
    for wanted in dict.fromkeys(files.values()):
        if wanted is not None and wanted.mirrors:
            try:
                fetch(wanted, folder, console)
            except DataUnavailableError as error:
                console.print(str(error), style="yellow", markup=False)

    table = Table("data set", "state", "source", "training / pruning / held out", "SHA-256 of the data")
    complete = True
    for name in names():
        try:
            data = load_dataset(name, folder=folder) if missing(name, folder=folder) is None else None
        except StudyError as error:
            console.print(f"{name}: {error}", style="red", markup=False)
            table.add_row(name, "refused", "", "", "")
            complete = False
            continue
        if data is None:
            table.add_row(name, "not available", "", "", "")
            needed = files[name]
            complete = complete and needed is not None and not needed.mirrors
            continue
        sizes = " / ".join(f"{len(split):,}" for split in (data.training, data.pruning, data.held_out))
        table.add_row(name, "ok", data.source, sizes, data.digest[:12])
    console.print(table)
    return 0 if complete else 1


if __name__ == "__main__":
    sys.exit(exit_code(main))
