"""Progress of a sweep: cells at work, cells done, and an estimate of the time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self

import numpy as np
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table

from study.sweeps.estimate import Estimate, left
from study.sweeps.grid import Job

EVERY = 60.0
"""Seconds between two lines where there is no terminal."""
LOOKS = 5.0
"""Seconds between two estimates: a profile has thousands of cells."""
OF_NETWORK = ("seed",)
OF_CELL = (*OF_NETWORK, "method.params.draw")
"""Settings in which cells of one kind differ."""


class Board:
    """Shows progress: in a terminal a bar and a line a worker, elsewhere a plain line every minute and one at the end.

    Args:
        jobs: all that are to be run.
        workers: processes that share them.
        console: where progress is printed.
        every: seconds between two plain lines.
    """

    def __init__(self, jobs: Sequence[Job], workers: int, console: Console, every: float = EVERY) -> None:
        self.console, self.workers, self.every = console, max(1, min(workers, len(jobs))), every
        self.total, self.done, self.failed = len(jobs), 0, 0
        self._since = self._looked = time.monotonic()
        self._running: dict[Job, float] = {}
        self._waiting = dict.fromkeys(jobs)
        self._traits = _traits(jobs)
        self._estimate = Estimate()
        self._costs: dict[Job, float] = {}
        self._over = threading.Event()
        self._shown: Live | threading.Thread | None = None

    def __enter__(self) -> Self:
        if self.console.is_interactive:
            self._shown = Live(get_renderable=self.__rich__, console=self.console, refresh_per_second=2, transient=True)
        else:
            self._shown = threading.Thread(target=self._tell, daemon=True)
        self._shown.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._over.set()
        if isinstance(self._shown, Live):
            self._shown.stop()
        elif self._shown is not None:
            self._shown.join()
        self._print(f"{self.counts} in {_clock(time.monotonic() - self._since)}")

    def begun(self, job: Job) -> None:
        """Note that a worker begins a cell."""
        self._waiting.pop(job, None)
        self._running[job] = time.monotonic()

    def ended(self, job: Job, failed: bool = False) -> None:
        """Note that a cell is done, or has failed."""
        seconds = time.monotonic() - self._running.pop(job, time.monotonic())
        self.done += 1
        self.failed += failed
        if not failed:
            self._estimate.add(seconds, self._traits[job])

    @property
    def counts(self) -> str:
        """How many cells are done."""
        return f"{self.done} of {self.total} cells" + (f", {self.failed} failed" if self.failed else "")

    def left(self) -> float | None:
        """Return the estimated seconds left, from the cost of each kind of cell; None while too few cells are done."""
        now = time.monotonic()
        if not self._costs or now - self._looked > LOOKS:
            jobs = [*list(self._running), *list(self._waiting)]
            found = self._estimate.seconds([self._traits[job] for job in jobs])
            if found is None:
                return None
            self._costs, self._looked = dict(zip(jobs, found.tolist(), strict=True)), now
        running = [max(0.0, self._costs.get(job, 0.0) - (now - since)) for job, since in list(self._running.items())]
        waiting = [self._costs.get(job, 0.0) for job in list(self._waiting)]
        return left(np.array(running), np.array(waiting), self.workers)

    def line(self) -> str:
        """Return the progress in one line."""
        seconds = self.left()
        rest = "how long it takes is not known yet" if seconds is None else f"about {_roughly(seconds)} left"
        return f"{self.counts}, {_clock(time.monotonic() - self._since)}, {rest}"

    def __rich__(self) -> Group:
        """Return the bar and the workers' lines."""
        now = time.monotonic()
        top = Table.grid(padding=(0, 1))
        top.add_row(ProgressBar(self.total, self.done, width=24), self.line())
        workers = Table.grid(padding=(0, 2))
        for _ in range(4):
            workers.add_column(no_wrap=True, overflow="ellipsis")
        for job, since in list(self._running.items()):
            workers.add_row(f"  {job.grid}", job.population, _words(job), _clock(now - since))
        return Group(top, workers)

    def _tell(self) -> None:
        while not self._over.wait(self.every):
            self._print(self.line())

    def _print(self, line: str) -> None:
        self.console.print(line, highlight=False, markup=False, soft_wrap=True)


def _settings(job: Job) -> dict[str, str]:
    return dict(setting.split("=", 1) for setting in (*job.choices, *job.values))


def _words(job: Job) -> str:
    """Return a cell's settings beside sweep and population, the usual ones without their names."""
    of = {name: value for name, value in _settings(job).items() if name != "population"}
    named = {name.rpartition(".")[2]: value for name, value in of.items() if name not in ("method", "ranking")}
    plain = [of[name] for name in ("method", "ranking") if name in of]
    return ", ".join([*plain, *(f"{name} {value}" for name, value in named.items())])


def _traits(jobs: Sequence[Job]) -> dict[Job, tuple[object, ...]]:
    """Return the traits on which a cell's cost may depend; the first cell of a network trains it."""
    trained, found = set[tuple[str, ...]](), dict[Job, tuple[object, ...]]()
    for job in jobs:
        of = _settings(job)
        network = (job.population, *(of.get(name, "") for name in OF_NETWORK))
        kind = tuple(sorted((k, v) for k, v in of.items() if k not in (*OF_CELL, "population")))
        first = () if network in trained else (("trains", job.population), "trains")
        trained.add(network)
        found[job] = (job.population, kind, (job.population, kind), *first)
    return found


def _clock(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))


def _roughly(seconds: float) -> str:
    """Return a duration, rounded as coarsely as it is known.

    >>> _roughly(42), _roughly(500), _roughly(9000)
    ('40 s', '8 min', '2 h 30 min')
    """
    if seconds < 90:
        return f"{10 * max(1, round(seconds / 10))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
