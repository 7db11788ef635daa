"""The claims register on the command line: `python -m analysis.claims` prints it; for the rest see --help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.table import Table

from analysis.claims.adding import KEPT, SHORT, add, add_related
from analysis.claims.register import FOLDER, RELATED, Register, freeze, load
from analysis.claims.rejudge import TABLES, rejudge, rejudge_related
from analysis.claims.sweeps import write
from analysis.metrics.names import explained
from analysis.runs import read_store
from study.common.command import exit_code
from study.common.errors import StudyError


def as_table(register: Register) -> Table:
    """Return the register as a table for the terminal, one row a claim."""
    table = Table("id", "tier", "statement", "tests", "arms", title=f"register {register.digest[:12]}")
    for claim in register.claims:
        tests = dict.fromkeys(f"{part.test}({part.margin}) {part.metric}" for part in claim.deciding)
        table.add_row(claim.id, claim.tier, claim.statement, claim.test or "\n".join(tests), "\n".join(claim.arms))
    return table


def metrics_as_table(register: Register) -> Table:
    """Return what the metrics' names mean, one row a metric that the register tests."""
    parts = [part for claim in register.claims for part in claim.parts]
    tested = {name for part in parts for name in (part.metric, *(operand.metric for operand in part.operands))}
    table = Table("metric", "what it is", title="E(k): error with k of K units gone; q = k/K; E0 = E(0), E_all = E(K)")
    for name, metric in explained().items():
        if name in tested:
            table.add_row(name, metric.what)
    return table


def main() -> None:
    """Print a register or what its metrics mean, freeze it, write profiles, judge kept values, add those of a store."""
    parser = argparse.ArgumentParser(prog="python -m analysis.claims", description=main.__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("show", "metrics", "sweeps", "judge", "add", "freeze"),
        default="show",
        help="show: the claims; metrics: what the names of their metrics mean; sweeps: write "
        "conf/profile/paper.yaml and full.yaml; judge: verdicts.csv and amended.csv anew from kept values; add: the "
        "values of a store to the kept ones, of all parts that it has every registered network of, and judge; freeze: "
        "write the digest of the related systems' claims into their plan, before their first network is judged",
    )
    parser.add_argument("--related", action="store_true", help="show, metrics, add: those of related systems")
    parser.add_argument("--store", help="add: the store's address, as sqlite:///PATH/mlflow.db")
    parser.add_argument(
        "--experiment", default="incredible_shrinking_network", help="add: its experiment (%(default)s)"
    )
    parser.add_argument("--replace", action="store_true", help="add: values of the store replace kept ones")
    parser.add_argument("--tables", type=Path, default=TABLES, help="folder of the kept tables (%(default)s)")
    arguments = parser.parse_args()
    console = Console()
    folder = RELATED if arguments.related else FOLDER
    if arguments.what == "sweeps":
        for path in write(load()):
            console.print(path.name, highlight=False)
    elif arguments.what == "judge":
        both = rejudge(arguments.tables)
        for row in both[both["by"] != ""].itertuples():
            console.print(f"{row.claim} ({row.arm}): {row.frozen} -> {row.verdict}, {row.by}", highlight=False)
        for row in rejudge_related(arguments.tables).itertuples():
            console.print(f"{row.claim}, at this scale: {row.before} -> {row.verdict}", highlight=False)
    elif arguments.what == "add":
        if arguments.store is None:
            raise StudyError("add: name the store, --store sqlite:///PATH/mlflow.db")
        adding = add_related if arguments.related else add
        frames = read_store(arguments.store, arguments.experiment)
        tell(adding(frames, arguments.tables, replace=arguments.replace), console)
    elif arguments.what == "metrics":
        console.print(metrics_as_table(load(folder)))
    elif arguments.what == "freeze":
        console.print(f"{RELATED / 'plan.yaml'}: frozen: {freeze()}", highlight=False, soft_wrap=True)
    else:
        console.print(as_table(load(folder)))


def tell(found: pd.DataFrame, console: Console) -> None:
    """Print what became of the parts that a store has values of, and of how many."""
    for (what, claim, arm), parts in found[found["what"] != KEPT].groupby(["what", "claim", "arm"], sort=False):
        of = f"{parts['networks'].min()} of {parts['of'].min()} networks" if what == SHORT else f"{len(parts)} parts"
        console.print(f"{what}: {claim} ({arm}), {of}", highlight=False)
    console.print(f"{(found['what'] == KEPT).sum()} parts are kept already and stay (--replace takes the store's)")


if __name__ == "__main__":
    sys.exit(exit_code(main))
