"""Progress of a command by steps: in a terminal one moving line, elsewhere a plain line a step.

It goes to the error stream, so that what a command prints can be piped and kept without it.
"""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

EVERY = 30.0
"""Seconds between two lines about one step where there is no terminal."""


class Steps:
    """The steps of a command, one after the other; call it with a step's name when that begins.

    Args:
        console: where they are told; by default the error stream.
        every: seconds between two lines about how far one step is, where there is no terminal.

    >>> import sys
    >>> with Steps(Console(file=sys.stdout), every=0) as step:
    ...     step("Reading the store")
    ...     step("Self-test", 20, 80)
    Reading the store
    Self-test: 20 of 80
    """

    def __init__(self, console: Console | None = None, every: float = EVERY) -> None:
        self.console = console or Console(stderr=True)
        self.every = every
        self._step, self._told = "", 0.0
        self._line: Progress | None = None

    def __enter__(self) -> Self:
        if self.console.is_interactive:
            columns = SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn()
            self._line = Progress(*columns, console=self.console, transient=True)
            self._line.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._line is not None:
            self._line.stop()
            self._line = None

    def __call__(self, step: str, done: int | None = None, total: int | None = None) -> None:
        """Say that a step begins, or how far it is.

        Args:
            step: what is done, in words.
            done, total: parts of it, where they are known.
        """
        words = step if not total else f"{step}: {done} of {total}"
        if self._line is not None:
            self._move(step, words)
        elif step != self._step or time.monotonic() - self._told >= self.every:
            self.console.print(words, markup=False, highlight=False, soft_wrap=True)
            self._told = time.monotonic()
        self._step = step

    def _move(self, step: str, words: str) -> None:
        assert self._line is not None
        if step != self._step:  # its seconds are counted from here
            for task in self._line.task_ids:
                self._line.remove_task(task)
            self._line.add_task("", total=None)
        self._line.update(self._line.task_ids[0], description=escape(words))
