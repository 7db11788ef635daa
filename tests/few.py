"""A profile of nine quick cells, three of each network: `python -m tests.few --outputs FOLDER [--jobs N]`."""

import sys

from study import plans, reproduce
from study.command import exit_code

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


if __name__ == "__main__":
    reproduce.profile = lambda _: [few()]
    sys.exit(exit_code(reproduce.main))
