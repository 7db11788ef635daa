"""What processes of their own do with a store; little is imported here, since each of them imports it again."""

import os
import signal

from study.tracking import Store
from tests.tracking.made import record


def record_many(uri: str, worker: int, cells: int) -> None:
    store = Store(uri)
    for i in range(cells):
        store.record_cell(record(f"w{worker}-{i}", seed=worker))
        store.record_network({"network_key": f"n{i}", "population": "free"}, b"same", {})


def begin_and_die(uri: str) -> None:
    store = Store(uri)
    store.begin_cell(record("a1").tags)
    os.kill(os.getpid(), signal.SIGKILL)
