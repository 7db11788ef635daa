"""Worker processes of a sweep: each is started once, kept to the end, and replaced when it is killed.

A process that has imported PyTorch and MLflow, composed configurations and loaded data is worth ten seconds, so none is
replaced because its memory has grown (as joblib's are): what grows is data that the next cell needs.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Self, TypeVar

from study.common.errors import StudyError
from study.common.lifeline import end_with_parent
from study.common.pool_internals import kill_processes

Item = TypeVar("Item", bound=Hashable)
Found = TypeVar("Found")

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
"""The environment of workers that keep to one thread each."""
TRIES = 3
"""How often an item is begun, when its process is killed."""


class WorkerLostError(StudyError):
    """Raised when the process of an item was killed again and again."""


class Workers:
    """Processes that share a list of work.

    Args:
        count: how many; -1 for one a core; with 1 the work is done in this process.
    """

    def __init__(self, count: int = -1) -> None:
        if count == -1:
            import joblib  # a tenth of a second, for the one command in many that asks for all cores

            count = joblib.cpu_count()
        self.count = count
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self._kill()
        elif self._pool is not None:
            self._pool.shutdown()
        self._pool = None

    def each(
        self,
        function: Callable[[Item], Found],
        items: Sequence[Item],
        lost: Callable[[Item, WorkerLostError], Found] | None = None,
        begun: Callable[[Item], object] = lambda _: None,
    ) -> Iterator[Found]:
        """Yield `function(item)` for every item, as they come.

        A killed process takes the items at work with it; each is given to a new process, by itself.

        Args:
            function: at the top of a module; what it raises is raised here.
            items: in the order in which they are begun.
            lost: what to yield for an item whose process was killed `TRIES` times; without it, that is raised.
            begun: called in this process with every item that a worker begins, also when it begins it again.

        Raises:
            WorkerLostError: for such an item.
        """
        if self.count == 1:
            for item in items:
                begun(item)
                yield function(item)
            return
        waiting, running = list(reversed(items)), dict[Future[Found], Item]()
        alone: list[Item] = []  # at work when a process was killed; tried again one by one, so that who kills is lost
        kills = Counter[Item]()
        while waiting or alone or running:
            while (waiting and not alone and len(running) < self.count) or (alone and not running):
                item = (alone or waiting).pop()
                running[self._begin(function, item)] = item
                begun(item)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                item = running.pop(future)
                try:
                    yield future.result()
                except BrokenProcessPool:
                    kills[item] += 1
                    if kills[item] < TRIES:
                        alone.append(item)
                        continue
                    error = WorkerLostError(f"its worker process was killed {TRIES} times (memory? from outside?)")
                    if lost is None:
                        raise error from None
                    yield lost(item, error)

    def _begin(self, function: Callable[[Item], Found], item: Item) -> Future[Found]:
        try:
            return self._started().submit(function, item)
        except BrokenProcessPool:
            self._kill()
            return self._started().submit(function, item)

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            os.environ.update(ONE_THREAD)
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.count, mp_context=context, initializer=_serve)
        return self._pool

    def _kill(self) -> None:
        if self._pool is None:
            return
        kill_processes(self._pool)
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._pool = None


def beside(
    function: Callable[..., Found],
    *arguments: object,
    begin: Callable[..., object] = end_with_parent,
    given: tuple[object, ...] = (),
) -> Future[Found]:
    """Return the future of `function(*arguments)`, which a process of its own computes.

    Args:
        function: at the top of a module.
        arguments: that can be pickled.
        begin, given: what that process calls first, with shared memory, say; it has to call `end_with_parent`.
    """
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(1, mp_context=context, initializer=begin, initargs=given)
    begun = pool.submit(function, *arguments)
    pool.shutdown(wait=False)
    return begun


def _serve() -> None:
    """Leave interrupts to the parent, and end with it, whatever ended it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
