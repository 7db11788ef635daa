"""Fetch what data sets need and say for each whether it is there: `python -m study.data`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn
from rich.table import Table

from study.command import exit_code
from study.data import _sources
from study.data._mnist_files import MNIST
from study.data._registry import load_dataset, names
from study.data.base import DataUnavailableError
from study.errors import StudyError


class _Bar:
    """One download's line in a rich progress display, with the methods that pooch calls."""

    def __init__(self, display: Progress, url: str) -> None:
        self._display = display
        self._task: TaskID = display.add_task(url.rsplit("/", 1)[-1], total=None)

    @property
    def total(self) -> float | None:
        """Bytes to come."""
        return self._display.tasks[self._task].total

    @total.setter
    def total(self, size: int) -> None:
        self._display.update(self._task, total=size)

    def update(self, size: int) -> None:
        """Count `size` further bytes."""
        self._display.advance(self._task, size)

    def reset(self) -> None:
        """Start from zero; pooch then counts the true total."""
        self._display.reset(self._task, total=self.total)

    def close(self) -> None:
        """Leave the line as it is."""


def fetch(folder: Path | None, console: Console) -> None:
    """Download the MNIST files that lie in no local folder, with a progress bar each.

    Raises:
        DataUnavailableError: if that fails.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console) as display:
        _sources.ensure(MNIST, folder, progress=lambda url: _Bar(display, url))


def main(arguments: list[str] | None = None) -> int:
    """Fetch, then load every data set; return 0 if all are there, else 1."""
    parser = argparse.ArgumentParser(prog="python -m study.data", description=__doc__)
    parser.add_argument("--folder", type=Path, help="data folder (default: STUDY_DATA, else data/ in the checkout)")
    folder = parser.parse_args(arguments).folder
    console = Console()
    try:
        fetch(folder, console)
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
