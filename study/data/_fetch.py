"""Downloads under a progress bar."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from study.data import _sources
from study.data._sources import Collection


class _Line:
    """One download's line in a rich progress display."""

    def __init__(self, display: Progress, url: str) -> None:
        self._display = display
        self._task: TaskID = display.add_task(url.rsplit("/", 1)[-1], total=None)

    @property
    def total(self) -> float | None:
        """Bytes to come."""
        return self._display.tasks[self._task].total

    @total.setter
    def total(self, size: float | None) -> None:
        self._display.update(self._task, total=size)

    def update(self, size: int) -> None:
        """Count `size` further bytes."""
        self._display.advance(self._task, size)


def fetch(collection: Collection, folder: Path | None, console: Console) -> None:
    """Download the files of a collection that lie in no local folder, with a progress bar each.

    Raises:
        DataUnavailableError: if that fails.
    """
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_interactive) as display:
        _sources.ensure(collection, folder, progress=lambda url: _Line(display, url))
