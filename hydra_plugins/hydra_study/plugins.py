"""The classes of `hydra/sweeper=grids` and `hydra/launcher=pool`.

Hydra imports this module whenever it starts: the work is done in `study.sweeps`, which is imported when a sweep begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.core.plugins import Plugins
from hydra.core.utils import JobReturn
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig

if TYPE_CHECKING:
    from study.sweeps.workers import Workers


class GridSweeper(Sweeper):
    """Expands grids into cells and launches those that are not finished; see `study.sweeps.sweeper`.

    Args:
        params: the grid of an experiment or of a command: key -> values, in Hydra's grammar.
        about, grids: of a profile: its description and its grids.
        max_batch_size: cells that the launcher is given at once; None for all.
        check: whether every finished cell's files are read and compared with their digests; else each is looked at.
        offline: whether a profile leaves out what lacks data, instead of downloading them.
    """

    hydra_context: HydraContext
    config: DictConfig
    launcher: Launcher

    def __init__(
        self,
        params: DictConfig | None = None,
        about: str | None = None,
        grids: Any = None,
        max_batch_size: int | None = None,
        check: bool = False,
        offline: bool = False,
    ) -> None:
        self.params, self.about, self.grids = params, about, grids
        self.max_batch_size, self.check, self.offline = max_batch_size, check, offline

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before `sweep`."""
        self.hydra_context, self.config = hydra_context, config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        """Run the cells that are not finished.

        Args:
            arguments: the typed settings, without Hydra's own.
        """
        from study.sweeps.wanted import wanted

        grids = wanted(self, arguments)  # PyTorch and MLflow come with the next import: a slip waits for neither
        from study.sweeps.sweeper import sweep

        return sweep(self, grids)


class PoolLauncher(Launcher):
    """Runs cells in worker processes of this machine and shows the progress; see `study.sweeps.launcher`.

    Args:
        jobs: worker processes; -1 for one a core; with 1 the cells are computed in this process.
        log: file that gets a line a cell; None for the error stream, unless a terminal shows the progress.
    """

    def __init__(self, jobs: int = -1, log: str | None = None) -> None:
        self.jobs, self.log = jobs, None if log is None else Path(log)

    def setup(self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig) -> None:
        """Called by Hydra before `launch`."""
        self.hydra_context, self.task_function, self.config = hydra_context, task_function, config

    @cached_property
    def workers(self) -> Workers:
        """The processes, which may also plan the sweep before they run its cells."""
        from study.sweeps.launcher import workers_of

        return workers_of(self.jobs)

    def launch(self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int) -> Sequence[JobReturn]:
        """Run cells.

        Args:
            job_overrides: the overrides of each.
            initial_job_idx: number of the first one in the sweep.
        """
        from study.sweeps.launcher import launch

        return launch(self, job_overrides, initial_job_idx)
