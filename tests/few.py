"""A profile of nine quick cells, three of each network: `python -m tests.few --outputs FOLDER [--jobs N]`.

Named smoke (`python -m tests.few smoke ...`) it has the six cells of the grid smoke_mnist beside.
"""

import sys

from study.command import exit_code
from study.sweeps import profile as files
from study.sweeps import reproduce
from study.sweeps.grid import Grid
from study.sweeps.profile import experiment

QUICK = {
    "population": "free",
    "network": "mlp_10",
    "training.epochs": "1",
    "training.polish": "0",
    "record.truth_every": "5",
    "run.figures_for": "[]",
    "method": "brute_force,taylor1,random",
    "seed": "range(0,3)",
}


def few() -> Grid:
    return experiment("smoke").having(QUICK)


def profile(name: str) -> list[Grid]:
    return [few(), *files.profile("smoke")[1:]] if name == "smoke" else [few()]


if __name__ == "__main__":
    reproduce.profile = profile
    sys.exit(exit_code(reproduce.main))
