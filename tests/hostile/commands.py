"""Runs a command as `python -m MODULE ...` does, in this process, and holds what it may never do against it."""

from __future__ import annotations

import logging
import os
import re
import runpy
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from study.common.paths import ROOT


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    Attributes:
        code: its exit code.
        out, err: what it printed, every run of blanks one blank (the terminal's width breaks lines anywhere).
    """

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return f"{self.out} {self.err}"


def plain(text: str) -> str:
    return " ".join(text.split())


def refused(done: Ended, told: str, codes: tuple[int, ...] = (1, 2)) -> None:
    """A non-zero exit, a message that tells, and no traceback."""
    assert "Traceback" not in done.said, done.said
    assert done.code in codes, done
    assert re.search(told, done.said), done.said


SET_BY_COMMANDS = ("HYDRA_FULL_ERROR", "STUDY_TRACEBACK")


def in_process(capsys, monkeypatch, module: str, *arguments: object) -> Ended:
    """Run a module as a program: its own `__main__`, its own arguments, its own exit."""
    monkeypatch.setattr(sys, "argv", [module, *map(str, arguments)])
    root, raising = logging.getLogger(), logging.raiseExceptions
    handlers, level = list(root.handlers), root.level
    sys.modules.pop(f"{module}.__main__", None)  # runpy warns of a module that is there already
    capsys.readouterr()
    code: object = 0
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as end:
        code = end.code
    finally:  # a process would leave nothing behind
        for name in SET_BY_COMMANDS:
            os.environ.pop(name, None)
        root.handlers[:], logging.raiseExceptions = handlers, raising
        root.setLevel(level)
    printed = capsys.readouterr()
    return Ended(code if isinstance(code, int) else int(bool(code)), plain(printed.out), plain(printed.err))


def process(module: str, *arguments: object, folder: Path = ROOT, **environment: str) -> Ended:
    """Run a module as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
        env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
    )
    return Ended(done.returncode, plain(done.stdout), plain(done.stderr))
