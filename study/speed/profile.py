"""Where the time of a profile goes: its cells of one seed, run one after another with a clock around every part."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pandas as pd
from omegaconf import DictConfig

from study.cells import cell, run
from study.measures import surfaces
from study.methods import brute_force
from study.pruning import state
from study.sweeps.missing_data import runnable, unavailable
from study.sweeps.plan import composed
from study.sweeps.profile import profile
from study.tracking import Store, artefacts

SEED = 100


@contextmanager
def clocks(taken: dict[str, float]) -> Iterator[None]:
    """Add up seconds by part; a part inside another is taken out of it."""
    inner: list[float] = []

    def timed(part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            inner.append(0.0)
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                seconds = time.perf_counter() - started
                taken[part] += seconds - inner.pop()
                if inner:
                    inner[-1] += seconds

        return call

    parts: list[tuple[Any, str, str]] = [
        (run, "prepare", "data and keys"),
        (cell, "load_or_train", "training"),
        *((of, "unit_errors", "oracle") for of in (brute_force, state)),
        (surfaces, "surface", "error surfaces"),
        (cell, "collect", "methods, evaluations and tables"),
        (cell, "summary", "summary"),
        (run, "draw_all", "figures"),
        (artefacts, "write_figures", "figures"),
        (Store, "begin_cell", "tracking"),
        (Store, "record_cell", "tracking"),
        (Store, "record_network", "tracking"),
        (Store, "finished", "tracking"),
    ]
    with ExitStack() as stack:
        for owner, name, part in parts:
            stack.enter_context(mock.patch.object(owner, name, timed(part, getattr(owner, name))))
        yield


def where(name: str) -> pd.DataFrame:
    """Run the cells of seed 100 of a profile in this process and return seconds by part, with the imports of a worker.

    Figures are drawn for that seed only, so that their share in the profile is that of one seed; everything else is
    needed for every seed.
    """
    taken: dict[str, float] = defaultdict(float)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import study.cells.run, mlflow, hydra"], check=True)
    taken["imports (once a worker and sweep)"] = time.perf_counter() - started
    with tempfile.TemporaryDirectory() as folder, clocks(taken):
        whole = time.perf_counter()
        count = 0
        for cfg in of_one_seed(name, Path(folder)):
            run.run_cell(cfg, alone=False)
            count += 1
        total = time.perf_counter() - whole
    measured = sum(s for part, s in taken.items() if not part.startswith("imports"))
    taken["composition and the rest"] = total - measured
    table = pd.DataFrame(taken.items(), columns=["part", "seconds"]).sort_values("seconds", ascending=False)
    table["cells"] = count
    return table.reset_index(drop=True)


def of_one_seed(name: str, outputs: Path) -> Iterator[DictConfig]:
    """Yield the configurations of a profile's cells of one seed, recorded under a folder of their own."""
    grids = profile(name)
    for grid in runnable(grids, unavailable(grids)):
        for job in grid.having({"seed": str(SEED)}).jobs():
            cfg = composed(job)
            cfg.paths.outputs = str(outputs)
            yield cfg
