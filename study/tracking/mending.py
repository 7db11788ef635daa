"""Records a trained network again whose files are damaged; its cells are undamaged and not computed again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from study.records import RUN_TAGS, TAG
from study.tracking.inspection import NETWORK
from study.tracking.store import Store

OWN = ("kind", "status", "worker", "network_digest", "turn")
"""Tags that a new run has of its own."""
_whole: set[tuple[str, str]] = set()


def mend_network(store: Store, key: str, again: Callable[[], tuple[Path, pd.DataFrame]]) -> str | None:
    """Record a network again if its run's files are damaged; return the new run, None where nothing was to do.

    Tags and metrics are those of the damaged run. What was found whole is not looked at again by this process.

    Args:
        store: that holds the run.
        key: of the network.
        again: makes the network's file and the course of its training.
    """
    if (store.uri, key) in _whole:
        return None
    run = None
    if damaged := store.damaged(NETWORK, key):
        old = store.statuses().runs.client.get_run(damaged).data
        tags = {name: old.tags[TAG + name] for name in RUN_TAGS if TAG + name in old.tags and name not in OWN}
        file, history = again()
        run = store.record_network(tags, file, old.metrics, history)
    _whole.add((store.uri, key))
    return run
