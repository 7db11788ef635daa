"""Composes the configurations of a running sweep, in the command and in its worker processes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path

from hydra.types import HydraContext
from omegaconf import DictConfig, open_dict, read_write

from study.common.paths import CONF


@dataclass(frozen=True)
class Composing:
    """Composes the cells of a sweep; it can be pickled and sent to a worker process.

    Attributes:
        context, config: of Hydra's plugins.
        token: identifies the sweep in caches; copies in other processes have the same.
    """

    context: HydraContext = field(compare=False)
    config: DictConfig = field(compare=False)
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def compose(self, overrides: tuple[str, ...]) -> DictConfig:
        """Return the configuration of a cell, with Hydra's own."""
        return self.context.config_loader.load_sweep_config(self.config, list(overrides))

    @property
    def folders(self) -> list[Path]:
        """The folders of configuration beside the study's own, as of `--config-dir`."""
        sources = self.config.hydra.runtime.config_sources
        found = [Path(str(source.path)) for source in sources if source.schema == "file"]
        return [folder for folder in found if folder != CONF]


def as_job(cfg: DictConfig, number: int, overrides: tuple[str, ...], of_sweep: DictConfig) -> DictConfig:
    """Return a cell's configuration as Hydra's `run_job` takes it, with the sweep's logging; changes it in place."""
    with read_write(cfg), open_dict(cfg):
        cfg.hydra.job_logging = of_sweep.hydra.job_logging
        cfg.hydra.job.num = number
        cfg.hydra.job.id = f"{cfg.hydra.job.name}_{number}"
        cfg.hydra.overrides.task = list(overrides)
    return cfg
