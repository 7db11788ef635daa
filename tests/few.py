"""A profile of nine quick cells, three of each network: `python -m tests.few --outputs FOLDER [--jobs N] [NAME]`.

NAME is another profile of `tests/conf/profile/`: few_and_mnist has six cells beside.
"""

import argparse
import sys
from pathlib import Path

from omegaconf import OmegaConf

from study.sweeps.command import command
from study.sweeps.grid import Grid
from study.sweeps.profile import grids

CONF = Path(__file__).parent / "conf"
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


def few(name: str = "few") -> list[Grid]:
    file = CONF / "profile" / f"{name}.yaml"
    return grids(name, OmegaConf.to_container(OmegaConf.load(file).grids), file)


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("name", nargs="?", default="few")
    parser.add_argument("--outputs", required=True)
    parser.add_argument("--jobs", type=int, default=-1)
    given = parser.parse_args()
    sys.argv = ["few", "--config-dir", str(CONF), "-m", f"+profile={given.name}", f"hydra.launcher.jobs={given.jobs}"]
    sys.argv.append(f'paths.outputs="{Path(given.outputs).absolute()}"')
    return command()


if __name__ == "__main__":
    sys.exit(main())
