"""`python -m study`: one cell, or with -m a sweep of cells. The only place that knows Hydra's decorator."""

from __future__ import annotations

import logging
import os
import sys

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException, HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException

from study.command import exit_code, wants_tracebacks
from study.errors import SWITCH, hint, said
from study.lifeline import end_with_parent
from study.places import CONF
from study.schema import register
from study.sweep_end import note_run, tell_end

register()
log = logging.getLogger("study")
HANDED_OVER = "HYDRA_FULL_ERROR"
"""Environment variable: with `1` Hydra raises errors instead of printing them, tracebacks and all."""


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def main(cfg: DictConfig) -> None:
    """Run one cell."""
    from study.run import run_cell  # torch and all the rest: the help and a mistyped key wait for none of it

    end_with_parent()  # a launcher's worker
    job = HydraConfig.get()
    try:
        note_run(run_cell(cfg, job.mode == RunMode.RUN))
    except Exception as error:
        if wants_tracebacks():
            raise
        if job.mode == RunMode.MULTIRUN:
            log.error("failed: %s: %s", " ".join(job.overrides.task), said(error))
        # In a sweep the other cells go on; a message crosses from a worker process to this one, not every error does.
        raise CompactHydraException(said(error)) from error


def command() -> int:
    """Run what the command line asks for, tell what came of a sweep, and return the exit code."""
    if os.environ.get(HANDED_OVER) == "1":
        os.environ[SWITCH] = "1"
    os.environ[HANDED_OVER] = "1"

    def run() -> int:
        try:
            main()
        except (HydraException, OmegaConfBaseException) as error:
            if wants_tracebacks():
                raise
            cause = error.__cause__
            more = f"{cause}" if isinstance(cause, OmegaConfBaseException) else hint(cause)
            print(*(line for line in (f"{error}", more) if line), sep="\n", file=sys.stderr)
            return 1
        return 0

    try:
        return exit_code(run)
    finally:
        exit_code(tell_end)


if __name__ == "__main__":
    sys.argv[0] = "study"
    sys.exit(command())
