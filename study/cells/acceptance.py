"""`python -m study.acceptance`: train every population on some seeds and show what it reaches beside its band."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import torch
from hydra import compose
from rich.console import Console
from rich.progress import track
from rich.table import Table

from study.cells.cell import judge, network_of, prepare
from study.common.errors import StudyError
from study.config.known import groups
from study.config.plan import STORED, data_folder, plan
from study.config.population import composer
from study.records import FREE
from study.tracking.stores import located


def main() -> int:
    """Train (or load) and report; return 1 when a network misses its band."""
    known = [name for name in groups()["population"] if name != FREE and not name.startswith(STORED)]
    parser = argparse.ArgumentParser(prog="python -m study.acceptance", description=__doc__)
    parser.add_argument(
        "populations", nargs="*", default=known, metavar="population", help=f"one of: {', '.join(known)}"
    )
    parser.add_argument("--seeds", default="0,1,2", help="seeds, with commas; below 100 for development (%(default)s)")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.populations) - set(known)):
        parser.error(f"unknown population {', '.join(unknown)}; known: {', '.join(known)}")
    if not re.fullmatch(r"\d+(,\d+)*", arguments.seeds):
        parser.error(f"--seeds {arguments.seeds}: whole numbers from 0 on, with commas, as in 0,1,2")
    torch.set_num_threads(1)
    console, missed = Console(), 0
    table = Table("population", "seed", "band", "value", "error per sample", "gradient", "seconds")
    jobs = [(p, int(s)) for p in arguments.populations for s in arguments.seeds.split(",")]
    for population, seed in track(jobs, "Training", console=console, transient=True):
        try:
            with composer():
                cfg = located(compose("config", overrides=[f"population={population}", f"seed={seed}"]), Path.cwd())
            cell = prepare(plan(cfg), data_folder(cfg))
            trained = network_of(cell, Path(cfg.paths.outputs) / "networks")
        except StudyError as error:
            console.print(f"{population}: {error}", style="red", highlight=False, markup=False)
            missed += 1
            continue
        verdict, words = judge(cell.plan, trained.network, cell.data)
        missed += verdict == "missed"
        last = trained.history.iloc[-1]
        numbers = f"{last['error']:.3g}", f"{last['gradient']:.1e}", f"{trained.seconds:.1f}"
        table.add_row(population, str(seed), verdict, words, *numbers, style="" if verdict == "met" else "yellow")
    console.print(table)
    return 1 if missed else 0
