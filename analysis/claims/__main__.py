"""The claims register on the command line: `python -m analysis.claims` prints it; `sweeps`, `judge`: see --help."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from analysis.claims.register import Register, load
from analysis.claims.rejudge import TABLES, rejudge
from analysis.claims.sweeps import write
from study.command import exit_code


def as_table(register: Register) -> Table:
    """Return the register as a table for the terminal, one row a claim."""
    table = Table("id", "tier", "statement", "tests", "arms", title=f"register {register.digest[:12]}")
    for claim in register.claims:
        tests = dict.fromkeys(f"{part.test}({part.margin}) {part.metric}" for part in claim.deciding)
        table.add_row(claim.id, claim.tier, claim.statement, claim.test or "\n".join(tests), "\n".join(claim.arms))
    return table


def main() -> None:
    """Print the register, write the sweeps that it needs, or judge kept values by it."""
    parser = argparse.ArgumentParser(prog="python -m analysis.claims", description=main.__doc__)
    parser.add_argument(
        "what",
        nargs="?",
        choices=("show", "sweeps", "judge"),
        default="show",
        help="sweeps: write conf/sweep and conf/profile; judge: verdicts.csv and amended.csv anew from kept values",
    )
    parser.add_argument("--tables", type=Path, default=TABLES, help="folder of the kept tables (%(default)s)")
    arguments = parser.parse_args()
    console = Console()
    if arguments.what == "sweeps":
        for path in write(load()):
            console.print(path.name, highlight=False)
    elif arguments.what == "judge":
        both = rejudge(arguments.tables)
        for row in both[both["by"] != ""].itertuples():
            console.print(f"{row.claim} ({row.arm}): {row.frozen} -> {row.verdict}, {row.by}", highlight=False)
    else:
        console.print(as_table(load()))


if __name__ == "__main__":
    sys.exit(exit_code(main))
