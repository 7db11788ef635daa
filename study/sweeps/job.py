"""One cell as a Hydra job, which every launcher runs."""

from __future__ import annotations

import logging
from pathlib import Path

from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from study.common.command import wants_tracebacks
from study.common.errors import said
from study.common.lifeline import end_with_parent
from study.config.population import check_population
from study.sweeps.report import note_runs

log = logging.getLogger("study")
broken: list[Exception] = []
"""The error of a command's single cell, raised after Hydra has returned: Hydra would print the overrides first."""


def job(cfg: DictConfig) -> None:
    """Run one cell."""
    end_with_parent()  # a launcher's worker
    hydra = HydraConfig.get()
    alone = hydra.mode == RunMode.RUN
    try:
        if alone:  # in a sweep, the store takes note of a cell that is refused
            check_population(cfg)
        # torch and all the rest: the help and a mistyped key wait for none of it
        from study.cells.run import run_cell
        from study.tracking.stores import located

        note_runs([run_cell(located(cfg, Path(hydra.runtime.cwd)), alone)])
    except Exception as error:
        if wants_tracebacks():
            raise
        if alone:
            broken.append(error)
            return
        log.error("failed: %s: %s", " ".join(hydra.overrides.task), said(error))
        # In a sweep the other cells go on; a message crosses from a worker process to this one, not every error does.
        raise CompactHydraException(said(error)) from error
