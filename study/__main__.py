"""`python -m study`: one cell, or with -m a sweep of cells. The only place that knows Hydra's decorator."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

import hydra
from hydra._internal.utils import get_args_parser
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from study.command import exit_code, wants_tracebacks
from study.common.lifeline import end_with_parent
from study.errors import SWITCH, StudyError, said
from study.help_page import help_page
from study.overrides import check_overrides
from study.places import CONF
from study.population import check_population
from study.schema import register
from study.sweeps.report import began, note_run, tell_end

register()
log = logging.getLogger("study")
HANDED_OVER = "HYDRA_FULL_ERROR"
"""Environment variable: with `1` Hydra raises errors instead of printing them, tracebacks and all."""
_broken: list[Exception] = []
"""What ended a command's one cell: raised when Hydra, which would print the job's overrides first, has returned."""


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def main(cfg: DictConfig) -> None:
    """Run one cell."""
    end_with_parent()  # a launcher's worker
    job = HydraConfig.get()
    alone = job.mode == RunMode.RUN
    try:
        if alone:  # in a sweep, the store takes note of a cell that is refused
            check_population(cfg)
        # torch and all the rest: the help and a mistyped key wait for none of it
        from study.run import run_cell
        from study.stores import located

        note_run(run_cell(located(cfg, Path(job.runtime.cwd)), alone))
    except Exception as error:
        if wants_tracebacks():
            raise
        if alone:
            _broken.append(error)
            return
        log.error("failed: %s: %s", " ".join(job.overrides.task), said(error))
        # In a sweep the other cells go on; a message crosses from a worker process to this one, not every error does.
        raise CompactHydraException(said(error)) from error


def command() -> int:
    """Run what the command line asks for, tell what came of a sweep, and return the exit code."""
    if os.environ.get(HANDED_OVER) == "1":
        os.environ[SWITCH] = "1"
    os.environ[HANDED_OVER] = "1"
    try:
        return exit_code(_run)
    finally:
        if began():
            exit_code(tell_end)


def _run() -> int:
    if not (CONF / "config.yaml").is_file():
        raise StudyError(f"{CONF} holds no config.yaml: install the study whole, or run it from its checkout")
    typed = get_args_parser().parse_args()
    own = Path(typed.config_dir).absolute() if typed.config_dir else None
    if typed.help:
        print(help_page(typed.overrides, own))
        return 0
    modes = [f"--{mode}" for mode in ("run", "multirun", "cfg", "info") if getattr(typed, mode)]
    if len(modes) > 1:
        raise StudyError(f"Only one of {' and '.join(modes)} goes at a time: leave the other out")
    if not (typed.hydra_help or typed.shell_completion):
        check_overrides(typed.overrides, own)
    main()
    if _broken:
        raise _broken.pop()
    return 0


if __name__ == "__main__":
    sys.argv[0] = "study"
    sys.exit(command())
