"""`python -m study`: one cell, or with -m a sweep of cells. The only place that knows Hydra's decorator."""

from __future__ import annotations

import logging
import sys
import traceback

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import CompactHydraException
from hydra.types import RunMode
from omegaconf import DictConfig

from study.config import CONF, register
from study.errors import StudyError
from study.run import run_cell
from study.sweep_end import tell_failures

register()
log = logging.getLogger("study")


@hydra.main(version_base="1.3", config_path=str(CONF), config_name="config")
def main(cfg: DictConfig) -> None:
    """Run one cell."""
    try:
        run_cell(cfg, HydraConfig.get().mode == RunMode.RUN)
    except StudyError as error:
        # Hydra shows a compact exception as its message alone and exits with 1; in a sweep the other cells go on.
        raise CompactHydraException(f"{error}") from error
    except Exception:
        if HydraConfig.get().mode == RunMode.MULTIRUN:
            log.error("%s", traceback.format_exc())
        raise


if __name__ == "__main__":
    sys.argv[0] = "study"
    try:
        main()
    finally:
        tell_failures()
