"""A profile of nine quick cells, three of each network: `python -m tests.few --outputs FOLDER [--jobs N]`.

Named smoke (`python -m tests.few smoke ...`) it has the six cells of the sweep smoke_mnist beside.
"""

import sys

from study.command import exit_code
from study.sweeps import plan as plans
from study.sweeps import reproduce

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


def few() -> plans.Sweep:
    return plans.Sweep("smoke", plans.sweep("smoke").params | QUICK)


def profile(name: str) -> list[plans.Sweep]:
    return [few(), plans.sweep("smoke_mnist")] if name == "smoke" else [few()]


if __name__ == "__main__":
    reproduce.profile = profile
    sys.exit(exit_code(reproduce.main))
