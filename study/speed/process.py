"""What needs processes of its own: the first call's compilation, peak memory, and two workers beside one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from joblib import Parallel, delayed

from study.cells.cell import Cell, compute
from study.speed.rows import Row
from study.speed.timing import Times, alternate
from study.sweeps.missing_data import runnable, unavailable
from study.sweeps.plan import cell, tracked
from study.sweeps.profile import profile
from study.sweeps.workers import ONE_THREAD

FIRST = """
import time
from study.speed.cases import Case
from study.impact import unit_errors
case = Case(3, (4, 4), 2, 64)
stages, started = case.stages(), time.perf_counter()
unit_errors(stages, case.units, case.zeros)
print(time.perf_counter() - started)
"""

PEAK = """
import json, re
from pathlib import Path
from study.speed.cases import Case
from study.impact import unit_errors

def status(name):
    return int(re.search(name + r":\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024

small = Case(3, (4, 4), 2, 64)
unit_errors(small.stages(), small.units, small.zeros)
case = Case({case})
case.network, case.rows
Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew: making the data took more than the data
before, stages = status("VmRSS"), case.stages()
held = status("VmRSS")
unit_errors(stages, case.units, case.zeros)
print(json.dumps([held - before, status("VmHWM") - before]))
"""


def child(code: str, **environment: str) -> str:
    """Run Python code in a process of one thread; return what it prints."""
    settings = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env=settings, capture_output=True, text=True, check=True
    )
    return done.stdout.strip().splitlines()[-1]


def first_call() -> dict[str, float]:
    """Return seconds of the oracle's first call: compiling, from the cache of machine code, and eager."""
    with tempfile.TemporaryDirectory() as folder:
        compiling = float(child(FIRST, NUMBA_CACHE_DIR=folder))
        cached = float(child(FIRST, NUMBA_CACHE_DIR=folder))
    return {"compiling": compiling, "from the cache": cached, "eager": float(child(FIRST, STUDY_ORACLE="eager"))}


def peak_memory(case: str) -> tuple[float, float]:
    """Return MiB beyond data and the bare process: the cached activations, and the peak of a step with all units.

    Read from /proc, so on Linux only.
    """
    held, peak = json.loads(child(PEAK.replace("{case}", case)))
    return held, peak


def workers(rounds: int) -> list[Row]:
    """Time the smoke profile's pruning work, networks trained beforehand, by one and by two worker processes."""
    grids = profile("smoke")
    left = runnable(grids, unavailable(grids))
    _, outputs = tracked(left[0])
    networks = outputs / "networks"
    work = [cell(job) for grid in left for job in grid.jobs()]
    for planned in work:
        compute(planned, networks)
    seconds = [_timed(planned, networks) for planned in work]
    repeats = max(1, round(20 / sum(seconds)))

    def run(jobs: int) -> None:
        Parallel(n_jobs=jobs, batch_size=1)(delayed(_timed)(planned, networks) for planned in work * repeats)

    with mock.patch.dict(os.environ, ONE_THREAD):
        run(2)  # starts the workers
        times = alternate({"one worker": lambda: run(1), "two workers": lambda: run(2)}, rounds)
    scaled = {name: t.scaled(1 / repeats) for name, t in times.items()}
    title = f"pruning work of the smoke profile ({len(work)} cells)"
    return [Row(title, name, t, scaled["one worker"]) for name, t in scaled.items()]


def _timed(planned: Cell, networks: Path) -> float:
    import torch

    torch.set_num_threads(1)
    started = time.perf_counter()
    compute(planned, networks)
    return time.perf_counter() - started


def rows(rounds: int) -> Iterator[list[Row]]:
    """Yield the tables' rows: the first call, then the workers."""
    first = first_call()
    slowest = Times([first["compiling"]])
    yield [Row("first call of the oracle in a process", name, Times([s]), slowest) for name, s in first.items()]
    yield workers(rounds)
