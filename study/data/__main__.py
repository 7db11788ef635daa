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
from study.data._mnist_files import MNIST
from study.data._registry import load_dataset, names
from study.data.base import DataUnavailableError


def main(arguments: list[str] | None = None) -> int:
    """Fetch, then load every data set; return 0 if all are there, else 1."""
    parser = argparse.ArgumentParser(prog="python -m study.data", description=__doc__)
    parser.add_argument("--folder", type=Path, help="data folder (default: STUDY_DATA, else data/ in the checkout)")
    folder = parser.parse_args(arguments).folder
    console = Console()
    try:
        fetch(MNIST, folder, console)
    except DataUnavailableError as error:
        console.print(str(error), style="yellow", markup=False)

    table = Table("data set", "state", "source", "training / pruning / held out", "SHA-256 of the data")
    complete = True
    for name in names():
        try:
            data = load_dataset(name, folder=folder) if _is_local(name, folder) else None
        except StudyError as error:
            console.print(f"{name}: {error}", style="red", markup=False)
            table.add_row(name, "refused", "", "", "")
            complete = False
            continue
        if data is None:
            table.add_row(name, "not available", "", "", "")
            complete = False
            continue
        sizes = " / ".join(f"{len(split):,}" for split in (data.training, data.pruning, data.held_out))
        table.add_row(name, "ok", data.source, sizes, data.digest[:12])
    console.print(table)
    return 0 if complete else 1


def _is_local(name: str, folder: Path | None) -> bool:
    from study.data import missing

    return missing(name, folder=folder) is None


if __name__ == "__main__":
    sys.exit(exit_code(main))
