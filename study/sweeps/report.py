"""Checks the launcher before a sweep, and prints results and failures after it.

Hydra itself prints no result and only the first failure of a sweep. The runs of the cells hold all of them.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console
from rich.markup import escape

from study.common.command import tell_failed
from study.common.errors import StudyError
from study.config.schema import SweepConfig
from study.sweeps.grid import counted
from study.sweeps.launchers import keep_to_one_thread, missing

if TYPE_CHECKING:
    from study.tracking import Store

RUNS = "STUDY_SWEEP_RUNS"
"""Environment variable: the file in which the processes of a sweep note the runs of its cells, finished ones too."""


@dataclass
class _Begun:
    """A multirun of this process.

    Attributes:
        config: Hydra's, with the tracking.
        since: when it began, in seconds of the epoch.
        failed: cells and reasons; None where the sweeper did not come to its end.
    """

    config: DictConfig
    since: float
    failed: list[tuple[str, str]] | None = None

    @property
    def of_profile(self) -> bool:
        """Whether its cells are a profile's, which the report of the analysis shows."""
        return self.config.hydra.runtime.choices.get("profile") is not None


_begun: list[_Begun] = []


class SweepBegan(Callback):
    """Hydra callback that notes the start and the tracking of a sweep; `conf/config.yaml` names it."""

    def on_multirun_start(self, config: DictConfig, **kwargs: Any) -> None:  # noqa: ARG002
        """Called by Hydra before it makes the launcher.

        Raises:
            SystemExit: when the launcher is not installed; Hydra turns other exceptions of a callback into warnings.
        """
        if (reason := missing(config.hydra.launcher)) is not None:
            raise SystemExit(f"hydra/launcher={config.hydra.runtime.choices['hydra/launcher']}: {reason}")
        keep_to_one_thread()
        since = time.time()
        file = Path(config.hydra.sweep.dir).absolute() / f"runs-{os.getpid()}-{int(1000 * since)}.txt"
        os.environ[RUNS] = str(file)  # a launcher's processes inherit it
        _begun.append(_Begun(config, since))


def note_runs(runs: Iterable[str | None]) -> None:
    """Note the runs in which cells of this process's sweep are recorded."""
    file, lines = os.environ.get(RUNS), "".join(f"{run}\n" for run in runs if run is not None)
    if file is None or not lines:
        return
    with contextlib.suppress(OSError):
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        with Path(file).open("a", encoding="utf-8") as noted:
            noted.write(lines)


def note_failures(failed: Sequence[tuple[str, str]]) -> None:
    """Note the failed cells of this process's sweep, each with its reason."""
    if _begun:
        _begun[-1].failed = list(failed)


def forget() -> None:
    """Forget this process's sweep, which was refused before any cell began."""
    _begun.clear()
    os.environ.pop(RUNS, None)


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
    """Whether this process has begun a sweep whose results are not printed yet."""
    return bool(_begun)


def failures() -> int:
    """Return the number of failed cells of this process's sweep."""
    return len(_begun[-1].failed or ()) if _begun else 0


def tell_end(console: Console | None = None, command: str | None = None) -> None:
    """Print the results and failures of this process's sweep; nothing where there was no sweep, or no record.

    Args:
        console: to print on; None for the output, and the error stream for what failed.
        command: the command that started the sweep; None for the typed one.
    """
    if not began():
        return
    from study.tracking.stores import located, store_of

    ended, noted = _begun.pop(), _noted()
    shown = console or Console(stderr=True)
    try:
        store = store_of(located(ended.config, Path(ended.config.hydra.runtime.cwd)))
    except StudyError:  # every cell has said so
        return
    if store is not None and not ended.of_profile:
        _tell_medians(ended, noted, store, console or Console())
    failed = ended.failed
    if store is not None and ended.of_profile and failed is not None and command is None:
        judge = f"python -m analysis --store {shlex.quote(store.uri)}"
        (console or Console()).print(f"Judge the claims by what is recorded: {judge}", highlight=False, soft_wrap=True)
    if failed is None and store is not None:
        failed = store.statuses().failed_since(ended.since)
    if failed:
        tell_failed(failed, shown)
        command = command or shlex.join(["python", "-m", "study", *sys.argv[1:]])
        runs = "its run" if len(failed) == 1 else "their runs"
        where = "" if store is None else f" The reasons are in {runs} in {store.uri} (tag study.status = failed)."
        shown.print(
            f"{counted(len(failed), 'cell')} failed.{where} The same command runs just those again and skips finished "
            f"cells:\n  {escape(command)}",
            highlight=False,
            soft_wrap=True,
        )


def _tell_medians(ended: _Begun, noted: list[str], store: Store, console: Console) -> None:
    from study.sweeps import medians  # pandas, for which no sweep that was refused waits

    name = ended.config.sweep.name
    if runs := store.statuses().finished(noted, ended.since, name):
        shared = name == SweepConfig().name
        medians.tell(medians.medians(runs), console)
        medians.tell_where(store, name, ended.since if shared else None, console)
