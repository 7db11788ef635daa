"""What is done around a multirun: its launcher is prepared, and in the end its results and failures are told.

Hydra shows the first failure of a sweep only, whatever the launcher, and no result. The cells' runs hold all of them.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console
from rich.markup import escape

from study.command import tell_failed
from study.errors import StudyError
from study.schema import SweepConfig
from study.sweeps.launchers import keep_to_one_thread, missing

if TYPE_CHECKING:
    from study.tracking import Store

RUNS = "STUDY_SWEEP_RUNS"
"""Environment variable: the file in which a sweep's processes note the runs of its cells, present ones among them."""

_begun: list[tuple[DictConfig, float]] = []


class SweepBegan(Callback):
    """Notes when a multirun began, and with which tracking; named in `conf/config.yaml`."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:  # noqa: ARG002
        """Called by Hydra before it makes the launcher.

        Raises:
            SystemExit: when the launcher is not installed; Hydra turns other exceptions of a callback into warnings.
        """
        if (reason := missing(config.hydra.launcher)) is not None:
            raise SystemExit(f"hydra/launcher={config.hydra.runtime.choices['hydra/launcher']}: {reason}")
        keep_to_one_thread()
        began = time.time()
        file = Path(config.hydra.sweep.dir).absolute() / f"runs-{os.getpid()}-{int(1000 * began)}.txt"
        os.environ[RUNS] = str(file)  # a launcher's processes inherit it
        _begun.append((config, began))


def note_run(run: str | None) -> None:
    """Note in a sweep's process that a cell of it is recorded as a run."""
    file = os.environ.get(RUNS)
    if file is None or run is None:
        return
    with contextlib.suppress(OSError), Path(file).open("a", encoding="utf-8") as noted:
        noted.write(f"{run}\n")


def _noted() -> list[str]:
    """Return the runs that this sweep's processes have noted, each once, and forget them."""
    file = Path(os.environ.pop(RUNS, ""))
    try:
        noted = file.read_text(encoding="utf-8").split()
        file.unlink()
    except OSError:  # nothing was noted: no cell, or a launcher whose processes have an environment of their own
        return []
    return list(dict.fromkeys(noted))


def began() -> bool:
    """Whether this process has begun a multirun of which the end was not told."""
    return bool(_begun)


def tell_end(console: Console | None = None) -> None:
    """Print what came of this process's multirun, and what failed; nothing where there was none, or no record."""
    if not began():
        return
    from study.stores import located, store_of
    from study.sweeps import medians  # pandas and MLflow, for which no sweep that was refused waits

    (config, since), noted = _begun.pop(), _noted()
    try:
        store = store_of(located(config, Path(config.hydra.runtime.cwd)))
    except StudyError:  # every cell has said so
        return
    if store is None:
        return
    if runs := store.standing().finished(noted, since, config.sweep.name):
        name, shared = config.sweep.name, config.sweep.name == SweepConfig().name
        shown = console or Console()
        medians.tell(medians.medians(runs), shown)
        medians.tell_where(store, name, since if shared else None, shown)
    tell_failures(store, since, console or Console(stderr=True))


def tell_failures(store: Store, since: float, console: Console) -> None:
    """Print the cells that failed since a time; nothing where none has."""
    failed = store.standing().failed_since(since)
    if not failed:
        return
    tell_failed(failed, console)
    command = shlex.join(["python", "-m", "study", *sys.argv[1:]])
    console.print(
        f"{len(failed)} cells failed; their runs in {store.uri} hold the reasons (tag study.status = "
        f"failed). The same command runs just those again, what is finished is skipped:\n  {escape(command)}",
        highlight=False,
        soft_wrap=True,
    )
