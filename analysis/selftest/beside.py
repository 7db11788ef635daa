"""The rates, computed in a process of their own beside other work, and how far that is."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import wait
from multiprocessing.sharedctypes import SynchronizedArray
from pathlib import Path

import pandas as pd

from analysis.selftest.once import rates_once
from study.common.lifeline import end_with_parent
from study.sweeps.workers import beside

LOOK = 0.3
"""Seconds between two looks at how far it is."""

_counted: SynchronizedArray[int] | None = None


class Beside:
    """The self-test of a report, begun at once: it needs nothing of the store, and half a minute the first time.

    Args:
        folder, repetitions: as of `rates_once`.
    """

    def __init__(self, folder: Path, repetitions: int) -> None:
        self._count = multiprocessing.get_context("spawn").Array("i", 2)
        self._rates = beside(_rates, folder, repetitions, begin=_begin, given=(self._count,))

    def result(self, told: Callable[[int, int], None]) -> pd.DataFrame:
        """Wait for the rates.

        Args:
            told: how many of the designs are drawn, and of how many, a few times a second.
        """
        while not self._rates.done():
            told(self._count[0], self._count[1])
            wait([self._rates], LOOK)
        return self._rates.result()


def _begin(count: SynchronizedArray[int]) -> None:
    global _counted
    _counted = count
    end_with_parent()


def _rates(folder: Path, repetitions: int) -> pd.DataFrame:
    return rates_once(folder, repetitions, told=_note)


def _note(done: int, total: int) -> None:
    assert _counted is not None
    _counted[:] = [done, total]
