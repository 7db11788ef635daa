"""`python -m analysis` in this process, with a self-test that was drawn once for all reports of a session."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

import pandas as pd
import pytest

from analysis import __main__ as command
from analysis.selftest import rates_once
from study.common.command import exit_code
from tests.hostile.commands import Ended, plain

DRAWS = 20
"""The fewest that a report takes."""


class Drawn:
    """Stands in for the self-test's process of its own: the rates are in a folder."""

    def __init__(self, kept: Path, _: Path, repetitions: int) -> None:
        self._kept, self._repetitions = kept, repetitions

    def result(self, told: Callable[[int, int], None]) -> pd.DataFrame:
        told(1, 1)
        return rates_once(self._kept, self._repetitions)


def analysis(drawn: Path, *arguments: object) -> Ended:
    """Run the command on the self-test that lies in a folder (the fixture `drawn`)."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr("sys.argv", ["analysis", "--selftest", f"{DRAWS}", *map(str, arguments)])
        patch.setattr("analysis.selftest.Beside", partial(Drawn, drawn))
        code = exit_code(command.main)
    return Ended(code, plain(out.getvalue()), plain(err.getvalue()))
