"""What recording costs: a cell's seconds beyond its own computing and figures, in an empty and a well-filled store."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from hydra import compose

from study.cells import run
from study.config.population import composer
from study.records import TAG
from study.speed.profile import clocks
from study.speed.rows import Row
from study.speed.timing import Times
from study.tracking.mlflow_internals import multiply

RUNS = 2000
SEEDS, METHODS = (0, 1), ("brute_force", "taylor1", "magnitude")
"""The cells of a process: one more network after every three of them, as in a sweep."""
FIRST, FURTHER = 6.0, 0.3
"""Goals in seconds: for the first cell of a process, which imports everything, and for each one after it."""
OWN = ("training", "oracle", "error surfaces", "methods, evaluations and tables", "figures")
"""Parts of a profile's clocks that are the cell's own."""
CHILD = """
import sys
from study.speed.tracking import overheads
print(overheads(sys.argv[1], float(sys.argv[2])))
"""


def overheads(outputs: str, started: float) -> str:
    """Run the cells in this process; return the seconds of each beyond its own computing, as JSON.

    Args:
        outputs: folder of the outputs, with the tracking store.
        started: when the process was started, in seconds of the epoch: the first cell pays for the imports.
    """
    found: list[float] = []
    taken: dict[str, float] = defaultdict(float)
    with clocks(taken), composer():
        for seed in SEEDS:
            for method in METHODS:
                overrides = ["population=digits_1x100", f"seed={seed}", f"method={method}", f"paths.outputs={outputs}"]
                cfg = compose("config", overrides=[*overrides, "run.figures_for=[]"])
                if found:
                    started = time.time()  # a sweep composes once for many cells
                own = sum(taken[part] for part in OWN)
                run.run_cell(cfg, alone=False)
                found.append(time.time() - started - sum(taken[part] for part in OWN) + own)
    return json.dumps(found)


def measured(runs: int, outputs: Path) -> list[float]:
    """Return the seconds of every cell of a fresh process beyond its own computing, in a store with so many runs."""
    if runs:
        _child(outputs)
        multiply(outputs / "mlflow" / "mlflow.db", (f"{TAG}kind", "cell"), f"{TAG}key", runs)  # its cells run again
    return _child(outputs)


def _child(outputs: Path) -> list[float]:
    command = [sys.executable, "-W", "ignore", "-c", CHILD, str(outputs), str(time.time())]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout.strip().splitlines()[-1]))


def rows(rounds: int) -> Iterator[list[Row]]:
    """Yield the tables' rows: the first cell of a process, then each further one, against what they may take."""
    found: dict[str, list[list[float]]] = {"fresh store": [], f"store of {RUNS:,} runs": []}
    for _ in range(rounds):
        for runs, times in zip((0, RUNS), found.values(), strict=True):
            with tempfile.TemporaryDirectory() as folder:
                times.append(measured(runs, Path(folder) / "outputs"))
    what = "seconds of a cell beyond its own computing and figures, tracked locally"
    first = {name: Times([cells[0] for cells in times]) for name, times in found.items()}
    further = {name: Times([sum(cells[1:]) / len(cells[1:]) for cells in times]) for name, times in found.items()}
    for which, goal, taken in (("first of a process", FIRST, first), ("each further one", FURTHER, further)):
        most = Times([goal] * rounds)
        yield [Row(f"{what}: {which}", path, t, most) for path, t in {"may take": most, **taken}.items()]
