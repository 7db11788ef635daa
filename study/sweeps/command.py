"""The command `python -m study`: it runs one cell, or a sweep with -m. Only this file uses Hydra's decorator."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import hydra

from study.common import paths
from study.common.command import exit_code
from study.common.errors import SWITCH, StudyError
from study.common.hydra_internals import arguments_parser
from study.config.help_page import help_page
from study.config.overrides import check_overrides
from study.config.schema import register
from study.sweeps.job import broken, job
from study.sweeps.report import began, failures, tell_end

register()
HANDED_OVER = "HYDRA_FULL_ERROR"
"""Environment variable: with `1` Hydra raises errors instead of printing them, tracebacks and all."""


def command(asked: str | None = None) -> int:
    """Run the typed command, print the results and failures of a sweep, and return the exit code.

    Args:
        asked: the command to give again where cells failed; None for the typed one.
    """
    if os.environ.get(HANDED_OVER) == "1":
        os.environ[SWITCH] = "1"
    os.environ[HANDED_OVER] = "1"
    try:
        return exit_code(_run)
    finally:
        if began():
            exit_code(partial(tell_end, command=asked))


def _run() -> int:
    if not (paths.CONF / "config.yaml").is_file():
        raise StudyError(f"{paths.CONF} holds no config.yaml: install the study whole, or run it from its checkout")
    typed = arguments_parser().parse_args()
    own = Path(typed.config_dir).absolute() if typed.config_dir else None
    if typed.help:
        print(help_page(typed.overrides, own))
        return 0
    modes = [f"--{mode}" for mode in ("run", "multirun", "cfg", "info") if getattr(typed, mode)]
    if len(modes) > 1:
        raise StudyError(f"Only one of {' and '.join(modes)} goes at a time: leave the other out")
    if not (typed.hydra_help or typed.shell_completion):
        check_overrides(typed.overrides, own)
        if not (typed.multirun or typed.cfg) and any(text.startswith("+profile=") for text in typed.overrides):
            raise StudyError("+profile=NAME means many cells: add -m to run them")
    hydra.main(version_base="1.3", config_path=str(paths.CONF), config_name="config")(job)()
    if broken:
        raise broken.pop()
    return 1 if failures() else 0
