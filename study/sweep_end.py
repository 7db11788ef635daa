"""What is done around a multirun: its launcher is prepared, and in the end its failures are told.

Hydra shows the first failure of a sweep only, whatever the launcher. The cells' runs hold all of them.
"""

from __future__ import annotations

import shlex
import sys
import time
from typing import Any

from hydra.experimental.callback import Callback
from omegaconf import DictConfig
from rich.console import Console
from rich.markup import escape

from study.command import tell_failed
from study.errors import StudyError
from study.launching import keep_to_one_thread, missing

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
        _begun.append((config, time.time()))


def tell_failures(console: Console | None = None) -> None:
    """Print the cells of this process's multirun that failed; nothing where there was none, or nothing is recorded."""
    if not _begun:
        return
    from study.run import store_of  # imports torch, for which no sweep that was refused waits

    config, since = _begun.pop()
    try:
        store = store_of(config)
    except StudyError:  # every cell has said so
        return
    failed = store.standing().failed_since(since) if store is not None else []
    if not failed:
        return
    console = console or Console(stderr=True)
    tell_failed(failed, console)
    command = shlex.join(["python", "-m", "study", *sys.argv[1:]])
    console.print(
        f"{len(failed)} cells failed; their runs in {store.uri if store else ''} hold the reasons (tag study.status = "
        f"failed). The same command runs just those again, what is finished is skipped:\n  {escape(command)}",
        highlight=False,
        soft_wrap=True,
    )
